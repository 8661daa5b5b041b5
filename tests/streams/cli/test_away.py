"""A broker that is away, or answers with an error: one sentence of every command that asks it, and no class's name.

Every command is listed, so that a new one has to be.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.broker.inprocess import InProcessBroker
from streams.here.exit_codes import ExitCode
from streams.here.ports import free_port
from tests.streams.cli.showing import commands, gauge_file, rivergauge

ASKING: dict[str, tuple[str, ...]] = {
    "status": (),
    "versions list": (),
    "versions show": ("0-1",),
    "versions diff": ("0-1", "0-2"),
    "alerts list": (),
    "alerts show": ("0-1",),
    "alerts tail": (),
    "reports list": (),
    "reports show": ("0",),
    "dlq list": (),
    "dlq show": ("0", "0"),
    "dlq redrive": (),
    "topics plan": (),
    "topics apply": ("--yes",),
    "command pause": (),
    "reset": ("--yes",),
    "skip": ("0", "0"),
    "accept": (),
    "send": ("data.csv",),
    "export mlflow": ("--tracking-uri", "http://127.0.0.1:1"),
    "init": ("--topic", "pumps", "--label", "y"),
}
OTHERS = {"backtest", "broker", "check", "demo", "notify", "page", "recipes", "run", "score", "serve"}
OTHERS |= {"schema asyncapi", "schema openapi", "schema records"}
OTHERS |= {f"command {word}" for word in ("promote", "roll-back", "retrain", "resume", "approve", "decline")}

A_CLASS = re.compile(r"[a-z](Error|Exception)\b|\[Error|\[Errno|<[A-Z]|\('")


def asked(name: str, servers: str, directory: Path) -> tuple[int, str]:
    path = gauge_file(directory, servers, '[operators]\nallow = ["pause"]\n')
    (directory / "data.csv").write_text("id,at,a,y\n1,2026-01-01,2,bad\n")
    arguments = [str(directory / word) if word == "data.csv" else word for word in ASKING[name]]
    where = ["--bootstrap-servers", servers, "--out", str(directory / "x.toml")] if name == "init" else [str(path)]
    done = rivergauge(*name.split(), *where, *arguments)
    return done.exit_code, done.stderr


def test_every_command_is_known():
    assert {*ASKING} | OTHERS == {*commands()}


@pytest.mark.parametrize("name", ASKING)
def test_a_port_at_which_nobody_listens_is_named_in_one_sentence(name, tmp_path, caplog):
    servers = f"127.0.0.1:{free_port()}"

    code, told = asked(name, servers, tmp_path)

    assert code == ExitCode.BROKER_UNREACHABLE, told
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert f"nobody answers at {servers}" in told
    assert not A_CLASS.search(told)
    assert caplog.records == [], "the client's own lines go to the terminal"


@pytest.fixture(scope="module")
def empty():
    with InProcessBroker() as broker:
        yield broker.bootstrap_servers


@pytest.mark.broker
@pytest.mark.parametrize("name", ASKING)
def test_a_broker_without_the_topics_is_told_of_in_one_sentence(name, empty, tmp_path):
    code, told = asked(name, empty, tmp_path)

    problems = [line for line in told.splitlines() if line.startswith("error: ")]
    assert (code == ExitCode.OK) is (not problems), told
    assert len(problems) <= 1
    assert not A_CLASS.search(told)
