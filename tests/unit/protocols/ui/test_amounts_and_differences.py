"""Small things of the pages: amounts, differences, charts, badges."""

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from sregistry_core.protocols.ui.amounts import in_bytes, in_groups
from sregistry_core.protocols.ui.content.badge import badge_svg, snippets
from sregistry_core.protocols.ui.content.charts import WEEKS, first_day, pull_chart
from sregistry_core.protocols.ui.content.comparing import MOST_LINES, differences, pairs
from sregistry_core.protocols.ui.content.words import shortened


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KiB"),
        (1 << 20, "1.0 MiB"),
        (int(1.25 * (1 << 30)), "1.2 GiB"),
        (int(12.5 * (1 << 30)), "12 GiB"),
        (1 << 60, "1024 PiB"),
    ],
)
def test_sizes_are_short(size, written):
    assert in_bytes(size) == written


def test_numbers_and_digests_are_readable():
    assert in_groups(1234567) == "1\u202f234\u202f567"
    assert shortened("sha256:" + "ab" * 32) == "sha256:abababababab"


def test_lines_are_compared_with_what_is_around_them():
    left = "\n".join(f"line {number}" for number in range(20))
    right = left.replace("line 10", "another")

    found = differences(left, right)

    changed = [
        (line.kind, line.text, line.left, line.right) for line in found.lines if line.kind != "same"
    ]
    assert changed == [("left", "line 10", 11, None), ("right", "another", None, 11)]
    assert len(found.lines) == 8
    assert differences(left, left).is_same
    assert differences("a", "\n" * (MOST_LINES + 1)).is_too_long


def test_lines_far_apart_have_a_gap_between_them():
    left = "\n".join(str(number) for number in range(50))
    right = "\n".join(str(number) for number in range(50) if number not in (5, 45))

    assert [line.kind for line in differences(left, right).lines].count("gap") == 1


def test_mappings_are_compared_by_name():
    found = pairs({"a": "1", "b": "2"}, {"b": "2", "c": "3"})

    assert [(one.name, one.left, one.right, one.is_same) for one in found] == [
        ("a", "1", None, False),
        ("b", "2", "2", True),
        ("c", None, "3", False),
    ]


def test_a_chart_has_a_bar_for_each_week():
    today = date(2026, 11, 26)
    pulls = {today: 3, today - timedelta(days=1): 1, first_day(today): 8, date(2020, 1, 1): 99}

    chart = pull_chart(pulls, today)

    assert len(chart.weeks) == WEEKS
    assert (chart.weeks[0].pulls, chart.weeks[-1].pulls) == (8, 4)
    assert (chart.total, chart.most) == (12, 8)
    assert chart.weeks[0].height == 2 * chart.weeks[-1].height == chart.height
    assert pull_chart({}, today).total == 0


def test_a_badge_is_a_picture_whatever_the_names_are():
    picture = ElementTree.fromstring(badge_svg('<"&>', "x" * 200))

    assert picture.tag.endswith("}svg")
    assert picture[0].text.startswith('<"&>: xxx')
    assert len(picture[0].text) < 60


def test_snippets_of_a_badge_stay_within_their_quotes():
    found = snippets('https://a.test/"><b>', "https://a.test/badge.svg", "blast")

    assert "<b>" not in found["HTML"]
    assert found["Markdown"].startswith("[![blast](https://a.test/badge.svg)]")
