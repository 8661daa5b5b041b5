"""Which of many e-values are large enough to be believed, all of them together."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.evaluated import Sureness


def flagged(evidence: Sequence[float], *, alpha: float = 0.05) -> list[Sureness | None]:
    """What may be believed of each of K e-values.

    With the largest first, all are flagged up to the last k with ``E[k] >= K / (alpha * k)``: at most a share ``alpha``
    of flags is false on average, however the e-values depend on each other (e-BH). One of ``K / alpha`` and more is
    sure by itself: the probability that any such flag is false is at most ``alpha``.

    References
    ----------
    Wang, Ramdas (2022). False discovery rate control with e-values. JRSS B 84, arXiv 2009.02824.

    >>> [*map(str, flagged([1.0, 30.0, 100.0, 35.0]))]
    ['None', 'false_discoveries', 'all', 'false_discoveries']
    """
    hypotheses = len(evidence)
    largest = sorted(evidence, reverse=True)
    ranks = [rank for rank, e in enumerate(largest, start=1) if e >= hypotheses / (alpha * rank)]
    least = largest[ranks[-1] - 1] if ranks else float("inf")
    return [
        Sureness.ALL if e >= hypotheses / alpha else Sureness.FALSE_DISCOVERIES if e >= least else None
        for e in evidence
    ]
