"""Every record's JSON Schemas, by name: ``alert.v1`` is that of its value, ``alert.v1.headers`` that of its headers."""

from __future__ import annotations

from schemas.documents.commands import command_headers, command_schema
from schemas.documents.headers import header_schema
from schemas.documents.inputs import event_schema, label_schema
from schemas.documents.typed import Schema
from schemas.documents.values import DIALECT, value_schema
from schemas.gauge import Gauge
from schemas.record_table import KINDS


def record_schemas(gauge: Gauge | None = None) -> dict[str, Schema]:
    """Those of the table; where a ``gauge`` is given, as its own are, and with what it reads: ``event``, ``label``,
    ``command``.

    A record whose value is not JSON of ours, a dead letter, has headers only.
    """
    found: dict[str, Schema | None] = {}
    if gauge is not None:
        found = {"event": event_schema(gauge), "label": label_schema(gauge), "command": command_schema(gauge)}
        found["command.headers"] = None if found["command"] is None else command_headers()
    for kind in KINDS:
        name = kind.ce_type.removeprefix("io.rivergauge.")
        found[name] = value_schema(kind, gauge)
        found[f"{name}.headers"] = header_schema(kind, gauge)
    return {name: {"$schema": DIALECT, **schema} for name, schema in found.items() if schema is not None}
