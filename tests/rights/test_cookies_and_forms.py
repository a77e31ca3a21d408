"""A browser proves who somebody is to the pages alone, and only by forms of our own pages."""

from urllib.parse import urlencode

import pytest

from .asking import Question
from .callers import ANONYMOUS, BROWSER, OWNER, VISITOR, Way
from .lines import LINES, USUAL_WAYS, WAYS
from .places import filled
from .worlds import PRIVATE

POSTED = [one for one in LINES["ui"] if one.method == "POST"]
FROM_OTHER_SITES = {"ui.come_back"}
"""Another site's form is taken here, and proves by itself whom it brings."""
FORMS = [one for one in POSTED if one.route not in FROM_OTHER_SITES]
NEEDS_NO_TOKEN = {"ui.put_away"}
"""Nothing is changed but what this browser is shown."""
FORMS_OF_USERS = [
    one
    for one in FORMS
    # Administrators alone find those; tests/wire/ui/admin sends them without a token.
    if not one.route.startswith("ui.admin_") and one.route not in NEEDS_NO_TOKEN
]
COUNTS_REQUESTS = "operation.metrics"
KIND = {"Content-Type": "application/x-www-form-urlencoded"}


def seen(answer):
    """What can be compared: that no cache keeps what a browser gets who has a cookie is right."""
    headers = [one for one in answer.headers if one[0] != "Cache-Control"]
    return answer.status, headers, answer.body


@pytest.fixture
def send(worlds, asking):
    """Sends a form of Ada's browser as something else would make it."""

    def send_form(sample, token, **headers):
        worlds.enter(PRIVATE)
        question = Question(sample, OWNER, PRIVATE, Way.COOKIE)
        place = asking.place(question)
        cookie = worlds.credentials.headers(OWNER, Way.COOKIE, PRIVATE)
        if sample.form is None:
            # What is no small form has its token in the header.
            body, kind = asking.body_of(question)
            shown = {"Content-Type": kind or "application/octet-stream", "X-CSRF-Token": token}
        else:
            fields = {**filled(sample.form, place), **({"csrf_token": token} if token else {})}
            body, shown = urlencode(fields).encode(), KIND
        response = worlds.registry.app.post(
            filled(sample.path, place),
            body,
            headers={**shown, **cookie, **headers},
            expect_errors=True,
        )
        worlds.registry.app.reset()
        return response.status_int, worlds.has_changed()

    return send_form


@pytest.fixture
def token_of(worlds):
    """Gives the token of the forms of a browser, by the digest of its cookie."""
    derive = worlds.registry.parts.facilities.signer.derive
    return lambda anchor: derive("ui form", anchor, 43)


@pytest.mark.parametrize("protocol", [one for one in LINES if one != "ui"])
def test_a_cookie_is_nothing_to_any_protocol_but_the_pages(protocol, answers_of):
    answers = answers_of(protocol)
    usual = WAYS.get(protocol, USUAL_WAYS)[0]

    for sample in LINES[protocol]:
        if sample.route == COUNTS_REQUESTS:
            continue
        way = sample.only_way or usual
        # Of OCI nobody has a narrow token, too; with the cookie comes none.
        nothing = Way.BASIC if way is Way.NARROW else way
        with_cookie = answers[Question(sample, BROWSER, PRIVATE, way)]
        without = answers[Question(sample, ANONYMOUS, PRIVATE, nothing)]
        assert seen(with_cookie) == seen(without), sample.title


def test_every_page_that_changes_something_takes_a_form(answers_of):
    changing = {
        question.sample.title for question, answer in answers_of("ui").items() if answer.has_changed
    }

    assert changing <= {one.title for one in FORMS}


def test_what_another_site_sends_by_itself_does_nothing(send):
    for sample in (one for one in POSTED if one.route in FROM_OTHER_SITES):
        status, has_changed = send(sample, "", Origin="https://elsewhere.test")
        assert status >= 400
        assert not has_changed


@pytest.mark.parametrize("sample", FORMS_OF_USERS, ids=lambda one: one.title)
def test_a_form_without_the_token_of_this_browser_does_nothing(sample, send, token_of, worlds):
    right = token_of(worlds.credentials.form_anchor(OWNER))
    of_a_visitor = token_of(worlds.credentials.form_anchor(ANONYMOUS))
    assert right != of_a_visitor
    assert VISITOR not in worlds.credentials.sessions.values()

    for token in ("", "forged", of_a_visitor):
        assert send(sample, token) == (403, False)
    assert send(sample, right)[0] != 403


@pytest.mark.parametrize("sample", FORMS_OF_USERS, ids=lambda one: one.title)
def test_a_form_of_another_site_does_nothing_though_it_has_the_token(
    sample, send, token_of, worlds
):
    right = token_of(worlds.credentials.form_anchor(OWNER))

    for origin in ("https://elsewhere.test", "null", "http://registry.test.elsewhere.test"):
        assert send(sample, right, Origin=origin) == (403, False)
    assert send(sample, right, Referer="https://elsewhere.test/page") == (403, False)
