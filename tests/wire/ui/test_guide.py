"""The guide: whose registry it is, and commands that can be copied as they are."""

import pytest

PROTOCOLS = "discovery transfer library shub ui"


@pytest.fixture
def guide_page(make_registry, open_browser):
    """Makes a registry, and gives its guide with the list of its commands."""

    def make(path="/-/guide", **settings):
        page = open_browser(make_registry(**{"protocols": PROTOCOLS, **settings})).open(path)
        return page, [code.get_text() for code in page.html.select(".command code")]

    return make


def test_it_says_whose_registry_it_is_and_whom_to_ask(guide_page):
    page, _ = guide_page(name="Rocks", institution="Example Institute", contact="ada@example.org")

    assert page.html.h1.get_text() == "Rocks"
    assert "Example Institute" in page.text
    assert page.html.find("a", href="mailto:ada@example.org").get_text() == "ada@example.org"


def test_a_contact_may_be_an_address_of_the_web(guide_page):
    page, _ = guide_page(contact="https://help.example.org/images/")

    link = page.html.find("a", href="https://help.example.org/images/")
    assert link.get_text() == "help.example.org/images"


@pytest.mark.parametrize(
    "contact", ["room 12", "javascript:alert(1)", "data:text/html,x", "https://a b", "a@b@c d"]
)
def test_a_contact_that_is_no_address_is_plain_text(guide_page, contact):
    page, _ = guide_page(contact=contact)

    assert contact in page.html.get_text()
    assert all(contact not in link["href"] for link in page.html.find_all("a"))


def test_nothing_is_said_of_an_institution_or_a_contact_that_are_not_set(guide_page):
    page, _ = guide_page()

    assert "Contact" not in page.text
    assert page.html.select(".eyebrow") == []


def test_hostile_words_of_the_ini_file_are_text(guide_page):
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"

    page, _ = guide_page(name=evil, institution=evil, contact=evil)

    assert evil in page.html.title.get_text()
    assert page.html.h1.get_text() == evil
    assert [script.get("src", "inline")[:8] for script in page.html.find_all("script")] == [
        "/static/"
    ]
    assert page.html.find(onerror=True) is None


def test_commands_for_a_registry_with_https(guide_page):
    _, commands = guide_page(public_url="https://images.example.org")

    assert commands == [
        "apptainer remote add --no-login tacc https://images.example.org",
        "apptainer remote use tacc",
        "apptainer remote login tacc",
        "apptainer push -U my-image.sif library://yourname/tools/my-image:1.0",
        "apptainer pull library://yourname/tools/my-image:1.0",
        "apptainer pull library://images.example.org/yourname/tools/my-image:1.0",
        "apptainer pull shub://images.example.org/yourname/tools/my-image:1.0",
        "apptainer search my-image",
        "apptainer search --library https://images.example.org my-image",
        "apptainer delete library://yourname/tools/my-image:1.0",
        "curl 'https://images.example.org/v1/search?value=my-image'",
        'curl -fL -o my-image.sif -H "Authorization: Bearer $(cat token.txt)" '
        "'https://images.example.org/v1/imagefile/yourname/tools/my-image:1.0?arch=amd64'",
    ]


def test_clients_are_told_when_a_registry_speaks_http(guide_page):
    _, commands = guide_page(public_url="http://images.example.org")

    assert "apptainer remote add --no-login --insecure tacc http://images.example.org" in commands
    for scheme in ("library", "shub"):
        name = f"{scheme}://images.example.org/yourname/tools/my-image:1.0"
        assert f"apptainer pull --no-https {name}" in commands


def test_a_port_of_its_own_rules_out_shub_and_a_plain_endpoint(guide_page):
    page, commands = guide_page(public_url="http://images.example.org:8080")

    pull = "apptainer pull --library http://images.example.org:8080"
    assert f"{pull} library://yourname/tools/my-image:1.0" in commands
    assert "apptainer remote add --no-login --insecure tacc http://images.example.org" in commands
    assert (
        "sed -i 's|URI: images.example.org$|URI: http://images.example.org:8080|' "
        "~/.apptainer/remote.yaml"
    ) in commands
    assert not any("shub://" in command for command in commands)
    shub, set_up = page.html.find(id="shub"), page.html.find(id="set-up")
    assert "cannot be used here" in shub.get_text()
    assert "the port 8080" in shub.get_text()
    assert "cannot take the port 8080" in set_up.get_text()


@pytest.mark.parametrize("url", ["https://a.example.org:443", "http://a.example.org:80"])
def test_the_usual_port_is_left_out(guide_page, url):
    _, commands = guide_page(public_url=url)

    assert not any(":443" in command or ":80" in command for command in commands)
    assert any("shub://a.example.org/" in command for command in commands)


def test_an_address_without_a_name_rules_out_shub_too(guide_page):
    page, commands = guide_page(public_url="http://[2001:db8::1]")

    assert not any("shub://" in command for command in commands)
    assert "not an ordinary host name" in page.text
    assert any("library://[2001:db8::1]/" in command for command in commands)


def test_each_client_has_its_own_words(guide_page):
    page, commands = guide_page("/-/guide?client=singularity", public_url="http://a.example.org:81")

    assert not any("apptainer" in command for command in commands)
    assert any("~/.singularity/remote.yaml" in command for command in commands)
    assert page.html.find("a", attrs={"aria-current": True}).get_text() == "SingularityCE"


@pytest.mark.parametrize("query", ["client=<b>", "client=%ff", "client=", "other=1"])
def test_a_client_nobody_knows_is_apptainer(guide_page, query):
    page, _ = guide_page(f"/-/guide?{query}")

    assert page.html.find("a", attrs={"aria-current": True}).get_text() == "Apptainer"


def test_whoever_is_signed_in_finds_their_own_name(ada_at_home):
    page = ada_at_home.open("/-/guide")

    assert "library://ada/tools/my-image:1.0" in page.html.get_text()
    assert "yourname" not in page


@pytest.mark.parametrize(
    ("protocols", "there", "missing"),
    [
        ("shub transfer ui", {"shub"}, {"set-up", "push", "pull", "search", "delete", "script"}),
        ("library transfer ui", {"pull", "search", "script"}, {"set-up", "push", "delete", "shub"}),
        ("ui", set(), {"set-up", "push", "pull", "shub", "search", "delete", "script"}),
    ],
)
def test_only_what_is_spoken_here_is_explained(guide_page, protocols, there, missing):
    page, _ = guide_page(protocols=protocols)

    shown = {section["id"] for section in page.html.select("section.topic")}
    assert there <= shown
    assert not missing & shown


def test_scripts_are_led_to_our_own_api_where_there_is_one(guide_page):
    page, commands = guide_page(
        protocols="library transfer api ui", public_url="https://images.example.org"
    )

    assert "curl 'https://images.example.org/api/v1/search?text=my-image'" in commands
    assert page.html.find("a", href="/api/v1/openapi.json")


def test_a_key_server_login_asks_for_the_first_page_by_head_or_get(registry, stranger):
    assert stranger.get("/", headers={"Authorization": "Bearer anything"}, status=200)
    assert stranger.head("/", status=200).body == b""
