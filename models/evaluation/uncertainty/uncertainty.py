"""How sure each prediction is: what is published with it, and whether that was right.

Rules. What is issued follows from the state before the event, and asking for it changes nothing, so that a score
foresees it. The state moves when an event that is not held out was predicted, and when its label comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from models.answer import Answer
from models.asked import Asked, Issued
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.gathered_mean import GatheredMean
from models.evaluation.intervals.loss_sums import Kind, LossSums
from models.evaluation.uncertainty.abstention import Abstention, limits_of
from models.evaluation.uncertainty.cover import Cover, cover_of
from models.turn import Turn
from models.vocabulary import Vocabulary
from schemas.evaluated import Figure, UncertaintyFigures
from schemas.events import Features, Label
from schemas.gauge import Gauge
from schemas.records import Doubt

MOST_RECENT: Final = 10_000
"""Labels over which the recent cover is at most: who asks for it stands in the way of the events, for a millisecond."""


class Uncertainty:
    """The intervals or sets of a gauge, its rules for abstaining, and how both fare.

    It holds as many truths as ``evaluation.window_events`` says, at most 10,000, beside a few hundred numbers.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._number = 0
        self._window = min(gauge.evaluation.window_events, MOST_RECENT)
        self._begin(gauge)
        self._abstention = _abstention(gauge)

    def _begin(self, gauge: Gauge) -> None:
        self._share = gauge.uncertainty.cover
        self._cover: Cover | None = cover_of(gauge)
        self._first: int | None = None
        self._misses = DependentMean()
        self._sizes = GatheredMean()
        self._recent: deque[bool] = deque(maxlen=self._window)

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file; another cover begins anew, and so do the counts of other rules."""
        if gauge.uncertainty.cover != self._share:
            self._begin(gauge)
        if self._abstention is None or not limits_of(gauge):
            self._abstention = _abstention(gauge)
        else:
            self._abstention.adopt(gauge)

    def of_event(self, x: Features, vocabulary: Vocabulary) -> str | None:
        """The rule by which this event makes every answer abstain; to be asked before the event is coded."""
        return None if self._abstention is None else self._abstention.of_event(x, vocabulary)

    def issue(self, answer: Answer, rule: str | None) -> tuple[Doubt, Issued]:
        """What is published with an answer, and what is kept of it; ``rule`` is what `of_event` said."""
        given = None if self._cover is None else self._cover.issue(answer)
        if answer.y_pred is None:
            rule = None
        if given is None:
            return Doubt(None, None, rule), Issued(self._number + 1, None, None, rule)
        q, size, interval, classes = given
        if rule is None and self._abstention is not None:
            rule = self._abstention.of_size(size)
        return Doubt(interval, classes, rule), Issued(self._number + 1, q, size, rule)

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """See `Measure`."""
        issued = asked.issued
        assert issued is not None
        self._number = issued.number
        if self._first is None:
            self._first = asked.position
        if self._abstention is not None:
            self._abstention.predicted(asked, issued.abstained)

    def label(self, asked: Asked, y: Label, served: Answer, turn: Turn) -> None:
        """See `Measure`."""
        issued = asked.issued
        if issued is None:
            return
        if self._cover is not None and self._first is not None and asked.position >= self._first:
            holds = self._cover.label(served, issued.q, y, self._number - issued.number)
            if holds is not None:
                assert issued.size is not None
                self._misses.update(0.0 if holds else 1.0)
                self._sizes.update(issued.size)
                self._recent.append(holds)
        if self._abstention is not None:
            self._abstention.label(asked, issued.abstained, served, y)

    def figures(self) -> UncertaintyFigures:
        """See `Measure`."""
        abstained = None if self._abstention is None else self._abstention.figures()
        if self._cover is None:
            return UncertaintyFigures(abstained=abstained)
        recent = LossSums.of(0.0 if holds else 1.0 for holds in self._recent)
        return UncertaintyFigures(
            wanted=self._share,
            cover=_held(self._misses.rate()),
            recent=_held(recent.figure(Kind.RATE)),
            size=self._sizes.sums.figure(Kind.SIZE),
            delay=self._cover.delay,
            abstained=abstained,
        )

    def broken(self) -> Iterator[str]:
        """See `Measure`."""
        labels, recent = self._misses.n, len(self._recent)
        if not recent <= labels <= self._number:
            yield f"{recent} of {labels} labels are recent, of {self._number} answers"
        if self._sizes.n != labels:
            yield f"{labels} labels were held or missed, and {self._sizes.n} sizes are counted"
        if self._abstention is not None:
            yield from self._abstention.broken()


def uncertainty_of(gauge: Gauge) -> Uncertainty | None:
    """What a gauge file asks for; ``None`` where it has no ``[uncertainty]``."""
    return Uncertainty(gauge) if gauge.uncertainty.is_declared else None


def _abstention(gauge: Gauge) -> Abstention | None:
    return Abstention(gauge) if limits_of(gauge) else None


def _held(missed: Figure) -> Figure:
    """The share that was held, from the share that was missed."""
    return Figure(
        value=None if missed.value is None else 1 - missed.value,
        n=missed.n,
        effective_n=missed.effective_n,
        low=None if missed.high is None else 1 - missed.high,
        high=None if missed.low is None else 1 - missed.low,
        missing=missed.missing,
    )
