"""Texts for people: every one in a catalogue, shown in the language that the browser asks for."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from sregistry_core.errors import ConfigurationError
from sregistry_core.testing.browser import Browser

HOME = Path(__file__).parents[3]
PAGES = HOME / "src/sregistry_core/protocols/ui"
WORDS = re.compile(r"[A-Za-z]{2,}")
AMOUNT = re.compile(r"\d+ [KMGT]iB")
READ_ALOUD = {"aria-label", "alt", "title", "placeholder", "aria-description"}
SAME_EVERYWHERE = {
    "·",
    "sregistry",
    "sregistry-core",
    "Python",
    "https://registry.example.org",
    "SHA-256",
    "RSS",
    "Atom",
    "CSV",
    "JSON",
    "SBOM",
    "OCI",
    "API",
}
"""What no language says in another way."""


class BareTexts(HTMLParser):
    """Finds texts of a page that people read, and that stand in no `_()` or `trans`."""

    CODE = {"code", "pre", "script", "style", "kbd", "samp"}

    def __init__(self, page):
        super().__init__()
        self.found, self.inside = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.inside.append(tag)
        self.found += [
            value for name, value in attributes if name in READ_ALOUD and self.is_words(value)
        ]

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not self.CODE & set(self.inside) and self.is_words(data):
            self.found.append(data.strip())

    @staticmethod
    def is_words(text):
        return any(
            WORDS.search(word) for word in (text or "").split() if word not in SAME_EVERYWHERE
        )


def bare_texts(template):
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    page, translated = [], 0
    for _line, kind, value in environment.lex(template):
        if kind == "name" and value == "trans":
            translated += 1
        if kind == "name" and value == "endtrans":
            translated -= 1
        if kind == "data" and not translated:
            page.append(value)
        elif kind in ("variable_begin", "block_begin"):
            # Stands for a value, so that an attribute or an element around it stays whole.
            page.append("·")
    found = BareTexts("".join(page)).found
    tree = environment.parse(template)
    shown = [part for output in tree.find_all(nodes.Output) for part in output.nodes]
    found += [one.value for part in shown for one in constants(part) if " " in one.value]
    # Attributes that a macro adds to an element, and amounts, are no words.
    return [one for one in found if "=" not in one and not AMOUNT.fullmatch(one)]


def constants(node):
    """Give the texts below a node that `_()` is not asked for."""
    if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in (
        "_", "gettext", "ngettext",
    ):  # fmt: skip
        return
    if isinstance(node, nodes.Filter | nodes.Getattr | nodes.Test | nodes.Compare):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node
    for child in node.iter_child_nodes():
        yield from constants(child)


def templates():
    return sorted((PAGES / "templates").rglob("*.jinja2"))


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.stem)
def test_every_text_of_a_template_can_be_translated(path):
    assert bare_texts(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Hello there</p>", ["Hello there"]),
        ("<p>{{ name }} is here</p>", ["· is here"]),
        ('<p aria-label="Hello">{{ _("Hello") }}</p>', ["Hello"]),
        ('<p>{{ "Hello there" }}</p>', ["Hello there"]),
        ("<p>{% if a %}Yes, all{% endif %}</p>", ["·Yes, all·"]),
        ("<p>{% trans %}Hello there{% endtrans %} · {{ name }}</p>", []),
        ("<p><code>make texts</code></p>", []),
    ],
)
def test_a_text_that_was_forgotten_is_found(template, found):
    assert bare_texts(template) == found


def test_the_catalogue_for_translators_holds_exactly_the_texts_there_are():
    """After a change of texts: `make texts`."""
    with (HOME / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    texts = {
        message
        for _file, _line, message, _comments, _context in extract_from_dir(
            str(PAGES), method_map=methods, options_map=options
        )
    }
    with (PAGES / "locale/sregistry.pot").open("rb") as file:
        shipped = {message.id for message in read_po(file) if message.id}

    assert shipped == texts
    assert len(texts) > 50


def catalogue(folder, language, texts):
    made = Catalog(locale=language, domain="sregistry")
    for text, translation in texts.items():
        made.add(text, translation)
    held = BytesIO()
    write_po(held, made)
    path = folder / language / "LC_MESSAGES/sregistry.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(held.getvalue())
    return path


NORTHERN = {
    "Sign in": "Logg inn",
    "Copy: %(what)s": "Kopier: %(what)s",
    "Log in with ${client}:": "Meld deg på med ${client}:",
    "Unknown name or wrong password.": "Ukjent navn eller feil passord.",
    "Push": "Send <b>",
}


def asking_for(registry, languages):
    browser = Browser(registry)
    page = browser.open("/auth/sign-in", headers={"Accept-Language": languages})
    assert "Accept-Language" in page.headers["Vary"]
    return page.html.find("html")["lang"], page.html.find("h1").text


def test_a_browser_is_answered_in_the_language_it_asks_for_among_those_there_are(
    make_registry, tmp_path
):
    catalogue(tmp_path / "locale", "nb", NORTHERN)
    registry = make_registry(
        protocols="ui discovery library", locale_directory=str(tmp_path / "locale")
    )

    assert asking_for(registry, "nb-NO,nb;q=0.9,en;q=0.5") == ("nb", "Logg inn")
    assert asking_for(registry, "fi,en;q=0.8,nb;q=0.5") == ("en", "Sign in")
    assert asking_for(registry, "fi") == ("en", "Sign in")
    assert asking_for(registry, "") == ("en", "Sign in")
    assert asking_for(registry, "\x7f;q=lots") == ("en", "Sign in")


def test_the_site_says_which_language_is_the_usual_one(make_registry, tmp_path):
    catalogue(tmp_path / "locale", "nb", NORTHERN)
    registry = make_registry(
        protocols="ui", locale_directory=str(tmp_path / "locale"), language="nb"
    )

    assert asking_for(registry, "fi") == ("nb", "Logg inn")
    assert asking_for(registry, "en-GB") == ("en", "Sign in")


def test_texts_of_python_and_their_values_are_translated_and_escaped(make_registry, tmp_path):
    catalogue(tmp_path / "locale", "nb", NORTHERN)
    registry = make_registry(
        protocols="ui discovery library", locale_directory=str(tmp_path / "locale")
    )
    registry.user("ada")
    browser = Browser(registry)
    northern = {"Accept-Language": "nb"}

    first = browser.open("/-/guide", headers=northern)
    assert first.html.find(id="push-title").text == "Send <b>"

    form = browser.open("/auth/sign-in", headers=northern).forms[0]
    form["name"], form["password"] = "ada", "wrong"
    refused = form.submit(headers={"Accept": "text/html", **northern}, status=401)
    assert refused.html.find(role="alert").text == "Ukjent navn eller feil passord."

    browser.sign_in(status=303)
    form = browser.open("/auth/tokens", headers=northern).forms[1]
    made = form.submit(headers={"Accept": "text/html", **northern})
    assert "Meld deg på med SingularityCE:" in {
        button["aria-label"].removeprefix("Kopier: ")
        for button in made.html.find_all("button", class_="copy")
    }


def test_a_language_from_right_to_left_says_so(make_registry, tmp_path):
    catalogue(tmp_path / "locale", "he", {"Sign in": "כניסה"})
    registry = make_registry(protocols="ui", locale_directory=str(tmp_path / "locale"))
    page = Browser(registry).open("/auth/sign-in", headers={"Accept-Language": "he"})

    assert page.html.find("html").attrs == {"lang": "he", "dir": "rtl"}
    assert page.html.find("h1").text == "כניסה"


def test_a_catalogue_that_cannot_be_used_stops_the_start_with_one_line(make_registry, tmp_path):
    def refusal(**settings):
        with pytest.raises(ConfigurationError) as caught:
            make_registry(protocols="ui", **settings)
        return str(caught.value)

    assert refusal(language="nb") == (
        "sregistry.language = nb has no catalogue (there are: de, en)"
    )
    assert refusal(language="klingon") == "klingon is no language such as de or pt_BR"
    assert "cannot be read: No such file" in refusal(locale_directory=str(tmp_path / "none"))
    path = catalogue(tmp_path / "a", "nb", {"Copy: %(what)s": "Kopier: %(hva)s"})
    assert refusal(locale_directory=str(tmp_path / "a")).startswith(f"the catalogue {path}: ")
    path.write_text("<html>no catalogue</html>")
    assert refusal(locale_directory=str(tmp_path / "a")).startswith(
        f"the catalogue {path} cannot be read"
    )


def test_the_german_catalogue_is_nearly_whole_and_keeps_every_value_and_element():
    """Texts that were added since may wait for a translator, but not many of them."""
    with (PAGES / "locale/de/LC_MESSAGES/sregistry.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="de") if message.id]
    parts = re.compile(r"%\(\w+\)s|\$\{\w+\}|<[^>]+>")
    done = 0
    for message in messages:
        originals, texts = (
            list(one) if isinstance(one, tuple) else [one] for one in (message.id, message.string)
        )
        if not all(texts):
            continue
        done += 1
        for original, text in zip(originals, texts, strict=True):
            assert set(parts.findall(original)) == set(parts.findall(text)), text

    assert done >= 0.9 * len(messages), f"{done} of {len(messages)} are translated"


def test_a_page_in_german_is_german_throughout(make_registry):
    registry = make_registry(protocols="ui discovery library api", contact="images@example.org")
    page = Browser(registry).open("/auth/sign-in", headers={"Accept-Language": "de-DE,de"})

    assert page.html.find("html")["lang"] == "de"
    assert page.html.find("h1").text == "Anmelden"
    told = page.html.find("body").get_text(" ")
    for word in ("Sign in", "Explore", "Usage", "Guide", "Password", "About"):
        assert word not in told
