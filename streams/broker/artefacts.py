"""Kafka's jars: fetched once with Maven, never run unless each is, byte for byte, what this project was tested with.

Maven verifies what it fetches against the repository's checksums; the list beside this file verifies the repository,
the disc, and whoever else may write to the cache. It is compared at every start: Java loads whatever lies there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streams.broker.failures import KafkaUnavailableError

KAFKA_VERSION = "4.4.0"

ARTEFACTS = (
    ("org.apache.kafka", "kafka_2.13", KAFKA_VERSION),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.24.3"),
)
"""Group, artefact, version. Kafka leaves the choice of a log to its user, hence the second."""

ELSEWHERE = "or, with Docker, start the broker of docker-compose.yml instead: docker compose up kafka"

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rivergauge</groupId><artifactId>kafka</artifactId><version>0</version>
  <dependencies>{dependencies}</dependencies>
</project>
"""

_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


def jars(
    cache: Path | None = None,
    *,
    sums: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = lambda stage: None,
) -> Path:
    """The directory with Kafka's jars; the first call fetches them with Maven (45 files, 43 MB, about 20 s).

    Parameters
    ----------
    cache
        Where such directories are kept; ``$XDG_CACHE_HOME/rivergauge``, by default ``~/.cache/rivergauge``.
    sums
        SHA-256 by name of every file that the directory must hold, and no other; by default `published_sums`.
    tell
        Told when fetching begins.

    Raises
    ------
    KafkaUnavailableError
        If they are not there and Maven is missing or fails, or if they are not what they should be.
    """
    cache = _default_cache() if cache is None else cache
    sums = published_sums() if sums is None else sums
    directory = cache / f"kafka-{KAFKA_VERSION}"
    if not directory.is_dir():
        _fetch(directory, sums, tell)
    # Again, also after a fetch: another process may have put its own there meanwhile.
    wrong = _differences(directory, sums)
    if wrong:
        raise KafkaUnavailableError(
            f"{directory} must hold Kafka {KAFKA_VERSION} as listed in kafka-{KAFKA_VERSION}.sha256, got {wrong}: "
            "delete the directory, and the next start fetches it anew"
        )
    return directory


def published_sums() -> dict[str, str]:
    """SHA-256 by name of the jars that this version of Rivergauge was tested with."""
    text = Path(__file__).with_name(f"kafka-{KAFKA_VERSION}.sha256").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {name: digest for digest, name in lines}


def program(name: str, package: str) -> str:
    """The path of a program that a broker needs.

    Raises
    ------
    KafkaUnavailableError
        If it is not on ``PATH``; the message says to install ``package``.
    """
    path = shutil.which(name)
    if path is None:
        raise KafkaUnavailableError(f"a real Kafka needs {name}, got none on PATH: install {package}; {ELSEWHERE}")
    return path


def last_lines(text: str, count: int = 12) -> str:
    """The end of what a program said, without the frames of Java's stack traces."""
    lines = [line for line in text.strip().splitlines() if not line.lstrip().startswith("at ")]
    return "\n".join(lines[-count:])


def _fetch(directory: Path, sums: Mapping[str, str], tell: Callable[[str], None]) -> None:
    maven = program("mvn", "Maven (Debian, Ubuntu: apt-get install maven)")
    tell(f"fetching Kafka {KAFKA_VERSION} with Maven (once: {len(sums)} files into {directory})")
    directory.parent.mkdir(parents=True, exist_ok=True)
    # Complete and verified, or absent: fetched beside its place, then renamed.
    with tempfile.TemporaryDirectory(dir=directory.parent, prefix="fetch-") as scratch:
        pom, libs = Path(scratch, "pom.xml"), Path(scratch, "libs")
        pom.write_text(_POM.format(dependencies="".join(_DEPENDENCY.format(*artefact) for artefact in ARTEFACTS)))
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={libs}"]
        # -C: a file that does not match its checksum is an error, not a warning.
        code, said = _run([maven, "-q", "-B", "-C", "-f", str(pom), *goal])
        if code != 0:
            raise KafkaUnavailableError(
                f"Maven could not fetch Kafka {KAFKA_VERSION}: {last_lines(said)}\n"
                f"try again where Maven reaches a repository; {ELSEWHERE}"
            )
        wrong = _differences(libs, sums)
        if wrong:
            raise KafkaUnavailableError(
                f"Maven must fetch Kafka {KAFKA_VERSION} as listed in kafka-{KAFKA_VERSION}.sha256, got {wrong}: "
                f"its repository or its local copy (~/.m2) does not hold the published files; {ELSEWHERE}"
            )
        try:
            libs.rename(directory)
        except OSError:
            if not directory.is_dir():  # otherwise another process has fetched the same jars meanwhile
                raise


def _run(command: list[str]) -> tuple[int, str]:
    """Run a program to its end: its exit code, and what it printed. Whatever interrupts this ends the program too.

    It is started in a thread: signals are answered in the main one only, and a start that one of them broke off would
    leave a program that nobody knows.
    """
    started: list[subprocess.Popen[str]] = []

    def start() -> None:
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))

    with ThreadPoolExecutor(1) as starter:
        try:
            starter.submit(start).result()
            said, _ = started[0].communicate()
        except BaseException:
            starter.shutdown()  # the start has come to its end then
            for process in started:
                process.kill()
                process.wait()
            raise
    return started[0].returncode, said


def _differences(directory: Path, sums: Mapping[str, str]) -> str:
    """What is missing, foreign or altered, in words; nothing if all is as listed (0.1 s)."""
    there = {path.name: path for path in directory.iterdir()} if directory.is_dir() else {}
    altered = [name for name, path in there.items() if name in sums and _sha256(path) != sums[name]]
    found = {"missing": sums.keys() - there.keys(), "foreign": there.keys() - sums.keys(), "altered": altered}
    return "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in found.items() if names)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rivergauge"
