"""Rows of a CSV file as people have them.

The delimiter is a comma, semicolon, tab or bar: the one that makes columns of the header, or is named. Blanks around a
name or cell are no part of it, columns without a name are left out, and so are empty cells beyond the header. A row of
another length is passed on as it stands, with its line and what is wrong, to become a dead letter.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeAlias

from streams.data.unpacking import DataFileError, opened, to_utf_8

DELIMITERS: Final[dict[str, str]] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " "}
"""The delimiters that have names; space is not looked for, only taken if named."""

_LOOKED_FOR: Final = (",", ";", "\t", "|")
_LOOKED_AT_LINES: Final = 20
_LONGEST_CELL: Final = 2**27
_NUMBER: Final = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")
_EXCELS_HINT: Final = re.compile(r"sep=(.)\r?\n?")


def delimiter_named(text: str) -> str:
    """The delimiter that a user means: a character, its name, or a tab as ``\\t``.

    Raises
    ------
    ValueError
        If it cannot separate cells.
    """
    if text.lower() in DELIMITERS:
        return DELIMITERS[text.lower()]
    if text == "\\t":
        return "\t"
    if len(text) != 1 or text in '"\r\n':
        raise ValueError(f"expected one character, or one of {', '.join(DELIMITERS)}, got {text!r}")
    return text


class Broken(NamedTuple):
    """A row that is no row of its file: its bytes as they stand, and what is wrong with it."""

    raw: bytes
    what: str
    header: list[str]


CsvRow: TypeAlias = dict[str, str] | Broken


def csv_rows(path: Path, delimiter: str | None = None) -> Iterator[tuple[int, CsvRow]]:
    """Give the rows in order, each with the number of the line on which it begins.

    Raises
    ------
    DataFileError
        If there is no header, it repeats a name, or its delimiter cannot be told; on the way, with the line's number,
        if bytes are not UTF-8 or a quote is never closed.
    """
    with opened(path) as file:
        yield from csv_rows_of(path, file, delimiter)


def csv_rows_of(path: Path, file: BinaryIO, delimiter: str | None = None) -> Iterator[tuple[int, CsvRow]]:
    """The rows of content that is open already; ``path`` is what errors call it. See `csv_rows`."""
    # The module's own limit, 128 KiB, would refuse a file for a long text in a column that nobody maps.
    csv.field_size_limit(_LONGEST_CELL)
    lines = _Lines(path, file)
    try:
        first = list(islice(lines, _LOOKED_AT_LINES))
        hint = _EXCELS_HINT.fullmatch(first[0]) if first else None
        if hint is not None:
            del first[0]
        shown = delimiter or (hint[1] if hint is not None else _delimiter(path, first))
        lines.give_again(first)
        yield from _parsed(path, lines, shown)
    finally:
        lines.let_go()


def _parsed(path: Path, lines: _Lines, delimiter: str) -> Iterator[tuple[int, CsvRow]]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    header: list[str] | None = None
    while True:
        lines.row.clear()
        begin = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            if header is None:
                raise DataFileError(_expected_header(path, 1, "nothing")) from None
            return
        except csv.Error as error:
            if header is None or "unexpected end" in str(error) or "field limit" in str(error):
                what = "a quote is opened in this row and not closed"
                if header is None:
                    what = f"expected the names of the columns, got no CSV ({error}); {_what_it_may_be(lines.raw())}"
                raise DataFileError(f"{path}, line {begin}: {what}") from error
            yield begin, Broken(lines.raw(), f"not CSV: {error}", header)
            continue
        if not cells or (len(cells) == 1 and not cells[0].strip() and (header is None or len(header) > 1)):
            continue
        if header is None:
            header = _header(path, begin, [name.strip() for name in cells])
            named = max(number for number, name in enumerate(header, start=1) if name)
        elif named <= len(cells) <= len(header) or not (
            len(cells) < named or any(map(str.strip, cells[len(header) :]))
        ):
            yield begin, dict(zip(header, cells, strict=False))
        else:
            what = f"expected {named} cells as in the header, got {len(cells)}"
            yield begin, Broken(lines.raw(), what, header)


def _what_it_may_be(header: bytes) -> str:
    if header.startswith(b"{"):
        return "if it has JSON lines, name it .jsonl"
    return "if something else separates the cells, name it with --delimiter"


class _Lines:
    """The lines of a file as text: which one was read last, and those of the row that is being read."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.number = 0
        self.row: list[str] = []
        self._path = path
        # Bytes that are no UTF-8 become surrogates here, so that the line they stand on can be named.
        self._text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
        self._next: Iterator[str] = self._text

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._next)
        self.number += 1
        if not line.isascii():
            self._refuse_other_encodings(line)
        self.row.append(line)
        return line

    def give_again(self, lines: list[str]) -> None:
        """Give these lines, which were read last, once more."""
        self.number -= len(lines)
        self._next = chain(lines, self._text)

    def let_go(self) -> None:
        """Leave the file to whoever opened it."""
        self._text.detach()

    def raw(self) -> bytes:
        """The row that is being read, without its line end."""
        return "".join(self.row).rstrip("\r\n").encode()

    def _refuse_other_encodings(self, line: str) -> None:
        try:
            line.encode()
        except UnicodeEncodeError as error:
            byte = ord(line[error.start]) - 0xDC00
            what = f"expected UTF-8, got byte 0x{byte:02x}; if it is Latin-1, {to_utf_8(self._path, 'ISO-8859-1')}"
            raise DataFileError(f"{self._path}, line {self.number}: {what}") from error


def _delimiter(path: Path, lines: list[str]) -> str:
    """The delimiter that makes columns of the header; of several, the one that cuts all rows alike."""
    widths: dict[str, list[int]] = {}
    for delimiter in _LOOKED_FOR:
        rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        widths[delimiter] = [len(cells) for cells in rows if cells]
    several = [delimiter for delimiter, found in widths.items() if found and found[0] > 1]
    even = [delimiter for delimiter in several if len(set(widths[delimiter])) == 1]
    for choice in (several, even):
        if len(choice) <= 1:
            return choice[0] if choice else ","
    if "," in several:
        return ","
    names = " or ".join(name for name, delimiter in DELIMITERS.items() if delimiter in several)
    raise DataFileError(f"{path}: the delimiter may be {names}: name it with --delimiter")


def _header(path: Path, line: int, names: list[str]) -> list[str]:
    if not any(names):
        raise DataFileError(_expected_header(path, line, "nothing"))
    if all(_NUMBER.fullmatch(name) for name in names):
        raise DataFileError(_expected_header(path, line, "only numbers; write a first line with the names"))
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise DataFileError(_expected_header(path, line, f"'{repeated[0]}' twice; names must differ"))
    return names


def _expected_header(path: Path, line: int, got: str) -> str:
    return f"{path}, line {line}: expected a header with the names of the columns, got {got}"
