"""``rivergauge check`` and who may ask the server: what ends a start is a problem, what shuts clients out a doubt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.here.exit_codes import ExitCode
from tests.streams.cli.showing import as_json, gauge_file, rivergauge
from tests.streams.http.guards.test_access import written

GOOD = written("shop", "score", "x" * 32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return gauge_file(tmp_path, "nowhere:9")


@pytest.mark.parametrize("in_a_file", [False, True])
def test_a_malformed_token_is_a_problem_and_is_not_shown(
    file: Path, in_a_file: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    where = "RIVERGAUGE_TOKENS"
    if in_a_file:
        where = f"{tmp_path / 'tokens'}, line 2"
        (tmp_path / "tokens").write_text(f"{GOOD}\nshop:all:secret\n")
        monkeypatch.setenv("RIVERGAUGE_TOKENS_FILE", str(tmp_path / "tokens"))
    else:
        monkeypatch.setenv("RIVERGAUGE_TOKENS", f"{GOOD} shop:all:secret")

    done = rivergauge("check", file, "--json")

    assert done.exit_code == ExitCode.USAGE
    [problem] = json.loads(done.stdout)["problems"]
    assert problem["where"] == "environment"
    assert problem["what"].startswith(f"{where}: a token must be written as")
    assert "secret" not in done.output


@pytest.mark.parametrize(
    ("host", "environ", "doubts"),
    [
        ("0.0.0.0", {}, ["server.host"]),
        ("0.0.0.0", {"RIVERGAUGE_TOKENS": GOOD}, []),
        ("0.0.0.0", {"RIVERGAUGE_OPEN": "score"}, []),
        ("::1", {}, []),
        ("127.0.0.1", {}, []),
    ],
)
def test_a_server_that_others_can_reach_wants_tokens(
    file: Path, host: str, environ: dict[str, str], doubts: list[str], monkeypatch: pytest.MonkeyPatch
):
    for variable, value in {**environ, "RIVERGAUGE_SERVER_HOST": host}.items():
        monkeypatch.setenv(variable, value)

    checked = as_json("check", file)

    assert checked["ok"]
    assert [warning["where"] for warning in checked["warnings"]] == doubts
    assert all("RIVERGAUGE_TOKENS" in warning["what"] for warning in checked["warnings"])
