"""A Rivergauge service to be measured: one worker, or a supervisor of several, from its start to its end."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from typing import Final

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from benchmarks.places import Place
from benchmarks.processes import BenchmarkError, Child
from benchmarks.workload import gauge_file
from streams.here.ports import free_ports

DELIVERIES: Final = ("at-least-once", "exactly-once")
STARTS_WITHIN_S: Final = 60.0
KEY: Final = {"RIVERGAUGE_SNAPSHOT_KEY": token_hex(32)}
"""One for all of a run, so that a state can be saved before the worker that begins with it has a directory."""


class Service:
    """A running service; several workers listen on ports that follow each other."""

    def __init__(
        self, child: Child, ports: range, predictions: str, log: Path, *, gauge: Path, environ: Mapping[str, str]
    ) -> None:
        self.predictions = predictions
        self.log = log
        self.gauge = gauge
        self.environ = environ
        self.check = child.check
        self._child = child
        self._ports = ports

    @property
    def url(self) -> str:
        """Where the first worker listens."""
        return f"http://127.0.0.1:{self._ports[0]}"

    def processor_s(self) -> float:
        """Seconds of processor time that it has used so far, all of its processes together."""
        return self._child.processor_s()

    def metrics(self) -> dict[str, float]:
        """Its ``/metrics`` by sample name, added up over labels and workers."""
        found: defaultdict[str, float] = defaultdict(float)
        for port in self._ports:
            for sample in _samples(port):
                found[sample.name] += sample.value
        return found

    def wait_until_listening(self) -> None:
        """Wait for the first answer of every worker."""
        for port in self._ports:
            self._wait(lambda port=port: bool(_samples(port)), "no answer")

    def wait_until_shared(self, partitions: int) -> None:
        """Wait until every worker has its equal share of the input's partitions, and is ready."""
        share = partitions // len(self._ports)
        for port in self._ports:
            self._wait(lambda port=port: _ready_with(share, _samples(port)), f"a worker has not {share} partitions")

    def _wait(self, reached: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while True:
            self.check()
            try:
                if reached():
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{otherwise} within {STARTS_WITHIN_S:g} s:\n{self._child.last_words()}")
            time.sleep(0.05)


def _samples(port: int) -> list[Sample]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return [sample for family in families for sample in family.samples]


def _ready_with(share: int, samples: list[Sample]) -> bool:
    names = Counter(sample.name for sample in samples if sample.name != "rivergauge_ready" or sample.value == 1)
    return names["rivergauge_position"] == share and names["rivergauge_ready"] == 1


@contextmanager
def worker(
    place: Place,
    topic: str,
    model_name: str,
    scratch: Path,
    *,
    delivery: str,
    workers: int = 1,
    snapshot_every_s: float | None = None,
    start: Callable[[Path], Path] | None = None,
) -> Iterator[Service]:
    """``rivergauge run`` on ``topic``, listening; it is stopped afterwards.

    Parameters
    ----------
    workers
        Several run under a supervisor.
    snapshot_every_s
        The default cadence if ``None``.
    start
        Makes, of the gauge file, the saved state to begin with.
    """
    predictions = place.new_topic("rivergauge", partitions=len(place.ends(topic)))
    own = Path(mkdtemp(prefix="worker-", dir=scratch))
    path = gauge_file(
        own, model=model_name, input_topic=topic, predictions=predictions, snapshot_every_s=snapshot_every_s
    )
    ports = free_ports(workers)
    environ = KEY | {
        "RIVERGAUGE_BOOTSTRAP_SERVERS": place.servers,
        "RIVERGAUGE_SERVER_PORT": str(ports[0]),
        "RIVERGAUGE_DELIVERY": delivery,
        "RIVERGAUGE_SNAPSHOTS_DIRECTORY": str(own / "snapshots"),
    }
    arguments = ["-m", "streams.cli", "run", str(path)]
    arguments += [] if workers == 1 else ["--workers", str(workers)]
    arguments += [] if start is None else ["--from", str(start(path))]
    log = own / "worker.log"
    with Child(arguments, log=log, environ=environ) as child:
        service = Service(child, ports, predictions, log, gauge=path, environ=environ)
        service.wait_until_listening()
        yield service
