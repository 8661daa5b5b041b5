"""What ``rivergauge schema`` prints."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from schemas.documents import asyncapi as topics
from schemas.documents.records import record_schemas
from streams.cli.gaugefile.loading import read
from streams.cli.terminal.output import out, print_json
from streams.cli.terminal.writing import written
from streams.here.exit_codes import ExitCode

VERSION: Final = version("rivergauge")


def asyncapi(path: Path, *, as_json: bool) -> int:
    """Print the gauge's topics as AsyncAPI."""
    return _print(topics.asyncapi(read(path), VERSION), as_json=as_json)


def openapi(path: Path, *, as_json: bool) -> int:
    """Print what a worker answers over HTTP as OpenAPI."""
    gauge = read(path)
    from streams.http.health import Health

    health = Health(gauge.server.host, gauge.server.port, waiting_for=list, metrics=bytes, gauge=gauge.name)
    return _print(health.app.openapi(), as_json=as_json)


def records(path: Path | None, *, directory: Path | None, as_json: bool) -> int:
    """Print the JSON Schemas of the records, or write each to a file of its own."""
    found = record_schemas(None if path is None else read(path))
    if directory is None:
        return _print(found, as_json=as_json)
    for name, schema in found.items():
        with written(directory / f"{name}.json") as file:
            assert file is not None
            file.write(f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n".encode())
    if as_json:
        print_json({"written": [*found]})
    else:
        out.print(f"{len(found)} schemas written to {directory}")
    return ExitCode.OK


def _print(document: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        print_json(document)
    else:
        out.print(json.dumps(document, indent=2, ensure_ascii=False))
    return ExitCode.OK
