"""The page's colours can be told from what they stand on, in the light and in the dark.

Oracle: WCAG 2.2, contrast ratio; 4.5 for text (1.4.3), 3 for what is drawn (1.4.11).
"""

from __future__ import annotations

import re

import pytest

from schemas.alerts import DriftKind
from streams.page import plain

TEXT = ("ink", "soft", "good", "bad", "warn", "accent")
DRAWN = ("series-1", "series-2", "series-3", *DriftKind)
Colour = tuple[float, float, float]


def palettes() -> dict[str, dict[str, Colour]]:
    """The colours of each scheme by name."""
    light, dark = plain.asset("page.css").decode().split("@media (prefers-color-scheme: dark)")[:2]
    made = {}
    for name, text in (("light", light), ("dark", dark)):
        blocks = re.findall(r"--([\w-]+): #([0-9a-f]{3}|[0-9a-f]{6});", text.split("}")[0])
        made[name] = {key: parsed(value) for key, value in blocks}
    return made


def parsed(value: str) -> Colour:
    digits = value if len(value) == 6 else "".join(2 * digit for digit in value)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def luminance(colour: Colour) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_marks_stand_out(scheme):
    colours = palettes()[scheme]

    for name in TEXT:
        for ground in ("tile", "back"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    for name in DRAWN:
        assert contrast(colours[name], colours["tile"]) >= 3, name
    for name in ("series-1", "series-2", "before"):
        assert contrast(colours[name], colours["track"]) >= 3, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("series", ["series-1", "series-2"])
def test_figures_on_the_warmest_cell_can_be_read(scheme, series):
    colours = palettes()[scheme]
    css = plain.asset("page.css").decode().split("@media (prefers-color-scheme: dark)")[scheme == "dark"]
    heat = float(re.findall(r"--heat: ([\d.]+);", css)[0])

    cell = tuple(heat * a + (1 - heat) * b for a, b in zip(colours[series], colours["tile"], strict=True))

    assert contrast(colours["ink"], cell) >= 4.5  # type: ignore[arg-type]
