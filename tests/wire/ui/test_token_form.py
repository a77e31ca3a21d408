"""The form that asks for a token: what it takes, and what it explains."""

from datetime import timedelta

import pytest

from sregistry_core.contracts import Scope


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_may_what_was_chosen(make_token, ada_at_home, registry, scope):
    make_token(name="chosen", scope=str(scope))

    with registry.parts.unit()() as services:
        tokens = services.tokens.of(services.accounts.find("ada"))
    assert [token.scope for token in tokens if token.name == "chosen"] == [scope]


def test_a_token_lives_to_the_end_of_the_chosen_day(make_token, registry, stranger):
    last_day = registry.clock() + timedelta(days=3)
    secret = (
        make_token(lifetime="date", until=f"{last_day:%Y-%m-%d}").html.find(id="secret").get_text()
    )
    headers = {"Authorization": f"Bearer {secret}"}
    midnight = last_day.replace(hour=0, minute=0, second=0) + timedelta(days=1)

    registry.clock.move(midnight - registry.clock() - timedelta(seconds=1))
    stranger.get("/v1/token-status", headers=headers, status=200)
    registry.clock.move(timedelta(seconds=1))
    stranger.get("/v1/token-status", headers=headers, status=404)


def test_a_token_may_live_through_this_day_only(make_token, registry):
    assert (
        make_token(lifetime="date", until=f"{registry.clock():%Y-%m-%d}")
        .html.find(id="secret")
        .get_text()
    )


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"lifetime": "date", "until": ""}, "choose the last day"),
        ({"lifetime": "date", "until": "soon"}, "choose the last day"),
        ({"lifetime": "date", "until": "9999-12-31"}, "choose the last day"),
        ({"lifetime": "date", "until": "0001-01-01"}, "is over"),
        ({"lifetime": "date", "until": "2020-01-01"}, "2020-01-01 is over"),
        ({"lifetime": "never"}, "choose how long"),
        ({"lifetime": ""}, "choose how long"),
        ({"scope": "root"}, "choose what"),
        ({"name": "x" * 81}, "at most 80"),
        ({"name": "a\0b"}, "cannot be printed"),
    ],
)
def test_what_cannot_be_is_explained_and_nothing_is_made(
    make_token, ada_at_home, registry, fields, complaint
):
    before = len(ada_at_home.open("/auth/tokens").html.select(".token"))

    page = make_token(status=400, **fields)

    assert complaint in page.html.find(role="alert").get_text()
    assert page.html.find(id="secret") is None
    assert len(ada_at_home.open("/auth/tokens").html.select(".token")) == before


def test_what_was_filled_in_is_still_there_after_a_complaint(make_token):
    page = make_token(
        status=400, name='my "laptop"', scope="pull", lifetime="date", until="2020-01-01"
    )

    form = page.forms[1]
    assert form["name"].value == 'my "laptop"'
    assert (form["scope"].value, form["lifetime"].value) == ("pull", "date")
    assert form["until"].value == "2020-01-01"


def test_a_token_without_a_name_gets_one(make_token, ada_at_home, registry):
    make_token(name="  ")

    page = ada_at_home.open("/auth/tokens")
    assert f"made on {registry.clock():%Y-%m-%d}" in page


def test_a_hostile_name_is_text(make_token, ada_at_home):
    evil = "<script>alert(1)</script>"

    page = make_token(name=evil)

    assert page.html.strong.get_text() == evil
    listed = ada_at_home.open("/auth/tokens")
    assert evil in listed.html.select_one(".tokens").get_text()
    assert evil not in listed.text
