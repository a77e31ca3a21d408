"""Charts: columns that stand on each other, round numbers at the axis, and the same as rows."""

import re
from pathlib import Path

import pytest

from sregistry_core.protocols.ui import charts
from sregistry_core.protocols.ui.amounts import in_bytes, in_groups, in_percent
from sregistry_core.protocols.ui.charts import BYTES, COUNT, Series, column_chart
from sregistry_core.protocols.ui.see.tables import csv_response

STYLE = (Path(charts.__file__).parent / "assets/charts.css").read_text()


def chart(*series, unit=COUNT, buckets=("a", "b")):
    return column_chart(title="Pulls", unit=unit, buckets=buckets, series=series)


def pieces(picture):
    """What is drawn of each series: left, upper edge, width and height of each rectangle."""
    shape = re.compile(r"M(\S+) (\S+)h(\S+)v(\S+)h-(\S+)z")
    found = []
    for path in picture.paths:
        drawn = shape.findall(path)
        assert "".join(f"M{x} {y}h{wide}v{tall}h-{wide}z" for x, y, wide, tall, _ in drawn) == path
        found.append([tuple(map(float, piece[:4])) for piece in drawn])
    return found


def test_pieces_stand_on_each_other_and_on_the_floor():
    made = chart(Series("x", [3, 0]), Series("y", [1, 4]))
    for picture in made.pictures:
        [low], [high, second] = pieces(picture)
        assert low[1] + low[3] == pytest.approx(picture.floor, abs=0.2)
        assert high[1] + high[3] == pytest.approx(low[1], abs=0.2)
        assert low[3] == pytest.approx(3 * high[3], abs=0.4)
        assert second[1] + second[3] == pytest.approx(picture.floor, abs=0.2)
        assert second[3] == pytest.approx(4 * high[3], abs=0.4)
        assert low[0] == high[0] < second[0]
        for x, _, wide, _ in (low, high, second):
            assert 0 <= x <= picture.width - wide


def test_a_series_without_an_amount_draws_nothing():
    made = chart(Series("x", [0, 0]), Series("y", [1, 4]))
    assert all(picture.paths[0] == "" for picture in made.pictures)


def test_what_the_columns_say_is_said_as_rows_too():
    made = chart(Series("x", [3, 0]), Series("y", [1, 4]))
    assert made.rows == [("a", ["3", "1"]), ("b", ["0", "4"])]
    assert made.pictures[0].columns[0].told == "a: 4\nx: 3\ny: 1"
    assert (made.most, made.latest) == ("4", "4")


@pytest.mark.parametrize(
    ("most", "unit", "top"),
    [
        (3, COUNT, "4"),
        (7, COUNT, "10"),
        (386, COUNT, "400"),
        (34 << 20, BYTES, "40 MiB"),
        (900, BYTES, "1.0 KiB"),
        (1 << 30, BYTES, "1.0 GiB"),
        (5 << 40, BYTES, "6.0 TiB"),
    ],
)
def test_the_axis_ends_at_a_round_number(most, unit, top):
    made = chart(Series("x", [0, most]), unit=unit)
    assert made.pictures[0].heights[-1].text == top


def test_nothing_at_all_is_empty():
    assert chart(Series("x", [0, 0])).is_empty
    assert column_chart(title="x", unit=COUNT, buckets=[], series=[]).is_empty


def test_more_series_than_colours_are_refused():
    with pytest.raises(ValueError, match="six series"):
        chart(*[Series(str(number), [1, 1]) for number in range(7)])
    with pytest.raises(ValueError, match="six series"):
        chart(Series("x", [1]))


def luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_stands_out_from_the_card_in_both_themes():
    light, dark = re.findall(r"--series-0: .*?}", STYLE, re.DOTALL)
    for theme, card in ((light, "#ffffff"), (dark, "#182020")):
        colours = re.findall(r"#[0-9a-f]{6}", theme)
        assert len(colours) == charts.MOST_SERIES
        for colour in colours:
            low, high = sorted((luminance(colour), luminance(card)))
            assert (high + 0.05) / (low + 0.05) >= 3, colour


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (10 << 20, "10 MiB"),
        (5 << 40, "5.0 TiB"),
    ],
)
def test_sizes_have_a_unit_that_fits(size, text):
    assert in_bytes(size) == text


def test_numbers_are_grouped_and_shares_rounded():
    space = "\N{NARROW NO-BREAK SPACE}"
    assert in_groups(1234567) == f"1{space}234{space}567"
    assert in_percent(1, 3) == f"33{space}%"
    assert in_percent(1, 1000) == f"< 1{space}%"
    assert in_percent(0, 5) == in_percent(5, 0) == f"0{space}%"


def test_a_cell_that_looks_like_a_formula_is_none_in_a_spreadsheet():
    cells = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain", 'a "b"', -5]
    text = csv_response("x", ["name"], [[cell] for cell in cells]).text
    lines = text.replace("\r\n", "\n").split("\n")
    assert lines[:5] == ["name", "'=1+1", "'+1", "'-1", "'@x"]
    assert "'\tx" in lines
    assert lines[-4:] == ["plain", '"a ""b"""', "-5", ""]
