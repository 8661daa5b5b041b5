"""The detectors that a gauge file asks for: the one that keeps the budget first, then River's by name."""

from __future__ import annotations

from collections import Counter

from models.drift.budget import Part, budget_of
from models.drift.river_detectors import RiverDetector, problems_of
from models.drift.signal import Detector
from models.drift.tempered.detector import TemperedDetector
from schemas.gauge import Drift


def check_detectors(drift: Drift, *, binary_losses: bool) -> list[str]:
    """What is wrong with the detectors of a gauge file, in words; empty if nothing is.

    Parameters
    ----------
    drift
        The gauge file's section.
    binary_losses
        Whether every loss is 0 or 1, as the error of a classifier is and an absolute error or a log loss is not.
    """
    return [
        problem
        for step in drift.detectors
        for problem in problems_of(step.use, step.params, binary_losses=binary_losses)
    ]


def make_detectors(drift: Drift, *, binary_losses: bool) -> list[Detector]:
    """The detectors of a gauge file, the e-detector first; none if drift is not watched.

    Each has a name of its own: a second ``drift.ADWIN`` is called ``drift.ADWIN 2``. The budget of false alarms is the
    e-detector's alone, as River's detectors keep none.

    Raises
    ------
    ValueError
        If :func:`check_detectors` finds a problem.
    """
    if not drift.enabled:
        return []
    problems = check_detectors(drift, binary_losses=binary_losses)
    if problems:
        raise ValueError("; ".join(problems))
    detectors: list[Detector] = [TemperedDetector(budget=budget_of(drift, Part.ERRORS))]
    seen: Counter[str] = Counter()
    for step in drift.detectors:
        seen[step.use] += 1
        name = step.use if seen[step.use] == 1 else f"{step.use} {seen[step.use]}"
        detectors.append(RiverDetector(use=step.use, params=step.params, name=name))
    return detectors
