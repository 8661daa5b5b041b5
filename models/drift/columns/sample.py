"""A thinned sample of all rows so far."""

from __future__ import annotations

from typing import Final

MOST: Final = 512
_WEYL: Final = 0x9E3779B1
_WORD: Final = 0xFFFFFFFF


class Sample:
    """At most `MOST` rows, spread over the stream so far; a low-discrepancy sequence chooses them, so that no period of
    the stream shows."""

    def __init__(self) -> None:
        self.rows: list[list[float | None]] = []
        self._one_in = 1

    def add(self, row: list[float | None], number: int) -> None:
        """Take in the row of this number, or leave it."""
        if (number * _WEYL & _WORD) * self._one_in > _WORD:
            return
        self.rows.append(row)
        if len(self.rows) > MOST:
            self.rows = self.rows[::2]
            self._one_in *= 2
