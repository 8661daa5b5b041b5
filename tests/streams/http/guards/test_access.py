"""Who is answered: on loopback everybody of this machine, elsewhere who has a token, and probes always."""

from __future__ import annotations

import hashlib

import pytest

from models.learner import Learner
from streams.here.failures import SettingsError
from streams.http.guards.tokens import Scope, Tokens
from tests import builders
from tests.streams.http.serving import served

GAUGE = builders.gauge()
EVENT = builders.record(1, a=1.0)


def written(name: str, scopes: str, token: str) -> str:
    return f"{name}:{scopes}:{hashlib.sha256(token.encode()).hexdigest()}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


async def test_beyond_loopback_nothing_but_probes_is_answered_without_tokens():
    async with served(GAUGE, {0: Learner(GAUGE)}, host="0.0.0.0") as ask:
        assert [(await ask("GET", path))[0] for path in ("/livez", "/readyz", "/metrics")] == [200, 200, 200]
        status, said = await ask.post("/v1/score", EVENT)

    assert status == 403
    assert "RIVERGAUGE_TOKENS" in said["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_where_there_are_tokens_one_is_wanted_and_allows_what_it_says(host):
    environ = {"RIVERGAUGE_TOKENS": f"{written('app', 'score', 'open')} {written('page', 'read', 'look')}"}
    async with served(GAUGE, {0: Learner(GAUGE)}, host=host, environ=environ) as ask:
        asked = [
            (await ask("POST", "/v1/score", data=EVENT, headers=headers))[0]
            for headers in ({"Content-Type": "application/json"}, bearer("shut"), bearer("look"), bearer("open"))
        ]
        assert asked == [401, 401, 403, 200]
        assert (await ask("GET", "/openapi.json", headers=bearer("look")))[0] == 200
        assert (await ask("GET", "/openapi.json"))[0] == 401


@pytest.mark.parametrize("tokens", ["", written("page", "read,score", "look")])
async def test_what_is_declared_open_needs_no_token_wherever_the_server_listens(tokens):
    environ = {"RIVERGAUGE_OPEN": "score", "RIVERGAUGE_TOKENS": tokens}
    async with served(GAUGE, {0: Learner(GAUGE)}, host="0.0.0.0", environ=environ) as ask:
        across = {"Origin": "https://evil.example", "Content-Type": "application/json"}

        assert (await ask.post("/v1/score", EVENT))[0] == 200
        assert (await ask("POST", "/v1/score", data=EVENT, headers=across))[0] == 403
        assert (await ask("GET", "/v1/status"))[0] == 401
        assert (await ask.post("/v1/events", EVENT))[0] == 401


@pytest.mark.parametrize("words", ["send", "score,control", "all", "score read send"])
def test_nothing_that_changes_anything_can_be_declared_open(words):
    with pytest.raises(SettingsError, match="RIVERGAUGE_OPEN must be read, score, or both"):
        Tokens.of({"RIVERGAUGE_OPEN": words})


async def test_a_web_page_of_elsewhere_cannot_ask_what_listens_on_loopback():
    async with served(GAUGE, {0: Learner(GAUGE)}) as ask:
        rebound = {"Host": "evil.example", "Content-Type": "application/json"}
        simple = {"Content-Type": "text/plain"}
        across = {"Origin": "https://evil.example", "Content-Type": "application/json"}
        own = {"Origin": f"http://127.0.0.1:{ask.health.port}", "Content-Type": "application/json"}

        assert (await ask("POST", "/v1/score", data=EVENT, headers=rebound))[0] == 403
        assert (await ask("POST", "/v1/score", data=EVENT, headers=simple))[0] == 415
        assert (await ask("POST", "/v1/score", data=EVENT, headers=across))[0] == 403
        assert (await ask("POST", "/v1/score", data=EVENT, headers=own))[0] == 200


def test_tokens_are_read_from_a_file_too(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(f"# who\n{written('app', 'score,send', 'x')} # the shop\n\n")

    tokens = Tokens.of({"RIVERGAUGE_TOKENS_FILE": str(file)})

    assert tokens.holder("x").scopes == {Scope.SCORE, Scope.SEND}
    assert tokens.holder("y") is None


@pytest.mark.parametrize("entry", ["secret", "a:score", "a:all:" + "0" * 64, ":read:" + "0" * 64, "a:read:secret"])
def test_a_malformed_token_is_refused_and_not_shown(entry):
    with pytest.raises(SettingsError, match="RIVERGAUGE_TOKENS: a token must be written as") as refused:
        Tokens.of({"RIVERGAUGE_TOKENS": entry})

    assert "secret" not in str(refused.value)
