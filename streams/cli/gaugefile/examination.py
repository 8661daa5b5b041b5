"""A gauge examined within bounds: a file from anywhere is answered in seconds, whatever models it wants made."""

from __future__ import annotations

import resource
from collections.abc import Callable
from functools import partial
from typing import Final

from models import check
from models.check import Found
from schemas.gauge import Gauge
from streams.cli.gaugefile.bounded import OverrunError, bounded

SECONDS: Final = 3.0
"""Of processor time for each part: the settings, or one candidate."""

SECONDS_IN_ALL: Final = 10.0

_MADE: Final = "made"


class Examination:
    """`models.check`, each part in a process that may be stopped. ``warnings`` are filled by `problems`."""

    def __init__(self) -> None:
        self.warnings: Found = []

    def problems(self, gauge: Gauge) -> Found:
        """All that would keep a learner from starting, or takes so long to make that it could not."""
        found: Found = []
        begin = _spent()
        try:
            found, self.warnings = bounded(lambda _: check.of_settings(gauge), seconds=SECONDS)
        except OverrunError:
            found = [("drift.detectors", f"could not be made within {SECONDS:g} s and 4 GB of memory")]
        for n, candidate in enumerate(gauge.candidates):
            where = f"candidates.{n} ({candidate.name})"
            left = min(SECONDS, SECONDS_IN_ALL - (_spent() - begin))
            if left <= 0:
                self.warnings.append((where, f"not tried: the others took {SECONDS_IN_ALL:g} s together"))
                continue
            try:
                wrong, doubts = bounded(partial(_candidate, gauge, n), seconds=left)
            except OverrunError as overrun:
                wrong, doubts = _overrun(where, made=_MADE in overrun.notes, seconds=left)
            found += wrong
            self.warnings += doubts
        return found


def _candidate(gauge: Gauge, n: int, note: Callable[[str], None]) -> tuple[Found, Found]:
    return check.of_candidate(gauge, n, made=partial(note, _MADE))


def _overrun(where: str, *, made: bool, seconds: float) -> tuple[Found, Found]:
    if not made:
        return [
            (where, f"the model could not be made within {seconds:.3g} s and 4 GB of memory: ask for a smaller one")
        ], []
    what = f"the model was not done with a few hundred invented events after {seconds:.1f} s: too slow for most streams"
    return [], [(where, what)]


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
