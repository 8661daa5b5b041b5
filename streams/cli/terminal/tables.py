"""Tables that keep every name whole: in a pipe as wide as they are, in a terminal folded to its width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final, TypeAlias

from rich.text import Text

from streams.cli.terminal.output import out

Cell: TypeAlias = str | tuple[str, str]
"""What stands in a cell; with a style, where it has one."""

_GAP: Final = "  "
_NARROWEST: Final = 24
"""Columns that a last column of prose keeps; with less, rows become blocks of lines."""


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], *, prose: bool = False) -> None:
    """Print rows under their header; numbers to the right.

    The first column holds names, and the last, where it is ``prose``, sentences that may be folded.
    """
    for line in lay_out(title, header, rows, prose=prose, width=out.width if out.is_terminal else None):
        out.print(line)


def lay_out(
    title: str, header: Sequence[str], rows: Sequence[Sequence[Cell]], *, prose: bool, width: int | None
) -> list[Text]:
    """The table's lines, none of them wider than ``width`` unless a single word is."""
    texts = [[_text(cell) for cell in row] for row in rows]
    wide = [max(map(len, column)) for column in zip(header, *texts, strict=True)]
    taken = sum(wide[:-1]) + len(_GAP) * (len(wide) - 1) if prose else sum(wide) + len(_GAP) * (len(wide) - 1)
    if width is not None and taken + (_NARROWEST if prose else 0) > width:
        return [Text(title, "italic"), *_blocks(header, rows, width, "" if not prose else f"{header[0]} ")]
    numbers = [all(_is_number(row[n]) for row in texts) for n in range(len(header))]
    room = None if width is None or not prose else width - taken
    lines = [Text(title, "italic"), _line([(name, "bold") for name in header], wide, numbers, None)[0]]
    for row in rows:
        lines += _line(row, wide, numbers, room)
    return lines


def _line(row: Sequence[Cell], wide: Sequence[int], numbers: Sequence[bool], room: int | None) -> list[Text]:
    line = Text()
    for n, cell in enumerate(row[:-1]):
        text = _text(cell)
        line.append(text.rjust(wide[n]) if numbers[n] else text.ljust(wide[n]), _style(cell)).append(_GAP)
    last = _text(row[-1])
    folded = textwrap.wrap(last, room) if room is not None else [last.rjust(wide[-1]) if numbers[-1] else last]
    lines = [line.append(folded[0] if folded else "", _style(row[-1]))]
    lines += [Text(" " * (len(line) - len(folded[0])) + more, _style(row[-1])) for more in folded[1:]]
    for one in lines:
        one.rstrip()
    return lines


def _blocks(header: Sequence[str], rows: Sequence[Sequence[Cell]], width: int, before: str) -> list[Text]:
    lines = []
    for row in rows:
        lines.append(Text(before + _text(row[0]), _style(row[0])))
        facts = [f"{name} {_text(cell)}" for name, cell in zip(header[1:], row[1:], strict=True) if _text(cell)]
        joined = " · ".join(fact.replace(" ", "\u00a0") if len(fact) < width // 2 else fact for fact in facts)
        folded = textwrap.wrap(
            joined,
            width,
            initial_indent=_GAP,
            subsequent_indent=_GAP,
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines += [Text(line.replace("\u00a0", " "), _style(row[0])) for line in folded]
    return lines


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]


def _style(cell: Cell) -> str:
    return "" if isinstance(cell, str) else cell[1]


def _is_number(text: str) -> bool:
    return not text or text in ("–", "-") or (text.lstrip("-")[:1].isdigit() and " " not in text)
