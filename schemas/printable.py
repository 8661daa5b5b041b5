"""Somebody else's text, for a terminal that must not obey it."""

from __future__ import annotations


def printable(text: str, *, keep: str = "") -> str:
    """The text with every character that cannot be printed escaped as in Python, but those to ``keep``.

    Escape sequences, line ends and marks that reorder letters are among them (Unicode's categories Other and
    Separator, the blank excepted; see `str.isprintable`).

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)
