"""Rounds and what became of them: one JSON line each, so that a run can be gone on with and counted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Round:
    """One fault. ``seed`` and ``number`` make it again: a batch of rounds shares one stream and its random numbers."""

    scenario: str
    number: int
    seed: str
    ok: bool | None = None
    what: str = ""
    why: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    def failed(self, why: str) -> None:
        """It did not show what it must; the first reason counts."""
        if self.ok is not False:
            self.ok, self.why = False, why


class Results:
    """A file of JSON lines; ``None`` keeps them in memory."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.rounds: list[Round] = []
        if file is not None and file.exists():
            self.rounds = [Round(**json.loads(line)) for line in file.read_text().splitlines() if line.strip()]

    def add(self, rounds: Iterable[Round]) -> None:
        """Write rounds down."""
        new = list(rounds)
        self.rounds += new
        if self._file is not None:
            with self._file.open("a") as lines:
                lines.writelines(json.dumps(asdict(one)) + "\n" for one in new)

    def done(self, scenario: str, seed: str) -> set[int]:
        """The rounds of a scenario that this seed's run has done."""
        return {one.number for one in self.rounds if (one.scenario, one.seed.split("/")[0]) == (scenario, seed)}

    def tally(self) -> dict[str, tuple[int, int]]:
        """k of n by scenario."""
        return {
            name: (sum(one.ok is True for one in mine), len(mine))
            for name in dict.fromkeys(one.scenario for one in self.rounds)
            for mine in [[one for one in self.rounds if one.scenario == name]]
        }

    def verdict(self) -> tuple[bool, str]:
        """Whether every round was good, and a text whose last line says so; no rounds at all have shown nothing."""
        good, bad = sum(one.ok is True for one in self.rounds), [one for one in self.rounds if one.ok is not True]
        if good and not bad:
            return True, f"good: all {good} rounds"
        listed = [f"  {one.scenario} round {one.number}, seed {one.seed}: {one.what}: {one.why}" for one in bad]
        return False, "\n".join([*listed, f"not good: {good} of {len(self.rounds)} rounds good"])
