"""A real Apache Kafka of one node, without Docker: Java, and Kafka's own artefacts from Maven.

For tests, benchmarks, development and a look at a gauge on the real thing; it is no way to run Kafka in production. It
listens on loopback only, keeps everything in one directory, and ends with the process that started it, however that
process ends.
"""

from __future__ import annotations

import base64
import fcntl
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.broker.artefacts import ELSEWHERE, KAFKA_VERSION, jars, last_lines, program
from streams.broker.failures import BrokerError, KafkaAddressError, KafkaFailedError, KafkaUnavailableError
from streams.here.ports import free_port

__all__ = [
    "KAFKA_VERSION",
    "BrokerError",
    "KafkaAddressError",
    "KafkaBroker",
    "KafkaFailedError",
    "KafkaUnavailableError",
    "jars",
]

# Few internal partitions and no delay of the first rebalance make the start quick; one node forces the ones. Its
# metadata need no record that says nothing, twice a second, for the sake of followers that it does not have.
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
metadata.max.idle.interval.ms=0
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
    tell
        Told each stage of a start in a few words: fetching, formatting, starting, listening.

    >>> with KafkaBroker(Path("/tmp/kafka")) as broker:  # doctest: +SKIP
    ...     print(broker.bootstrap_servers)
    127.0.0.1:40123
    """

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        heap_mb: int = 1024,
        tell: Callable[[str], None] = lambda stage: None,
    ) -> None:
        self.directory = directory.absolute()
        self._port = free_port() if port is None else port
        self._heap_mb = heap_mb
        self._tell = tell
        self._log_begin = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Address for clients, ``host:port``."""
        return f"127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        """What the broker has written to its standard output and error."""
        return self.directory / "kafka.log"

    def start(self, timeout_s: float = 60.0) -> None:
        """Fetch the jars if need be, format the directory if it is new, start, and wait until clients can connect.

        Raises
        ------
        KafkaUnavailableError
            If Java is missing or older than 17, or the jars cannot be had.
        KafkaAddressError
            If the port is taken or the directory cannot be used; nothing was started.
        KafkaFailedError
            If the broker ends, or does not listen within ``timeout_s`` seconds.
        RuntimeError
            If it is started already.
        """
        if self._process is not None:
            raise RuntimeError(f"the broker on {self.bootstrap_servers} is started already: stop it first")
        if self._is_listening():
            raise KafkaAddressError(
                f"{self.bootstrap_servers} must be free, got another server on it: choose another port"
            )
        java = program("java", "Java 17 or newer (Debian, Ubuntu: apt-get install default-jre-headless)")
        classpath = f"{jars(tell=self._tell)}/*"
        with self._locked() as lock:
            self._start(java, classpath, lock)
        try:
            self._wait_until_listening(timeout_s)
        except BaseException:
            self.stop()
            raise
        self._tell(f"listening on {self.bootstrap_servers}")

    def wait(self) -> None:
        """Wait until the started broker ends by itself, which it never should.

        Raises
        ------
        KafkaFailedError
            When it has ended; the message says with what status, and carries the end of its log.
        """
        if self._process is None:
            raise RuntimeError(f"the broker on {self.bootstrap_servers} is not started: start it first")
        self._process.wait()
        raise self._ended()

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

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the directory; a process that is handed the descriptor holds it on, until it ends.

        Kafka's own lock comes too late: of two nodes on one directory the second breaks the first's metadata.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            file = (self.directory / "lock").open("ab")
        except OSError as error:
            raise KafkaAddressError(f"cannot write into {self.directory}: {error}; choose another directory") from error
        # Above 9, for the shell of _UNTIL_ABANDONED has its own use for those below.
        with file:
            descriptor = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 10)
        try:
            self._lock(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise KafkaAddressError(
                f"{self.directory} must be free, got another broker on it: stop that one or choose another directory"
            ) from error

    def _start(self, java: str, classpath: str, lock: int) -> None:
        properties = self._write_properties()
        if not (self.directory / "data" / "meta.properties").exists():
            self._tell(f"formatting {self.directory}")
            self._format(java, classpath, properties)
        heap = [f"-Xms{self._heap_mb}m", f"-Xmx{self._heap_mb}m"]
        command = [java, *heap, "-cp", classpath, "kafka.Kafka", str(properties)]
        self._tell(f"starting Kafka {KAFKA_VERSION}, log {self.log}")
        with self.log.open("ab") as log:
            self._log_begin = log.tell()
            # A session of its own, so that Ctrl-C ends the program first and the broker in order after it.
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _UNTIL_ABANDONED, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(lock,),
            )

    def _write_properties(self) -> Path:
        data = self.directory / "data"
        if "," in str(data):
            raise KafkaAddressError(f"Kafka takes a comma for the end of a path, got {data}: choose another directory")
        properties = self.directory / "server.properties"
        text = _PROPERTIES.format(port=self._port, controller_port=free_port(), logs=_java_escaped(str(data)))
        properties.write_text(text, encoding="ascii")
        return properties

    def _format(self, java: str, classpath: str, properties: Path) -> None:
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One word with "=": one id in 64 begins with a hyphen and would be read as an option.
        wanted = ["format", f"--cluster-id={cluster_id}", "-c", str(properties)]
        tool = [java, "-cp", classpath, "kafka.tools.StorageTool", *wanted]
        done = subprocess.run(tool, capture_output=True, text=True, check=False)
        if "UnsupportedClassVersionError" in done.stderr:
            raise KafkaUnavailableError(
                f"Kafka {KAFKA_VERSION} needs Java 17 or newer, got an older one: {java}; {ELSEWHERE}"
            )
        if done.returncode != 0:
            raise KafkaFailedError(f"{self.directory} could not be formatted: {last_lines(done.stdout + done.stderr)}")

    def _wait_until_listening(self, timeout_s: float) -> None:
        assert self._process is not None
        deadline = time.monotonic() + timeout_s
        while True:
            # The listener opens when the node has joined its own quorum, so a connection means that it serves.
            if self._is_listening():
                return
            if self._process.poll() is not None:
                raise self._ended()
            if time.monotonic() > deadline:
                raise KafkaFailedError(f"Kafka did not listen within {timeout_s:g} s: {self._end_of_log()}")
            time.sleep(0.05)

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def _ended(self) -> KafkaFailedError:
        assert self._process is not None
        return KafkaFailedError(f"Kafka ended by itself, status {self._process.returncode}: {self._end_of_log()}")

    def _end_of_log(self) -> str:
        """What it said last, of this start: the file is appended to."""
        with self.log.open("rb") as log:
            log.seek(self._log_begin)
            said = last_lines(log.read().decode(errors="replace"))
        return f"{said or 'it said nothing'} (all of it: {self.log})"


def _java_escaped(text: str) -> str:
    """Text as a value in Java's properties, which are Latin-1 and give the backslash a meaning."""
    utf16 = text.encode("utf-16-be")
    units = (int.from_bytes(utf16[at : at + 2], "big") for at in range(0, len(utf16), 2))
    return "".join(chr(unit) if 32 < unit < 127 and unit != ord("\\") else f"\\u{unit:04x}" for unit in units)
