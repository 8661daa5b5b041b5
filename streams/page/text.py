"""Somebody else's text in HTML: it is no markup, and it moves no letter but its own."""

from __future__ import annotations

import re
from html import escape
from typing import Final

from schemas.printable import printable

_STEERS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and marks that reorder whatever follows them."""
_LETTER: Final = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_RIGHT_TO_LEFT: Final = re.compile(f"{_LETTER}+(?:[ ._/-]+{_LETTER}+)*")


def shown(text: str) -> str:
    """Text as HTML. What is written from right to left leaves the order of what stands beside it alone.

    >>> shown("a < b"), shown("a" + chr(0x202E) + "b")
    ('a &lt; b', 'a\\\\u202eb')
    """
    if text.isascii() and text.isprintable():
        return escape(text)
    plain = _STEERS.sub(lambda found: printable(found[0]), text)
    return _RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", escape(plain))
