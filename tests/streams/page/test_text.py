"""Somebody else's text in HTML.

Oracle: Python's table of Unicode characters, which knows the direction of each.
"""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest

from streams.page.text import shown

HEBREW, ARABIC = "\u05d7\u05e8\u05e7", "\u062d\u0634\u0631\u0629 \u0643\u0628\u064a\u0631\u0629"


@pytest.mark.parametrize("name", [HEBREW, ARABIC])
def test_a_name_from_right_to_left_keeps_to_itself(name):
    assert shown(f"Most often, {name} was predicted as {name} (14 times).") == (
        f"Most often, <bdi>{name}</bdi> was predicted as <bdi>{name}</bdi> (14 times)."
    )


def test_no_text_reorders_what_follows_it():
    marks = [
        chr(one)
        for one in range(sys.maxunicode)
        if unicodedata.bidirectional(chr(one)) in ("RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI")
    ]

    assert len(marks) == 9
    assert not {*marks} & {*shown("".join(marks))}
    assert shown(marks[0]) == f"\\u{ord(marks[0]):04x}"


def test_every_letter_from_right_to_left_of_the_basic_plane_is_kept_apart():
    letters = [chr(n) for n in range(0x10000) if unicodedata.bidirectional(chr(n)) in ("R", "AL")]

    missed = [one for one in letters if not re.fullmatch("<bdi>.</bdi>", shown(one))]

    assert missed == ["\u200f"]  # a mark without a shape


@pytest.mark.parametrize(
    "text", ["a\tb", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "na\u00efve", "\u26a0\ufe0f"]
)
def test_what_is_written_so_stays(text):
    assert re.sub("</?bdi>", "", shown(text)) == text
