"""Every route and method, asked by everybody: the answers are those that are written down."""

import pytest

from .asking import SEE_HEAD, Question
from .callers import ANONYMOUS, OWNER, STRANGER, Way
from .lines import LINES, USUAL_WAYS, WAYS
from .samples import Sample
from .tables import EXPECTED, require_same, table_of
from .worlds import ABSENT, PRIVATE

every_protocol = pytest.mark.parametrize("protocol", LINES)
NOT_IMPLEMENTED = {"sregistry.build": 501}
"""Nothing is built here, and 501 is the word for that; it is the same for everybody."""
STRANGE_METHOD = "OPTIONS"


def doors_of(router):
    """Give every route with each of its methods; None for the view that answers all others."""
    for entry in router.registry.introspector.get_category("routes"):
        route = entry["introspectable"]
        if route["name"].startswith("__static"):
            yield route["name"], "GET"
            continue
        for view in (one for one in entry["related"] if one.category_name == "views"):
            taken = view["request_methods"] or route["request_methods"] or (None,)
            for method in [taken] if isinstance(taken, str) else taken:
                if method != "HEAD":
                    yield route["name"], method


def test_every_route_and_method_has_a_line(worlds):
    doors = {door for door in doors_of(worlds.registry.app.app) if door[1]}
    lines = {(one.route, one.method) for some in LINES.values() for one in some}

    missing = [
        f'{route} {method}: add Sample("{route}", "{method}", PATH, Deed...) to '
        f"tests/rights/lines/{route.partition('.')[0]}.py"
        for route, method in sorted(doors - lines)
    ]
    assert missing == [], "\n".join(missing)
    assert sorted(lines - doors) == [], "lines of routes that are gone"


def test_every_plugin_that_adds_routes_is_on(worlds):
    from importlib.metadata import entry_points

    adding = {
        point.name
        for point in entry_points(group="sregistry.plugins")
        if hasattr(point.load(), "sregistry_configure")
    }

    assert adding <= set(worlds.registry.parts.settings.plugins)


@every_protocol
def test_everybody_is_answered_as_it_is_written_down(protocol, answers_of):
    usual = WAYS.get(protocol, USUAL_WAYS)[0]

    table = table_of(protocol, LINES[protocol], usual, answers_of(protocol))

    require_same(EXPECTED / f"{protocol}.txt", table)


@every_protocol
def test_each_request_meets_the_route_it_was_written_for(protocol, answers_of):
    strayed = {
        f"{question.sample.title}: {answer.route or 'none'}"
        for question, answer in answers_of(protocol).items()
        if answer.route != question.sample.route and not _is_hidden(question, answer)
    }

    assert strayed == set()


def _is_hidden(question, answer):
    """To others than administrators the addresses of their pages are those of nothing."""
    found = (answer.route, answer.status)
    return question.sample.route.startswith("ui.admin_") and found == ("", 404)


@every_protocol
def test_nothing_fails(protocol, answers_of):
    failures = {
        f"{question.sample.title} by {question.caller.column} in {question.world}: {answer.status}"
        for question, answer in answers_of(protocol).items()
        if answer.status >= 500 and answer.status != NOT_IMPLEMENTED.get(question.sample.route)
    }

    assert failures == set()


@every_protocol
def test_what_is_refused_or_only_read_changes_nothing(protocol, answers_of):
    changes = {
        f"{question.sample.title} by {question.caller.column} in {question.world}: {answer.status}"
        for question, answer in answers_of(protocol).items()
        if answer.has_changed and (answer.status >= 400 or question.sample.method == "GET")
    }

    assert changes == set()


@every_protocol
def test_head_is_answered_as_get_is(protocol, answers_of):
    asked = [
        (question, answer)
        for question, answer in answers_of(protocol).items()
        if answer.head is not None
    ]

    others = {
        f"{question.sample.title} by {question.caller.column}: {answer.head}, not {answer.status}"
        for question, answer in asked
        if answer.head != answer.status
    }
    assert others == set()
    assert {question.caller for question, _ in asked} <= set(SEE_HEAD)


def test_another_method_is_refused_to_everybody_alike(worlds, asking):
    router = worlds.registry.app.app
    patterns = {
        entry["introspectable"]["name"]: entry["introspectable"]["pattern"]
        for entry in router.registry.introspector.get_category("routes")
    }
    others = {name for name, method in doors_of(router) if method is None}
    samples = [one for some in LINES.values() for one in some]
    met = set()

    for sample in {patterns[one.route]: one for one in samples}.values():
        if patterns[sample.route] not in {patterns[name] for name in others}:
            continue
        other = Sample(sample.route, STRANGE_METHOD, sample.path, sample.deed)
        answers = []
        for world in (PRIVATE, ABSENT):
            worlds.enter(world)
            for caller in (ANONYMOUS, STRANGER, OWNER):
                asked = asking.ask(Question(other, caller, world, Way.BEARER))
                met.add(asked.route)
                answers.append((asked.status, asked.headers, asked.body, asked.has_changed))
        assert answers[0][0] == 405
        assert answers == answers[:1] * len(answers), sample.title
    assert met == others
