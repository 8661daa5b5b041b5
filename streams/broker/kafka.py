"""A real Apache Kafka of one node, without Docker: Java, and Kafka's own artefacts from Maven.

For tests, benchmarks and a look at a gauge on the real thing; it is no way to run Kafka in production. It listens on
loopback only, keeps everything in one directory, and ends with the process that started it, however that process ends.

Exceptions::

    KafkaError
    ├── KafkaUnavailableError  this machine cannot run it: no Java, or no artefacts and no way to get them
    └── KafkaFailedError       it was started and did not come up, or ended by itself
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

KAFKA_VERSION = "4.4.0"

ARTEFACTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),
)
"""Group, artefact, version. Kafka leaves the choice of a log to its user, hence the second."""

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rivergauge</groupId><artifactId>kafka</artifactId><version>0</version>
  <dependencies>{dependencies}</dependencies>
</project>
"""

_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"

# Few internal partitions and no delay of the first rebalance make the start quick; one node forces the ones.
_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""

# Java does not notice that its parent has died. This shell does: its input is a pipe that only the parent holds open.
_UNTIL_ABANDONED = """
exec 3<&0
"$@" </dev/null 3<&- & child=$!
(cat <&3 >/dev/null; kill "$child" 2>/dev/null) & watcher=$!
exec 3<&-
wait "$child"; status=$?
kill "$watcher" 2>/dev/null
exit "$status"
"""


class KafkaError(Exception):
    """A broker that cannot be had; see the two kinds below."""


class KafkaUnavailableError(KafkaError):
    """This machine lacks something; the message says what to install."""


class KafkaFailedError(KafkaError):
    """The broker did not start or ended by itself; the message carries the end of its log."""


def jars(cache: Path | None = None) -> Path:
    """The directory with Kafka's jars; the first call fetches them with Maven (45 files, 43 MB, about 20 s).

    Parameters
    ----------
    cache
        Where such directories are kept; ``$XDG_CACHE_HOME/rivergauge``, by default ``~/.cache/rivergauge``.

    Raises
    ------
    KafkaUnavailableError
        If they are not there and Maven is missing or fails.
    """
    cache = _default_cache() if cache is None else cache
    directory = cache / f"kafka-{KAFKA_VERSION}"
    if directory.is_dir():
        return directory
    maven = _program("mvn", "Maven (Debian, Ubuntu: apt-get install maven)")
    cache.mkdir(parents=True, exist_ok=True)
    # Complete or absent: fetched beside its place, then renamed.
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as scratch:
        pom = Path(scratch, "pom.xml")
        pom.write_text(_POM.format(dependencies="".join(_DEPENDENCY.format(*artefact) for artefact in ARTEFACTS)))
        libs = Path(scratch, "libs")
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={libs}"]
        # -C: a file that does not match its checksum is an error, not a warning.
        fetch = subprocess.run(
            [maven, "-q", "-B", "-C", "-f", str(pom), *goal], capture_output=True, text=True, check=False
        )
        if fetch.returncode != 0:
            raise KafkaUnavailableError(
                f"Maven could not fetch Kafka {KAFKA_VERSION}: {_last_lines(fetch.stdout + fetch.stderr)}"
            )
        try:
            libs.rename(directory)
        except OSError:
            if not directory.is_dir():  # otherwise another process has fetched the same jars meanwhile
                raise
    return directory


class KafkaBroker:
    """One Kafka node on loopback, started by :meth:`start` or ``with``, with its data in ``directory``.

    A second broker on the same directory and port continues with the data of the first.

    Parameters
    ----------
    directory
        Holds the log directories, ``server.properties`` and ``kafka.log``; made if absent.
    port
        Where clients connect; by default a free one.
    heap_mb
        Java's largest heap, in MB.

    >>> with KafkaBroker(Path("/tmp/kafka")) as broker:  # doctest: +SKIP
    ...     print(broker.bootstrap_servers)
    127.0.0.1:40123
    """

    def __init__(self, directory: Path, port: int | None = None, *, heap_mb: int = 1024) -> None:
        self._directory = directory.absolute()
        self._port = _free_port() if port is None else port
        self._heap_mb = heap_mb
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Address for clients, ``host:port``."""
        return f"127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        """What the broker has written to its standard output and error."""
        return self._directory / "kafka.log"

    def start(self, timeout_s: float = 60.0) -> None:
        """Fetch the jars if need be, format the directory if it is new, start, and wait until clients can connect.

        Raises
        ------
        KafkaUnavailableError
            If Java is missing or older than 17, or the jars cannot be had.
        KafkaFailedError
            If the broker ends, or does not listen within ``timeout_s`` seconds.
        RuntimeError
            If it is started already.
        """
        if self._process is not None:
            raise RuntimeError(f"the broker on {self.bootstrap_servers} is started already: stop it first")
        if self._is_listening():
            raise KafkaFailedError(
                f"{self.bootstrap_servers} must be free, got another server on it: choose another port"
            )
        java = _program("java", "Java 17 or newer (Debian, Ubuntu: apt-get install default-jre-headless)")
        classpath = f"{jars()}/*"
        properties = self._write_properties()
        if not (self._directory / "data" / "meta.properties").exists():
            self._format(java, classpath, properties)
        command = [java, f"-Xmx{self._heap_mb}m", "-cp", classpath, "kafka.Kafka", str(properties)]
        with self.log.open("ab") as log:
            # A session of its own, so that Ctrl-C ends the program first and the broker in order after it.
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _UNTIL_ABANDONED, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_listening(timeout_s)
        except BaseException:
            self.stop()
            raise

    def stop(self, timeout_s: float = 30.0) -> None:
        """Shut down in order; after ``timeout_s`` seconds by force. Stopping twice is allowed."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()  # see _UNTIL_ABANDONED
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)  # the session's own group: the shell and the Java it started
            process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _write_properties(self) -> Path:
        self._directory.mkdir(parents=True, exist_ok=True)
        properties = self._directory / "server.properties"
        text = _PROPERTIES.format(port=self._port, controller_port=_free_port(), logs=self._directory / "data")
        properties.write_text(text)
        return properties

    def _format(self, java: str, classpath: str, properties: Path) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One word with "=": one id in 64 begins with a hyphen and would be read as an option.
        wanted = ["format", f"--cluster-id={cluster_id}", "-c", str(properties)]
        tool = [java, "-cp", classpath, "kafka.tools.StorageTool", *wanted]
        done = subprocess.run(tool, capture_output=True, text=True, check=False)
        if "UnsupportedClassVersionError" in done.stderr:
            raise KafkaUnavailableError(f"Kafka {KAFKA_VERSION} needs Java 17 or newer, got an older one: {java}")
        if done.returncode != 0:
            raise KafkaFailedError(
                f"{self._directory} could not be formatted: {_last_lines(done.stdout + done.stderr)}"
            )

    def _wait_until_listening(self, timeout_s: float) -> None:
        assert self._process is not None
        deadline = time.monotonic() + timeout_s
        while True:
            # The listener opens when the node has joined its own quorum, so a connection means that it serves.
            if self._is_listening():
                return
            if self._process.poll() is not None:
                raise KafkaFailedError(f"Kafka ended with status {self._process.returncode}: {self._end_of_log()}")
            if time.monotonic() > deadline:
                raise KafkaFailedError(f"Kafka did not listen within {timeout_s:g} s: {self._end_of_log()}")
            time.sleep(0.05)

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _end_of_log(self) -> str:
        return f"{_last_lines(self.log.read_text(errors='replace'))} (all of it: {self.log})"


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rivergauge"


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise KafkaUnavailableError(f"a real Kafka needs {name}, got none on PATH: install {package}")
    return path


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _last_lines(text: str, count: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-count:])
