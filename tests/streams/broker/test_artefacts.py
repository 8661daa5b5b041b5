"""Kafka's jars are fetched once, and run only if they are the ones that were listed."""

from __future__ import annotations

import hashlib
import re

import pytest

from streams.broker.artefacts import ARTEFACTS, KAFKA_VERSION, jars, last_lines, published_sums
from streams.broker.failures import KafkaUnavailableError

CONTENT = {"a.jar": b"one", "b.jar": b"two"}
SUMS = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def fetched(cache):
    """The directory as a fetch would have left it."""
    directory = cache / f"kafka-{KAFKA_VERSION}"
    directory.mkdir(parents=True)
    for name, content in CONTENT.items():
        (directory / name).write_bytes(content)
    return directory


@pytest.fixture
def maven(tmp_path, monkeypatch):
    """Put an mvn on PATH that runs these lines of shell with $out, the directory to fill; it counts its calls."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")
    calls = tmp_path / "calls"

    def make(lines: str):
        script = f"""#!/bin/sh
echo "$@" >> "{calls}"
for word; do case "$word" in -DoutputDirectory=*) out="${{word#*=}}";; esac; done
mkdir "$out"
{lines}
"""
        (place / "mvn").write_text(script)
        (place / "mvn").chmod(0o755)
        return calls

    return make


GOOD = 'printf one > "$out/a.jar"; printf two > "$out/b.jar"'


def test_the_first_call_fetches_and_the_second_does_not(cache, maven):
    calls = maven(GOOD)
    told = []

    first = jars(cache, sums=SUMS, tell=told.append)
    second = jars(cache, sums=SUMS, tell=told.append)

    assert first == second == cache / f"kafka-{KAFKA_VERSION}"
    assert {path.name: path.read_bytes() for path in first.iterdir()} == CONTENT
    assert len(calls.read_text().splitlines()) == 1
    assert [stage.split()[0] for stage in told] == ["fetching"]


def test_maven_is_told_to_fail_on_a_wrong_checksum(cache, maven):
    calls = maven(GOOD)

    jars(cache, sums=SUMS)

    assert "-C" in calls.read_text().split()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (GOOD + '; printf onf > "$out/a.jar"', "altered a.jar"),
        (GOOD + '; rm "$out/b.jar"', "missing b.jar"),
        (GOOD + '; touch "$out/c.jar"', "foreign c.jar"),
        ("echo no such host; exit 1", "no such host"),
    ],
)
def test_a_bad_fetch_is_refused_and_leaves_nothing(cache, maven, lines, reason):
    maven(lines)

    with pytest.raises(KafkaUnavailableError, match=reason) as refused:
        jars(cache, sums=SUMS)

    assert "docker compose up kafka" in str(refused.value)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda directory: (directory / "a.jar").write_bytes(b"onf"), "altered a.jar"),
        (lambda directory: (directory / "a.jar").unlink(), "missing a.jar"),
        (lambda directory: (directory / "z.jar").touch(), "foreign z.jar"),
    ],
)
def test_jars_that_changed_after_the_fetch_are_refused_at_the_next_start(cache, fetched, damage, reason):
    assert jars(cache, sums=SUMS) == fetched

    damage(fetched)

    with pytest.raises(KafkaUnavailableError, match=f"{reason}: delete the directory"):
        jars(cache, sums=SUMS)


def test_without_jars_and_maven_the_message_names_maven_and_docker(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(KafkaUnavailableError, match=r"install Maven.*apt-get install maven.*docker compose up kafka"):
        jars(cache)


def test_the_list_holds_what_is_asked_of_maven():
    sums = published_sums()

    assert {f"{artefact}-{version}.jar" for _, artefact, version in ARTEFACTS} <= sums.keys()
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in sums.values())


def test_the_reason_is_shown_without_javas_stack():
    text = "KafkaException: no lock\n\tat a.b.C(C.java:1)\n\tat d.e.F(F.java:2)\n"

    assert last_lines(text) == "KafkaException: no lock"
