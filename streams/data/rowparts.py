"""A data row taken apart: the event record it makes, and what a late label of it would need.

CSV cells become JSON by the type the gauge gives their column (`streams.data.cells`). An empty cell is an absent field,
as is one that the gauge calls missing. Columns that the gauge does not map are left out. ``"a.b"`` is written as key b
of object a, and read from a column ``a.b`` or else ``b``.

JSON lines keep their bytes where nothing must be added or taken out. They are not judged here: intake does that.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from models.door.label_records import LabelRecords, value_at
from models.door.record_shape import aside_paths, feature_paths
from schemas.gauge import Arrival, Gauge, Path, Steps, steps
from schemas.hints import nearest
from streams.data.cells import BY_TYPE, Convert, label_reader, number, text
from streams.data.unpacking import DataFileError


class Parts(NamedTuple):
    """A row taken apart. ``id`` to ``label_time`` are JSON values that matter for late labels; absent is ``None``.

    ``is_label`` marks a row that is a label record already: it has a label and no feature.
    """

    event: bytes
    key: bytes | None
    id: Any = None
    label: Any = None
    time: Any = None
    label_time: Any = None
    is_label: bool = False


class Places:
    """Where the parts of a record stand, for one gauge.

    A record's key is the value at ``record.key``. Where the gauge names none, late labels make the id the key: a label
    must reach its event's partition.
    """

    def __init__(self, gauge: Gauge) -> None:
        self.labels_come_later = gauge.label.arrival is Arrival.LATER
        key = gauge.record.key
        if key is None and self.labels_come_later:
            key = gauge.record.id
        self.id = _optional_steps(gauge.record.id)
        self.time = _optional_steps(gauge.record.time)
        self.key = _optional_steps(key)
        self.label = steps(gauge.label.field)
        self.label_time = _optional_steps(gauge.label.time)
        self.features = feature_paths(gauge)
        self.aside = aside_paths(gauge)


class Labels(Enum):
    """What becomes of labels: they are read, and their columns must be there; or they are left out."""

    READ = "read"
    LEFT_OUT = "left out"


class CellReader:
    """Takes CSV rows with this header apart.

    Where the gauge maps an id but the header has no such column, the row's number is the id. An optional feature may
    lack its column, if one feature has its own: `warnings` name it, with the nearest column that nothing else is.

    Raises
    ------
    DataFileError
        If the header lacks any other column that the gauge names; each is named with the nearest one there is.
    """

    def __init__(self, gauge: Gauge, header: list[str], labels: Labels = Labels.READ) -> None:
        at = self._at = Places(gauge)
        self._numbered = at.id is not None and _column(at.id, header) is None
        self._read_time = text if gauge.record.time_format == "iso8601" else number
        self._read_label = label_reader(gauge)

        absent = [name for name, path in at.features.items() if _column(path, header) is None]
        spared = {name for name in absent if gauge.features[name].optional and len(absent) < len(at.features)}
        wanted: list[tuple[str, Steps, Convert]] = [
            (f"features.{name}", at.features[name], BY_TYPE[feature.type])
            for name, feature in gauge.features.items()
            if name not in spared
        ]
        wanted += [
            (f"slices.{name}", path, text if gauge.slices[name].bins is None else number)
            for name, path in at.aside.items()
            if path not in {at.features[feature] for feature in spared}
        ]
        if at.id is not None and not self._numbered:
            wanted.append(("record.id", at.id, text))
        if at.time is not None:
            wanted.append(("record.time", at.time, self._read_time))
        if at.key is not None and at.key != at.id:
            wanted.append(("record.key", at.key, text))
        others: list[tuple[str, Steps]] = []
        if labels is Labels.READ:
            others = [("label.field", at.label)] + ([] if at.label_time is None else [("label.time", at.label_time)])
        named = [(where, path) for where, path, _ in wanted] + others
        _refuse_missing_columns(named, header)
        free = [column for column in header if column not in {_column(path, header) for _, path in named}]
        self.warnings = [
            f"the data have no column '{'.'.join(at.features[name])}' (features.{name}, optional): it is missing in "
            f"every record{nearest('.'.join(at.features[name]), free)}"
            for name in absent
            if name in spared
        ]

        # A column that is mapped twice (an id that is a feature too) is written once, as the feature: it comes first.
        fields: dict[Steps, tuple[str, Convert]] = {}
        for _, path, convert in wanted:
            fields.setdefault(path, (_column(path, header) or "", convert))
        self._flat = [(path[0], *field) for path, field in fields.items() if len(path) == 1]
        self._nested = [(path, *field) for path, field in fields.items() if len(path) > 1]
        self._reads_labels = labels is Labels.READ
        self._label_column = _column(at.label, header) or ""
        self._label_time_column = None if at.label_time is None else _column(at.label_time, header)
        self._missing = frozenset(("", *gauge.record.missing, *(marker.strip() for marker in gauge.record.missing)))

    def __call__(self, row: dict[str, str], number: int) -> Parts:
        """Take the row with this number apart."""
        at, missing = self._at, self._missing
        event: dict[str, Any] = {}
        if self._numbered and at.id is not None:
            put(event, at.id, str(number))
        for name, column, convert in self._flat:
            if (cell := row[column].strip()) not in missing:
                event[name] = convert(cell)
        for path, column, convert in self._nested:
            if (cell := row[column].strip()) not in missing:
                put(event, path, convert(cell))
        if not self._reads_labels:
            return Parts(to_json(event), key_of(event, at.key))
        cell = row[self._label_column].strip()
        y = None if cell in missing else self._read_label(cell)
        if not at.labels_come_later:
            if y is not None:
                put(event, at.label, y)
            return Parts(to_json(event), key_of(event, at.key))
        known = row[self._label_time_column].strip() if self._label_time_column is not None else ""
        label_time = None if known in missing else self._read_time(known)
        return Parts(to_json(event), key_of(event, at.key), get(event, at.id), y, get(event, at.time), label_time)


class LineReader:
    """Takes JSON lines apart.

    Where the gauge maps an id and the first object has none, objects without one get the row's number as their id. What
    is not a JSON object is passed on as it is.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._at = Places(gauge)
        self._labels = LabelRecords(gauge)
        self._numbered: bool | None = None

    def __call__(self, line: bytes, number: int) -> Parts:
        """Take the line with this number apart."""
        at = self._at
        if at.id is None and at.key is None and not at.labels_come_later:
            return Parts(line, None)
        try:
            event = from_json(line)
        except ValueError:
            return Parts(line, None)
        if not isinstance(event, dict):
            return Parts(line, None)
        changed = self._give_id(event, number)
        if not at.labels_come_later:
            return Parts(to_json(event) if changed else line, key_of(event, at.key))
        known, is_label = self._labels.known, self._labels.has(event)
        y, label_time = known(event, at.label), None if at.label_time is None else known(event, at.label_time)
        if not is_label:
            for path in (at.label, at.label_time):
                changed = pop(event, path) or changed
        value = to_json(event) if changed else line
        return Parts(value, key_of(event, at.key), get(event, at.id), y, get(event, at.time), label_time, is_label)

    def _give_id(self, event: dict[str, Any], number: int) -> bool:
        path = self._at.id
        if path is None:
            return False
        has_id = get(event, path) is not None
        if self._numbered is None:
            self._numbered = not has_id
        if has_id or not self._numbered:
            return False
        put(event, path, str(number))
        return True


def _column(path: Steps, header: list[str]) -> str | None:
    return next((name for name in (".".join(path), path[-1]) if name in header), None)


def _refuse_missing_columns(wanted: list[tuple[str, Steps]], header: list[str]) -> None:
    missing = [
        f"'{'.'.join(path)}' ({where}){nearest('.'.join(path), header)}"
        for where, path in wanted
        if _column(path, header) is None
    ]
    if missing:
        what, columns = "; ".join(missing), ", ".join(filter(None, header))
        if len(header) == 1 or any(separator in columns for separator in ";\t|"):
            columns += "; if something else separates the cells, name it with --delimiter"
        if columns.startswith("#"):
            columns += "; a comment before the header must go"
        raise DataFileError(f"the gauge names columns that the data lack: {what} (columns: {columns})")


def _optional_steps(path: Path | None) -> Steps | None:
    return None if path is None else steps(path)


def get(value: Any, path: Steps | None) -> Any:
    """The value at ``path``, or ``None``."""
    return None if path is None else value_at(value, path)


def put(target: dict[str, Any], path: Steps, value: Any) -> None:
    """Write a value at ``path``; objects on the way are made."""
    for step in path[:-1]:
        inner = target.get(step)
        if not isinstance(inner, dict):
            inner = target[step] = {}
        target = inner
    target[path[-1]] = value


def pop(target: dict[str, Any], path: Steps | None) -> bool:
    """Take the value at ``path`` out; whether there was one."""
    holder = get(target, path[:-1]) if path else None
    if not path or not isinstance(holder, dict) or path[-1] not in holder:
        return False
    del holder[path[-1]]
    return True


def key_of(event: Any, path: Steps | None) -> bytes | None:
    """A record's key: what stands at ``path``, as text or as JSON."""
    value = get(event, path)
    return None if value is None else value.encode() if isinstance(value, str) else to_json(value)
