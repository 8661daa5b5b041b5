"""`check --against`: what changes, what it costs, and a code for scripts; with an old file, and without one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import typer

from models.learner import Learner
from schemas.gauge import Gauge, parse
from streams.cli.gaugefile import check
from streams.cli.terminal.ending import end
from streams.here.exit_codes import ExitCode
from streams.snapshots.format import encode
from streams.snapshots.origin import Origin
from streams.snapshots.payload.pickler import dump
from streams.snapshots.stores.directory import DirectoryStore
from tests import builders

TEXT = 'name = "pumps"\ntask = "regression"\n[label]\nfield = "y"\n[features]\na = "number"\nb = "number"\n'
KEY = bytes(range(32))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return written(tmp_path / "old.toml", "")


def written(path: Path, more: str) -> Path:
    path.write_text(f'{TEXT}[snapshots]\ndirectory = "{path.parent}/kept"\n{more}')
    return path


def compared(path: Path, against: Path | None, *, as_json: bool = False) -> int:
    with pytest.raises(typer.Exit) as ended:
        end(lambda: check.run(path, against=against, against_state=against is None, as_json=as_json))
    return ended.value.exit_code


@pytest.mark.parametrize(
    ("more", "code", "line", "last"),
    [
        ("", 0, None, "nothing changed"),
        (
            "[server]\nport = 9000\n",
            0,
            "  none   server.port: 8642 -> 9000: takes effect at the next start",
            "changed, none: stop the workers and start them with the new file",
        ),
        (
            "[retraining]\nmargin = 0.05\n",
            10,
            "  accept retraining.margin: 0.02 -> 0.05: takes effect at the next start after rivergauge accept",
            "changed, accept: stop the workers in order (SIGTERM), give the order rivergauge accept GAUGE",
        ),
        (
            "[topics]\npartitions = 2\n",
            11,
            "  reset  topics.partitions: 1 -> 2: topics in use keep their count, since keys would move between "
            "learners, so a new input topic is needed; start over with rivergauge reset, or run another gauge "
            "beside this one",
            "changed, reset: the state does not fit the new file",
        ),
    ],
)
def test_each_change_has_a_line_and_all_of_them_a_code(more, code, line, last, old, tmp_path, capsys):
    new = written(tmp_path / "new.toml", more)

    assert compared(new, old) == code

    lines = capsys.readouterr().out.partition("  digest ")[2].splitlines()[1:]
    assert lines[:-1] == ([] if line is None else ["changes:", line])
    assert lines[-1].startswith(last)


def test_for_programs_there_is_an_object(old, tmp_path, capsys):
    new = written(tmp_path / "new.toml", "[retraining]\nmargin = 0.05\n")

    assert compared(new, old, as_json=True) == ExitCode.TO_ACCEPT

    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["cost"]) == (True, "accept")
    assert answer["changes"] == [
        {
            "where": "retraining.margin",
            "then": 0.02,
            "now": 0.05,
            "cost": "accept",
            "means": "takes effect at the next start after rivergauge accept",
        }
    ]


def test_the_old_file_need_only_be_readable(tmp_path, capsys):
    old = written(tmp_path / "old.toml", '[[candidates]]\nentry_point = "gone"\n')
    new = written(tmp_path / "new.toml", "")

    assert compared(new, old) == ExitCode.TO_RESET
    assert '  reset  candidates.gone: {"entry_point": "gone", "name": "gone"} -> nothing' in capsys.readouterr().out


def test_an_old_file_that_cannot_be_read_is_refused(tmp_path, capsys):
    assert compared(written(tmp_path / "new.toml", ""), tmp_path / "none.toml") == ExitCode.USAGE
    assert "none.toml" in capsys.readouterr().err


def test_a_file_and_the_state_are_not_compared_with_at_once(old, capsys):
    assert check.run(old, against=old, against_state=True, as_json=False) == ExitCode.USAGE
    assert "not both" in capsys.readouterr().err


def keep(gauge: Gauge, directory: Path, *, partition: int = 0, partitions: int = 1, key: bytes = KEY) -> None:
    learner = Learner(gauge)
    builders.fold(learner, builders.decoded(gauge, [b'{"a": 1, "b": 2, "y": 3}']))
    about = Origin.here(gauge).about(learner, partition=partition, partitions=partitions, epoch=0, last=None)
    store = DirectoryStore(directory, gauge=gauge.name, topic=gauge.topics.input)
    asyncio.run(store.put(about.identity, encode(about, dump(learner), key)))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIVERGAUGE_SNAPSHOT_KEY", KEY.hex())


def test_the_state_knows_the_file_that_made_it(old, tmp_path, capsys):
    keep(parse(old.read_text()), tmp_path / "kept")

    assert compared(old, None) == ExitCode.OK
    assert capsys.readouterr().out.endswith("nothing changed\n")
    new = written(tmp_path / "new.toml", "[retraining]\nmargin = 0.05\n[server]\nport = 1\n")
    assert compared(new, None) == ExitCode.TO_ACCEPT
    assert "  accept retraining.margin: 0.02 -> 0.05: " in capsys.readouterr().out


def test_every_partition_is_asked(old, tmp_path, capsys):
    keep(parse(old.read_text()), tmp_path / "kept", partitions=3)
    made_otherwise = parse(old.read_text() + "[evaluation]\nholdout = 0.2\n")
    keep(made_otherwise, tmp_path / "kept", partition=2, partitions=3)

    assert compared(old, None) == ExitCode.TO_RESET
    assert "  reset  evaluation.holdout: 0.2 -> 0.05: " in capsys.readouterr().out


def test_where_no_state_is_kept_the_way_on_is_shown_and_no_key_is_made(old, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("RIVERGAUGE_SNAPSHOT_KEY")

    assert compared(old, None) == ExitCode.USAGE
    assert "no state of gauge 'pumps' on topic pumps that can be read is kept" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [old]


def test_a_state_that_another_key_signed_is_not_believed(old, tmp_path, capsys):
    keep(parse(old.read_text()), tmp_path / "kept", key=bytes(32))

    assert compared(old, None) == ExitCode.USAGE
