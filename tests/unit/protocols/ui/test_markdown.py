"""Descriptions in Markdown: what is kept of them, and how they begin."""

import time

import pytest

from sregistry_core.protocols.ui.content.markdown import first_words, rendered


def test_what_people_use_is_rendered():
    html = rendered("**bold** `code` ~~gone~~ [link](https://example.org)\n\n- one\n- two\n")

    assert "<strong>bold</strong>" in html
    assert "<code>code</code>" in html
    assert '<a href="https://example.org" rel="nofollow noopener noreferrer ugc">link</a>' in html
    assert html.count("<li>") == 2


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<b onclick=alert(1)>b</b>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](javascript:alert(1))",
        '[x](https://example.org "\\" onmouseover=alert(1)")',
        "<https://example.org/?<script>>",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_nothing_of_it_runs(text):
    html = rendered(text)

    assert "<script" not in html
    assert "<b " not in html
    assert 'href="javascript' not in html.lower()
    assert 'href="data' not in html.lower()
    assert " onmouseover=" not in html.replace("&quot; onmouseover=", "")


def test_a_picture_is_a_link_to_it():
    html = rendered("![a *nice* picture](https://example.org/x.png)")

    assert "<img" not in html
    assert 'href="https://example.org/x.png"' in html
    assert ">a nice picture</a>" in html


def test_headings_stay_below_those_of_the_page_and_leave_none_out():
    html = rendered("# one\n\n#### deep\n\n## two\n\n###### deepest\n")

    assert [
        html[place + 1 : place + 3] for place in range(len(html)) if html[place:].startswith("<h")
    ] == [
        "h3",
        "h4",
        "h4",
        "h5",
    ]


def test_a_description_begins_with_its_first_paragraph():
    assert (
        first_words("# Title\n\nWhat *it* is `for`,\nin words.\n\nMore.")
        == "What it is for, in words."
    )
    assert first_words("# Title") == "Title"
    assert first_words("") == ""
    assert first_words("a" * 300) == "a" * 199 + "\N{HORIZONTAL ELLIPSIS}"
    assert first_words("a < b & <i>c</i>") == "a < b & <i>c</i>"


@pytest.mark.parametrize("piece", ["[", "*a_", "> ", "![](", "`a", "- ", "|a", "<a "])
def test_no_description_takes_long(piece):
    text = (piece * 20_000)[:20_000]
    before = time.process_time()

    rendered(text)

    assert time.process_time() - before < 3
