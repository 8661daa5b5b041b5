"""Fixtures that every test may use, and what happens where a machine lacks what a test needs.

A test that needs more than Python asks for it by name, through a fixture below or ``require``. Where it is missing the
test is skipped and counted in the summary; where ``RIVERGAUGE_REQUIRE`` lists the name, as in CI, it fails instead.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import settings

from models.learner import Learner
from schemas.events import Input
from schemas.records import Effect
from streams.broker.kafka import KafkaBroker, KafkaUnavailableError

ROOT = Path(__file__).parents[1]

# The same examples in every run, and no time limit: a busy machine is no defect.
settings.register_profile("rivergauge", derandomize=True, deadline=None)
settings.load_profile("rivergauge")

NEEDS = {
    "data": "the developer data, RIVERGAUGE_DATA",
    "kafka": "a real Kafka: Java and Maven, or KAFKA_BOOTSTRAP_SERVERS",
    "promtool": "promtool, from Debian's package prometheus",
    "prometheus": "prometheus, amtool and prometheus-alertmanager, from Debian's packages",
    "compose": "docker-compose",
    "browser": "Chromium, from Debian's package chromium",
    "asyncapi": "node and the npm package @asyncapi/parser",
    "kubernetes": "kubectl, node and the npm package kubernetes-models",
    "clients": "clients of MLflow and KServe, from scripts/install-ci-tools.sh",
}


@pytest.fixture(autouse=True)
def _state_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test finds the snapshots of another, or of somebody's worker on this machine."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(autouse=True, scope="session")
def _every_state_is_checked() -> Iterator[None]:
    """Whoever folds, in a backtest, a shard or a test: after each input the learner looks for what cannot be.

    A look takes a third of the time of an input; in long folds every tenth state is looked at.
    """
    handle = Learner.handle

    @wraps(handle)
    def handle_and_check(self: Learner, event: Input, position: int) -> list[Effect]:
        effects = handle(self, event, position)
        if position < 1_000 or position % 10 == 0:
            self.check()
        return effects

    Learner.handle = handle_and_check  # type: ignore[method-assign]
    yield
    Learner.handle = handle  # type: ignore[method-assign]


class Require(Protocol):
    def __call__(self, name: str, present: object, reason: str) -> None:
        """Go on if ``present`` is true; else skip, or fail where RIVERGAUGE_REQUIRE lists ``name``, a key of NEEDS."""


def pytest_configure(config: pytest.Config) -> None:
    unknown = _obligatory() - NEEDS.keys()
    if unknown:
        raise pytest.UsageError(
            f"RIVERGAUGE_REQUIRE must list some of {', '.join(NEEDS)}, got {', '.join(sorted(unknown))}"
        )


@pytest.fixture(scope="session")
def require() -> Require:
    obligatory = _obligatory()

    def require(name: str, present: object, reason: str) -> None:
        assert name in NEEDS, f"expected one of {', '.join(NEEDS)}, got {name}"
        if present:
            return
        if name in obligatory:
            pytest.fail(f"RIVERGAUGE_REQUIRE lists {name}: {reason}", pytrace=False)
        pytest.skip(f"needs {name}: {reason}")

    return require


@pytest.fixture(scope="session")
def data_dir(require: Require) -> Path:
    """The developer data sets; they are not part of the project and may be absent."""
    directory = Path(os.environ.get("RIVERGAUGE_DATA") or ROOT.parent / "shared" / "data")
    require("data", directory.is_dir(), f"no directory {directory}; set RIVERGAUGE_DATA")
    return directory


@pytest.fixture(scope="session")
def clients(require: Require) -> Path:
    """The programs of an environment with other people's clients and servers; see requirements/clients.in."""
    directory = ROOT / ".cache" / "ci-tools" / "clients" / "bin"
    require("clients", (directory / "python").exists(), "scripts/install-clients.sh .cache/ci-tools/clients makes them")
    return directory


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory, require: Require) -> Iterator[str]:
    """Bootstrap servers of a real Kafka, one for the session: every test uses topic names and groups of its own."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    broker = KafkaBroker(tmp_path_factory.mktemp("kafka"))
    try:
        broker.start(timeout_s=180)  # a busy machine is no defect
    except KafkaUnavailableError as missing:
        require("kafka", False, str(missing))
    yield broker.bootstrap_servers
    broker.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests did not run, and for want of what, so that half a run does not look like a whole one."""
    reasons = (report.longrepr[2] for report in terminalreporter.stats.get("skipped", []))
    wanting = Counter(found[1] for reason in reasons if (found := re.match(r"Skipped: needs (\w+): ", reason)))
    if not wanting:
        return
    terminalreporter.section("not run on this machine", sep="-")
    for name, count in sorted(wanting.items()):
        terminalreporter.line(f"{count} test{'s' if count > 1 else ''} for want of {NEEDS.get(name, name)}")


def _obligatory() -> frozenset[str]:
    return frozenset(name.strip() for name in os.environ.get("RIVERGAUGE_REQUIRE", "").split(",")) - {""}
