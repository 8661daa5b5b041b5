"""What somebody may have meant by a word that is not known: "did you mean", in one way everywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST: Final = 80
"""Characters of a word that are looked at: a stranger's may be of any length, and comparing is slow."""


def closest(
    word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.5, letters: Callable[[str], str] = str.casefold
) -> list[str]:
    """The known words most like this one, the nearest first; empty if none is near.

    Parameters
    ----------
    word, known
        What was written, and what could have been.
    most
        How many to give at most.
    cutoff
        From 0 (anything is near) to 1 (only what is equal in its letters).
    letters
        What of a word counts; by default everything but its case.

    >>> closest("Acuracy", ["Accuracy", "Recall"]), closest("zzz", ["Accuracy"])
    (['Accuracy'], [])
    """
    by_letters = {letters(other): other for other in known}
    near = get_close_matches(letters(word[:_LONGEST]), by_letters, n=most, cutoff=cutoff)
    return [by_letters[other] for other in near]


def did_you_mean(words: Iterable[str]) -> str:
    """The end of a sentence that asks for these words; nothing where there are none.

    >>> did_you_mean(["a", "b"])
    "; did you mean 'a' or 'b'?"
    """
    listed = " or ".join(f"'{word}'" for word in words)
    return f"; did you mean {listed}?" if listed else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for the known word most like this one, or nothing."""
    return did_you_mean(closest(word, known))
