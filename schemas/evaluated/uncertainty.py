"""Whether intervals and sets hold what was declared, and whether it pays to abstain."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.evaluated.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstainedFigures:
    """Answers that abstained, and the others.

    ``predictions`` counts the answers since the rules were declared, ``share`` those of them that abstained, and
    ``rules`` how often each rule was the one. ``error`` and ``error_answered`` are shares of wrong answers, or mean
    absolute errors in the label's units; abstaining pays where the first is clearly larger.
    """

    predictions: int
    share: float | None
    rules: dict[str, int]
    error: Figure
    error_answered: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyFigures:
    """The cover of intervals or sets, over answers that had one.

    ``wanted`` is the cover that is declared, ``cover`` the share of labels that were held so far, ``recent`` that of
    the newest ``evaluation.window_events`` labels, at most 10,000. ``size`` is the mean width in the label's units, or
    the mean number of classes in a set, over labels that have come. ``delay`` is how many predictions are made, on
    average, between a prediction and its label: a change that is younger is in no figure here, and no cover is promised
    for it. All but ``abstained`` are ``None`` where no cover is declared, and ``abstained`` is where no rules are.
    """

    wanted: float | None = None
    cover: Figure | None = None
    recent: Figure | None = None
    size: Figure | None = None
    delay: float | None = None
    abstained: AbstainedFigures | None = None
