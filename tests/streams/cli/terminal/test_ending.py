"""How commands end: an error's exit code stands at the error, and every command gives that one."""

from __future__ import annotations

import importlib
import json
import pkgutil

import pytest
import typer

import streams
from streams.cli.terminal.ending import end
from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError
from tests.streams.cli.terminal.test_output import DATA, GAUGE, rivergauge


def errors() -> dict[str, type[CommandError]]:
    """Every kind of error that ends a command, by its name."""
    for module in pkgutil.walk_packages(streams.__path__, "streams."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, open_ = {}, [CommandError]
    while open_:
        kind = open_.pop()
        open_ += kind.__subclasses__()
        if kind.__module__.startswith("streams."):
            found[kind.__name__] = kind
    return found


CODES = {
    "DataFileError": ExitCode.USAGE,
    "SettingsError": ExitCode.USAGE,
    "KafkaAddressError": ExitCode.USAGE,
    "BrokerUnreachableError": ExitCode.BROKER_UNREACHABLE,
    "NotAllowedError": ExitCode.BROKER_REFUSED,
    "TopicsError": ExitCode.TOPICS,
    "BatchRefusedError": ExitCode.LOG,
    "SnapshotKeyError": ExitCode.STATE,
    "StalledError": ExitCode.STALLED,
    "KafkaUnavailableError": ExitCode.UNAVAILABLE,
    "KafkaFailedError": ExitCode.UNAVAILABLE,
    "DemoError": ExitCode.DEFECT,
    "InProcessBrokerError": ExitCode.DEFECT,
    "DefectError": ExitCode.DEFECT,
}


@pytest.mark.parametrize("name", CODES)
def test_an_error_that_ends_a_command_is_a_sentence_with_its_exit_code(name: str, capsys: pytest.CaptureFixture[str]):
    kind = errors()[name]

    def fail() -> int:
        raise kind("it is so")

    with pytest.raises(typer.Exit) as ended:
        end(fail, as_json=True)

    told = capsys.readouterr()
    assert ended.value.exit_code == CODES[name]
    assert json.loads(told.out) == {
        "ok": False,
        "problems": [{"where": "", "what": "it is so"}],
        "exit_code": CODES[name],
    }
    assert told.err == "error: it is so\n"


def test_an_error_of_another_kind_is_a_defect_and_keeps_its_traceback():
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        end(fail)


def test_a_key_that_cannot_be_used_has_the_code_that_it_has_for_a_worker(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RIVERGAUGE_SNAPSHOT_KEY", "short")

    done = rivergauge("backtest", GAUGE, DATA, "--events", "3", "--save", tmp_path / "state")

    assert done.exit_code == ExitCode.STATE
    assert "RIVERGAUGE_SNAPSHOT_KEY" in done.stderr
