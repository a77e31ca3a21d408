"""Tokens: made, shown once, listed and revoked by their owner."""

from datetime import timedelta


def secret_on(page):
    """The secret that a page shows."""
    return page.html.find(id="secret").get_text()


def shown(page):
    """What the list says of each token."""
    return [" ".join(item.get_text(" ").split()) for item in page.html.select(".token")]


def test_a_new_token_is_shown_once_and_works(make_token, ada_at_home, stranger):
    page = make_token(name="laptop", scope="push", lifetime="30d")

    secret = secret_on(page)
    assert len(secret) >= 200
    headers = {"Authorization": f"Bearer {secret}"}
    assert stranger.get("/v1/token-status", headers=headers).json["data"]["username"] == "ada"
    assert page.html.find("button", attrs={"data-copies": "secret"})
    assert page.headers["Cache-Control"] == "no-store"
    for path in ("/", "/auth/tokens"):
        assert secret not in ada_at_home.open(path)


def test_the_page_of_a_new_token_says_how_to_log_in_with_it(make_token):
    page = make_token()

    commands = [code.get_text() for code in page.html.select(".command code")][1:]
    assert commands == [
        "apptainer remote login --tokenfile token.txt tacc",
        "singularity remote login --tokenfile token.txt tacc",
    ]


def test_tokens_are_listed_with_what_they_may_and_for_how_long(make_token, ada_at_home, registry):
    make_token(name="laptop", scope="pull", lifetime="30d")
    registry.clock.move(timedelta(seconds=1))
    make_token(name="pipeline", scope="admin", lifetime="1y")

    listed = shown(ada_at_home.open("/auth/tokens"))

    now = registry.clock()
    day = "%-d %b %Y"
    assert listed[0] == (
        f"pipeline All that I may do Made {now:{day}} "
        f"Expires {now + timedelta(days=365):{day}} Last used never "
        "Revoke Whatever uses it stops working at once. Revoke it now"
    )
    laptop = next(token for token in listed if token.startswith("laptop Pull Made"))
    assert f"Expires {now + timedelta(days=30):{day}}" in laptop


def test_a_revoked_token_works_no_more(make_token, ada_at_home, stranger):
    secret = secret_on(make_token(name="laptop"))
    page = ada_at_home.open("/auth/tokens")
    form = next(
        page.forms[number]
        for number in range(2, len(page.forms))
        if "laptop" in page.html.find_all("form")[number].find_parent("li").get_text()
    )

    page = form.submit(status=303).follow()

    assert "does not work any more" in page.html.find(class_="done").get_text()
    assert not any("laptop" in token for token in shown(page))
    headers = {"Authorization": f"Bearer {secret}"}
    stranger.get("/v1/token-status", headers=headers, status=404)


def test_a_token_of_somebody_else_is_as_good_as_absent(ada_at_home, bob, registry):
    with registry.parts.unit()() as services:
        theirs = services.tokens.of(services.accounts.find("bob"))[0].id
    token = ada_at_home.open("/auth/tokens").forms[0]["csrf_token"].value

    pages = [
        ada_at_home.post(f"/auth/tokens/{one}/revoke", {"csrf_token": token}, status=404)
        for one in (theirs, "0" * 32)
    ]

    said = [page.html.find(class_="lead").get_text() for page in pages]
    assert said[0].replace(theirs, "") == said[1].replace("0" * 32, "")
    assert bob.get("/v1/token-status", status=200)
    for nonsense in ("x", "%00", "0" * 31, "..%2f"):
        ada_at_home.post(f"/auth/tokens/{nonsense}/revoke", {"csrf_token": token}, status=404)


def test_an_expired_token_is_marked(make_token, ada_at_home, registry):
    make_token(name="old", lifetime="date", until=f"{registry.clock():%Y-%m-%d}")
    registry.clock.move(timedelta(days=2))

    listed = shown(ada_at_home.open("/auth/tokens"))

    assert any(token.startswith("old Pull and push Expired") for token in listed)


def test_a_token_that_was_used_says_when(make_token, ada_at_home, registry, stranger):
    secret = secret_on(make_token(name="used"))
    stranger.get("/v1/token-status", headers={"Authorization": f"Bearer {secret}"})
    registry.parts.jobs.write_tally()

    listed = shown(ada_at_home.open("/auth/tokens"))

    day = f"{registry.clock():%-d %b %Y}"
    assert any(token.startswith("used") and f"Last used {day}" in token for token in listed)


def test_whoever_is_not_signed_in_is_led_there(browser):
    answer = browser.open("/auth/tokens", status=303)

    assert answer.location == "http://localhost/auth/sign-in?next=%2Fauth%2Ftokens"


def test_no_secret_is_on_any_page_but_the_one(make_token, ada, ada_at_home):
    secret = secret_on(make_token())

    pages = [
        ada_at_home.open(path, expect_errors=True).text
        for path in ("/", "/?client=singularity", "/auth/tokens", "/absent", "/auth/tokens?done=x")
    ]

    for hidden in (secret, ada.token, ada_at_home.session):
        assert not any(hidden in page for page in pages)
