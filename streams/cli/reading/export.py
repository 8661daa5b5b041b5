"""``rivergauge export mlflow``: reads what was published and kept, has it registered, and tells what that came to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from schemas.plurals import count
from streams.cli.reading.look import Look, looking
from streams.cli.terminal.output import err, out, print_json
from streams.export.entry import aliases, entries
from streams.export.model_files import model_files
from streams.export.registry import Registry, Told
from streams.export.rest import Rest
from streams.here.exit_codes import ExitCode
from streams.snapshots import state
from streams.snapshots.failures import SnapshotStoreError
from streams.snapshots.identity import Identity

_KINDS: Final = ["version", "report"]


def mlflow(path: Path, uri: str, *, past: int, as_json: bool) -> int:
    """Register a gauge's versions on an MLflow server."""
    rest = Rest(uri, os.environ)

    async def export(look: Look) -> int:
        await look.follower.read_to_end()
        archived = await _archived(look)
        gauge, gauge_file = look.gauge, path.read_bytes()
        told = Registry(rest, gauge.name).export(
            entries(look.view, archived),
            aliases(look.view, look.partitions),
            lambda entry: model_files(entry, gauge, gauge_file),
        )
        _print(look, told, as_json=as_json)
        return ExitCode.OK

    return looking(path, export, kinds=_KINDS, past=past, as_json=as_json)


async def _archived(look: Look) -> dict[str, Identity]:
    """The states that are kept of promoted versions; none where the store cannot be read from here."""
    store = state.store(look.gauge, os.environ, look.settings)
    try:
        found = [one for partition in look.partitions for one in await store.archived(partition)]
    except SnapshotStoreError as error:
        err.print(f"which states are kept cannot be told: {error}", style="dim")
        return {}
    finally:
        await store.close()
    return {one.version: one for one in found}


def _print(look: Look, told: Told, *, as_json: bool) -> None:
    if told.versions and told.without_files:
        err.print(
            "files are left out: this MLflow server keeps artefacts where only its own client can write", style="dim"
        )
    if as_json:
        print_json({"model": look.gauge.name, **told._asdict()})
        return
    if not told.versions:
        out.print(f"nothing to export: no version was published {look.bound}")
        return
    out.print(
        f"{look.gauge.name}: {count(told.versions, 'version')}, {len(told.registered)} registered, "
        f"{len(told.updated)} updated"
    )
    for alias, name in sorted(told.aliases.items()):
        out.print(f"{alias}: {'nobody' if name is None else name}")
