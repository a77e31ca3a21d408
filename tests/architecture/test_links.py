"""Pages lead where they say they lead, and no decision is forgotten in the list."""

import re


def pages(home):
    return sorted([*home.glob("docs/**/*.md"), *home.glob("config/**/*.md")])


def test_every_link_to_a_file_leads_to_one(home):
    broken = [
        f"{page.relative_to(home)}: {target}"
        for page in pages(home)
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_every_decision_stands_in_the_list_and_has_its_three_parts(home):
    listed = re.findall(r"\(decisions/(.+?\.md)\)", (home / "docs/README.md").read_text())
    decisions = sorted((home / "docs/decisions").glob("*.md"))

    assert listed == [page.name for page in decisions]
    for number, page in enumerate(decisions, 1):
        text = page.read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. "), page.name
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]
