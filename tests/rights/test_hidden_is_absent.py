"""What somebody may not see is answered as what is not there: to the last byte."""

import re

import pytest

from .asking import NAMELESS, Question
from .callers import ANONYMOUS, BLIND, DISABLED, EXPIRED, READER, STRANGER, USERS, WRITER
from .lines import LINES, USUAL_WAYS, WAYS
from .samples import About, Deed
from .worlds import ABSENT, LABEL, PRIVATE, PUBLIC

IDENTIFIER = re.compile(r"[0-9a-f]{32}")
every_protocol = pytest.mark.parametrize("protocol", LINES)
MAY_NOT_SEE_ADA = (ANONYMOUS, STRANGER, READER, WRITER)
"""Neither her account and her tokens nor her team."""
OWN_PERMISSION = {Deed.ADDRESS}
"""Whoever has the address may use it: who they are is not asked."""
SIGNS_THE_NAME = {"oci.token"}
"""The name is in the signed text of the answer, where it cannot be exchanged for another."""
READS_AS_A_NUMBER = {"ui.sitemap", "ui.sitemap_part"}
"""The version of their format, 0.9, holds what would be the number of a share link."""
MOST_STATEMENTS_MORE = {"transfer.take": 4}
"""That a hidden thing may cost; usually one: whether the caller was granted a role there."""


def things(protocol):
    """The lines that name a collection, or something in one, and how callers show who they are."""
    usual = WAYS.get(protocol, USUAL_WAYS)[0]
    for sample in LINES[protocol]:
        is_its_own = sample.deed in OWN_PERMISSION or sample.makes_the_name
        if sample.about is About.THING and not is_its_own:
            yield sample, sample.only_way or usual


def blind_to(sample):
    """Who may not read what is private. No transfer asks for a token, so that none expires."""
    return [one for one in BLIND if one is not EXPIRED or not sample.route.startswith("transfer.")]


def seen(answer):
    """What can be compared: all but identifiers of what was made just now."""
    if not answer.has_changed:
        return answer.status, answer.headers, answer.body
    headers = tuple((name, IDENTIFIER.sub("<new>", value)) for name, value in answer.headers)
    return answer.status, headers, IDENTIFIER.sub("<new>", answer.body.decode()).encode()


def renamed(answer, words):
    """The same answer with names and identifiers of another place."""

    def to_the_other(text):
        return re.sub(
            "|".join(rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in words),
            lambda found: words[found[0]],
            text,
        )

    status, headers, body = seen(answer)
    return (
        status,
        tuple((name, to_the_other(value)) for name, value in headers),
        to_the_other(body.decode()).encode(),
    )


def words_of(asking, nameless):
    """What a name that nobody has stands for."""
    there = asking.place(
        Question(nameless.sample, nameless.caller, nameless.world, nameless.way, nameless=False)
    )
    absent = asking.place(nameless)
    return {absent[key]: there[key] for key in absent if absent[key] != there[key]}


@every_protocol
def test_a_private_thing_is_answered_as_if_it_had_never_been(protocol, answers_of):
    answers = answers_of(protocol)

    for sample, way in things(protocol):
        for caller in blind_to(sample):
            hidden = answers[Question(sample, caller, PRIVATE, way)]
            absent = answers[Question(sample, caller, ABSENT, way)]
            assert seen(hidden) == seen(absent), f"{sample.title} by {caller.column}"


@every_protocol
def test_a_private_thing_is_answered_as_a_name_that_nobody_has(protocol, answers_of, asking):
    answers = answers_of(protocol)

    for sample, way in things(protocol):
        for caller in NAMELESS:
            if sample.route in SIGNS_THE_NAME | READS_AS_A_NUMBER:
                continue
            nameless = Question(sample, caller, ABSENT, way, nameless=True)
            words = words_of(asking, nameless)
            hidden = answers[Question(sample, caller, PRIVATE, way)]
            assert renamed(answers[nameless], words) == seen(hidden), (
                f"{sample.title} by {caller.column}"
            )


@every_protocol
def test_an_account_of_others_is_answered_as_one_that_nobody_has(protocol, answers_of, asking):
    answers = answers_of(protocol)
    usual = WAYS.get(protocol, USUAL_WAYS)[0]

    for sample in (one for one in LINES[protocol] if one.about is About.ACCOUNT):
        for caller in MAY_NOT_SEE_ADA:
            nameless = Question(sample, caller, PRIVATE, usual, nameless=True)
            there = answers[Question(sample, caller, PRIVATE, usual)]
            words = words_of(asking, nameless)
            assert renamed(answers[nameless], words) == seen(there), (
                f"{sample.title} by {caller.column}"
            )


@every_protocol
def test_of_a_name_that_is_taken_nothing_more_is_told(protocol, answers_of):
    answers = answers_of(protocol)
    usual = WAYS.get(protocol, USUAL_WAYS)[0]

    for sample in (one for one in LINES[protocol] if one.makes_the_name):
        way = sample.only_way or usual
        hidden, absent = (
            answers[Question(sample, STRANGER, world, way)] for world in (PRIVATE, ABSENT)
        )
        assert b"the name tacc/lab is taken" in hidden.body
        assert not hidden.has_changed
        assert absent.status in (200, 201, 202)
        for caller in (ANONYMOUS, EXPIRED, DISABLED):
            assert seen(answers[Question(sample, caller, PRIVATE, way)]) == seen(
                answers[Question(sample, caller, ABSENT, way)]
            )


@every_protocol
def test_what_is_hidden_costs_hardly_more_statements_than_what_is_absent(protocol, answers_of):
    answers = answers_of(protocol)
    more = {}

    for sample, way in things(protocol):
        for caller in blind_to(sample):
            hidden = answers[Question(sample, caller, PRIVATE, way)].statements
            absent = answers[Question(sample, caller, ABSENT, way)].statements
            if hidden != absent:
                more[sample, caller.column] = hidden - absent

    too_many = {
        f"{sample.title} by {column}": by
        for (sample, column), by in more.items()
        if not 0 <= by <= MOST_STATEMENTS_MORE.get(sample.route, 1)
    }
    assert too_many == {}


@every_protocol
def test_lists_show_a_thing_to_those_alone_who_may_see_it(protocol, answers_of):
    answers = answers_of(protocol)

    for sample, way in things(protocol):
        if not sample.shows:
            continue
        told = {
            world: [
                caller.column
                for caller in {one.caller: None for one in answers}
                if (answer := answers.get(Question(sample, caller, world, way))) and answer.shows
            ]
            for world in (PUBLIC, PRIVATE, ABSENT)
        }
        assert told[PUBLIC], f"{sample.title}: nobody is shown it, so that this proves nothing"
        assert not {*told[PRIVATE]} & {caller.column for caller in BLIND}, sample.title
        assert told[ABSENT] == [], sample.title


@every_protocol
def test_nobody_is_told_of_what_is_private_to_others(protocol, answers_of, asking):
    for question, answer in answers_of(protocol).items():
        sample, caller = question.sample, question.caller
        if caller.user == "root" or sample.deed in OWN_PERMISSION:
            continue
        theirs = [f"{name}/box" for name in USERS if name != caller.user]
        if question.world == PRIVATE and caller in blind_to(sample):
            theirs += [LABEL, *(f"{entity}/bay" for entity in ("ada", "crew", "tacc"))]
        asked = asking.asked(question)
        said = f"{answer.headers}{answer.body!r}"
        told = [one for one in theirs if one in said and one not in asked]
        assert told == [], f"{sample.title} by {caller.column} in {question.world}"
