"""The locks say what pyproject.toml asks for, by hash, and from nowhere in particular."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCKS = ("runtime", "dev")


def read(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")


def entries(lock: str) -> list[str]:
    """One text per pinned package: the requirement and its hashes, without comments."""
    lines = [line for line in read(lock).splitlines() if not line.lstrip().startswith("#")]
    return re.split(r"\n(?=\S)", "\n".join(lines))


def pins(lock: str) -> set[str]:
    """``name==version ; marker`` of every package."""
    return {entry.split(" \\\n")[0].strip() for entry in entries(lock)}


def asked(*groups: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [line for group in groups for line in project["dependency-groups"][group] if isinstance(line, str)]
    return [Requirement(line) for line in project["project"]["dependencies"] + named]


@pytest.mark.parametrize(("lock", "groups"), [("runtime", ("build",)), ("dev", ("build", "dev"))])
def test_a_lock_holds_every_package_asked_for_in_a_version_asked_for(lock, groups):
    versions = [(pin.name, next(iter(pin.specifier)).version) for pin in map(Requirement, pins(lock))]

    for requirement in asked(*groups):
        locked = [version for name, version in versions if name == requirement.name.lower()]
        assert locked, f"{requirement.name} is not in {lock}.lock: run make lock"
        outside = [version for version in locked if version not in requirement.specifier]
        assert outside == [], f"pyproject.toml asks for {requirement}, {lock}.lock has {outside}: run make lock"


def test_the_runtime_lock_is_a_part_of_the_development_lock():
    assert pins("runtime") - pins("dev") == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_by_hash(lock):
    assert [entry for entry in entries(lock) if "==" not in entry or "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_records_no_address_and_no_place(lock):
    told = re.findall(r"(?:https?|file):|--(?:extra-)?index-url|--find-links|--trusted-host|(?:^|\s)/\S+", read(lock))

    assert told == []
