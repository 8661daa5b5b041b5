"""On how many labels the service and a baseline differ in error, where it is on too few for an interval of the lead.

A service that has learned nothing answers as its baseline does. Its lead never gets an interval, as there is next to
nothing to estimate one from; that there is so little is itself what a person should know.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from models.evaluation.intervals.loss_sums import FEWEST, FEWEST_RUNS, LossSums, missing_labels
from schemas.evaluated import Figure

FEW: Final = 0.1
"""Of the baseline's errors: who differs on more may well be better than it, or worse."""


class Differing(NamedTuple):
    """The number of labels on which the errors differ, and the upper 95 % bound on the share of such labels."""

    labels: int
    most: float


def differing(ahead: LossSums, error: Figure, *, numeric: bool) -> Differing | None:
    """How little two differ; ``None`` while there are too few labels, and where they differ on more than a few.

    A run of differing labels counts once. The bound is the exact Poisson one on the number of runs, times the length of
    a run: the mean one seen or, if that is longer, what the baseline's errors that come in bursts lose by it. A label
    on which the errors differ is an error of one of the two, so the differences come in no longer runs than errors do.

    Parameters
    ----------
    ahead
        The baseline's error less the service's, label by label. Of numbers only none at all that is not 0 is few.
    error
        The baseline's mean error.

    >>> sums = LossSums.of([0.0] * 1_999 + [1.0])
    >>> differing(sums, Figure(value=0.2, n=2_000, effective_n=2_000.0), numeric=False)
    Differing(labels=1, most=0.0023719...)
    """
    n, runs = ahead.n, ahead.runs
    if missing_labels(n, len(ahead.blocks), ahead.length) or n / ahead.inflation < FEWEST:
        return None
    if runs >= FEWEST_RUNS or (numeric and runs):
        return None
    labels = round(ahead.squares) if runs else 0
    burst = error.n / error.effective_n if error.effective_n else 1.0
    most = min(1.0, _most_runs(runs) * max(burst, labels / max(1, runs)) / n)
    return Differing(labels, most) if not runs or most <= FEW * (error.value or 0.0) else None


def _most_runs(runs: int) -> float:
    """The upper 95 % bound on the mean of a Poisson count.

    >>> round(_most_runs(0), 2), round(_most_runs(3), 2)
    (3.0, 7.75)
    """
    from scipy.special import gammaincinv  # a quarter of a second, for who asks for a figure

    return float(gammaincinv(runs + 1, 0.95))
