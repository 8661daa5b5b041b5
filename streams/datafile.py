"""Data files as rows in order: CSV or JSON lines, plain or gzipped, one row in memory at a time.

The name's ending says which (``.csv``, ``.jsonl``, ``.ndjson``, each also with ``.gz``); whether a file is gzipped is
told by its first two bytes, whatever it is called. What a row means is `streams.replay`'s business.
"""

from __future__ import annotations

import csv
import gzip
import importlib.resources
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias, cast

Row: TypeAlias = dict[str, str] | bytes
"""A CSV row by column name, or a JSON line's bytes without its line end."""

_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_CSV: Final = (".csv",)
_LINES: Final = (".jsonl", ".ndjson")


class DataFileError(ValueError):
    """A data file that cannot be read as asked; the message names the file or row and what to do."""


def rows(path: Path) -> Iterator[Row]:
    """Give the rows of a data file in order. Blank lines are skipped.

    Raises
    ------
    DataFileError
        At once if the file is missing or its ending unknown; on the way, with the line's number, if a CSV header is
        missing or repeats a name, a row has more or fewer cells than the header, or bytes are not UTF-8 or gzip.
    """
    return _csv_rows(path) if _is_csv(path) else _json_lines(path)


def count_rows(path: Path) -> int:
    """How many rows `rows` will give, without building them.

    Lines are counted; only a CSV file with quotes, which may hide line ends, is parsed.

    Raises
    ------
    DataFileError
        As `rows`, except that the rows themselves are not looked at.
    """
    quotes_matter = _is_csv(path)
    lines = 0
    with _opened(path) as file:
        for line in file:
            if quotes_matter and b'"' in line:
                break
            lines += not line.isspace()
        else:
            return max(lines - 1, 0) if quotes_matter else lines
    return sum(1 for _ in _csv_rows(path))


def find_example(name: str) -> Path:
    """The directory of a shipped example, with ``gauge.toml`` and ``<name>.csv.gz`` in it.

    It is looked for in the installed package first and then beside the source tree's packages.

    Raises
    ------
    DataFileError
        If there is no such example; the message lists those that there are.
    """
    found: dict[str, Path] = {}
    for root in (Path(str(importlib.resources.files("streams"))) / "examples", Path(__file__).parents[1] / "examples"):
        for gauge in sorted(root.glob("*/gauge.toml")):
            found.setdefault(gauge.parent.name, gauge.parent)
    if name not in found:
        raise DataFileError(f"there is no example '{name}'; expected one of: {', '.join(found) or '(none installed)'}")
    return found[name]


def nearest(name: str, known: list[str]) -> str:
    """``; did you mean 'x'?`` for the known name most like ``name``, or nothing."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def _is_csv(path: Path) -> bool:
    ending = Path(path.name.lower().removesuffix(".gz")).suffix
    if ending not in _CSV + _LINES:
        expected = ", ".join(_CSV + _LINES)
        raise DataFileError(
            f"{path}: expected a name ending in {expected} (or one of these and .gz), got '{path.name}'"
        )
    if not path.is_file():
        beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataFileError(f"{path}: no such file{nearest(path.name, beside)}")
    return ending in _CSV


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            zipped = file.peek(2)[:2] == _GZIP
            with cast(BinaryIO, gzip.GzipFile(fileobj=file)) if zipped else file as content:
                yield content
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataFileError(f"{path}: the gzip file is damaged or cut short ({error}); fetch it again") from error
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror or error}") from error


def _json_lines(path: Path) -> Iterator[bytes]:
    with _opened(path) as file:
        start = _BOM
        for line in file:
            text = line.removeprefix(start).rstrip(b"\r\n")
            start = b""
            if text and not text.isspace():
                yield text


def _csv_rows(path: Path) -> Iterator[dict[str, str]]:
    with _opened(path) as file:
        reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
        try:
            header = _header(path, next(reader, []))
            for cells in reader:
                if len(cells) != len(header):
                    if not cells:
                        continue
                    what = f"expected {len(header)} cells as in the header, got {len(cells)}"
                    raise DataFileError(f"{path}, line {reader.line_num}: {what}")
                yield dict(zip(header, cells, strict=True))
        except UnicodeDecodeError as error:
            what = f"expected UTF-8, got byte 0x{error.object[error.start]:02x}; convert the file"
            raise DataFileError(f"{path}, after line {reader.line_num}: {what}") from error
        except csv.Error as error:
            raise DataFileError(f"{path}, line {reader.line_num}: not CSV: {error}") from error


_NUMBER: Final = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")


def _header(path: Path, names: list[str]) -> list[str]:
    expected = f"{path}, line 1: expected a header with the names of the columns, got"
    if not any(names):
        raise DataFileError(f"{expected} nothing")
    if all(_NUMBER.fullmatch(name) for name in names):
        raise DataFileError(f"{expected} only numbers; write a first line with the names")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DataFileError(f"{expected} '{repeated[0]}' twice; names must differ")
    return names
