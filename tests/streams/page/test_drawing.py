"""Pictures as HTML: where what is drawn stands, and that it is well formed and escaped.

Oracles: Python's own parser of HTML; places that are worked out here.
"""

from __future__ import annotations

import re

import pytest

from streams.page.drawing import drawn, ranged
from streams.page.pictures import Heat, Picture, Range, Reliability, Shift, Spread
from tests.streams.page.test_plain import NASTY, read

QUANTILES = {"q10": 0.0, "q25": 2.0, "q50": 4.0, "q75": 6.0, "q90": 10.0}


def lefts(html: str, kind: str) -> list[float]:
    """Where marks of this kind begin, in per cent of the width."""
    return [float(at) for at in re.findall(rf'class="{kind}" style="left:([\d.]+)%', html)]


@pytest.mark.parametrize(
    "picture",
    [
        Heat(names=(NASTY, "b"), counts=((3, 0), (1, 2))),
        Heat(names=("a",), counts=((0,),)),
        Reliability(points=((0.1, 0.2, None, None, 3), (0.9, 0.8, 0.7, 0.9, 30))),
        Shift(words=NASTY, before=QUANTILES, after=QUANTILES),
        Shift(words=NASTY, before={"missing": 0.0, NASTY: 0.3}, after={"missing": 0.2, NASTY: None}),
        Shift(words="private", before={"missing": 0.0}, after={"missing": 0.0}),
        Spread(name=NASTY, quantiles=(0.0, 0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_a_picture_is_well_formed_and_whatever_it_shows_is_text(picture: Picture):
    page = read(drawn(picture))

    assert page.scripts == 0


def test_before_and_after_stand_on_one_scale():
    after = {name: None if value is None else value + 10 for name, value in QUANTILES.items()}

    html = drawn(Shift(words="x", before=QUANTILES, after=after))

    assert lefts(html, "median") == [20.0, 70.0]  # 4 and 14 between 0 and 20
    assert lefts(html, "box") == [10.0, 60.0]


def test_a_column_that_goes_missing_shows_how_much():
    html = drawn(Shift(words="x", before={"missing": 0.0}, after={"missing": 0.25}))

    assert re.findall(r"width:([\d.]+)%", html) == ["0.0", "25.0"]


def test_only_values_that_there_were_are_shown():
    page = read(
        drawn(Shift(words="x", before={"new": 0.0, "a": 0.0, "b": 0.5}, after={"new": 0.0, "a": 0.0, "b": 0.0}))
    )

    assert "b" in page.words
    assert not {"a", "new"} & {*page.words}


def test_residuals_stand_about_a_mark_at_nothing():
    html = drawn(Spread(name="residuals", quantiles=(-1.0, 0.0, 1.0, 2.0, 3.0)))

    assert lefts(html, "mark") == [25.0]
    assert lefts(html, "median") == [50.0]


def test_a_range_shows_its_interval_where_there_is_one():
    assert lefts(ranged(Range(0.5, 0.25, 0.75, 0.0, 1.0)), "line") == [25.0]
    assert lefts(ranged(Range(0.5, None, None, 0.0, 1.0)), "line") == []
    assert lefts(ranged(Range(None, None, None, 0.0, 1.0)), "dot") == []


def test_the_heat_of_a_cell_is_its_part_of_the_row():
    html = drawn(Heat(names=("a", "b"), counts=((3, 1), (0, 2))))

    assert re.findall(r"--part:(\d+)%", html) == ["75", "25", "100"]
    assert [re.sub("<.*?>", " ", cell).split()[0] for cell in re.findall(r"<td class=\"[^>]*>.*?</td>", html)] == [
        "3",
        "1",
        "0",
        "2",
    ]
