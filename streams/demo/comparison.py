"""The log of a demo folded twice beside the service: as its gauge file says, and without retraining.

Both folds see the records that the service sees, at the same positions. So their figures belong to positions, not to
moments, and are the same in every run. The first fold is also the oracle: what the service publishes must equal it,
byte by byte. The second is what the same models would have been, had nobody replaced them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import tee
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Effect, Prediction
from streams.data.backtest import fold
from streams.data.datafile import rows
from streams.data.replay import Replayed, records

SAMPLES: Final = 100
"""About one for each column of a chart."""

FEWEST_LABELS: Final = 50
"""A figure over fewer is noise, and would set the scale of a chart."""


NO_TRIGGER: Final = {
    "on_drift": False,
    "on": None,
    "on_metric": None,
    "every_labels": None,
    "schedule": None,
    "standing": False,
}


class Sample(NamedTuple):
    """The leading metric over the newest labels, when everything below ``position`` was folded.

    ``None`` before there are `FEWEST_LABELS`.
    """

    position: int
    events: int
    retrained: float | None
    still: float | None


class Standing(NamedTuple):
    """The leading metric over the whole run so far, of both folds and of the best baseline, whose name comes first."""

    baseline_name: str
    retrained: float | None
    still: float | None
    baseline: float | None


class Comparison:
    """The two folds, as far as they have come.

    Parameters
    ----------
    gauge, data
        What the service is given.
    events
        How many rows of the file are replayed.

    Raises
    ------
    DataFileError
        Here or while advancing, if the file cannot be read as the gauge describes it.
    """

    def __init__(self, gauge: Gauge, data: Path, *, events: int) -> None:
        self._retrained = Learner(gauge)
        self._still = Learner(without_retraining(gauge))
        self._steps = self._fold(*tee(records(rows(data), gauge, limit=events)))
        self._every = max(events // SAMPLES, 1)
        self._expected: deque[bytes] = deque()
        self._published: deque[bytes] = deque()
        self.compared = 0
        """Published predictions that equal the fold's, up to the first that does not."""
        self.changed = 0
        """Events that the two folds answer otherwise."""
        self.samples: list[Sample] = []

    @property
    def events(self) -> int:
        """How many events are folded."""
        return self._retrained.counts.events

    @property
    def differs(self) -> bool:
        """Whether the service published another prediction than the fold's; the first such is number `compared`."""
        return bool(self._expected and self._published)

    @property
    def is_whole(self) -> bool:
        """Whether every prediction of the fold was published, and no other."""
        return not self._expected and not self._published

    def publish(self, prediction: bytes) -> None:
        """Take in the next prediction that the service published."""
        self._published.append(prediction)
        self._match()

    def advance(self, events: int, *, within_s: float) -> None:
        """Fold until ``events`` are folded or the time is over, whichever comes first."""
        until = perf_counter() + within_s
        while self.events < events and perf_counter() < until and next(self._steps, None) is not None:
            pass

    def finish(self) -> None:
        """Fold all that remains."""
        for _ in self._steps:
            pass

    def standing(self) -> Standing:
        """Where both folds and the best baseline stand."""
        baseline = self._retrained.board.leading_baseline()
        retrained, still = (learner.board.served.leading_figure() for learner in (self._retrained, self._still))
        return Standing(baseline.name, retrained, still, baseline.value)

    def _fold(self, *logs: Iterator[Replayed]) -> Iterator[int]:
        sampled = 0
        learners = (self._retrained, self._still)
        pairs = zip(*(fold(learner, log) for learner, log in zip(learners, logs, strict=True)), strict=True)
        for retrained, still in pairs:
            both = zip(_predictions(retrained.effects), _predictions(still.effects), strict=True)
            for ours, theirs in both:
                self._expected.append(ours.body())
                self.changed += (ours.y_pred, ours.probabilities) != (theirs.y_pred, theirs.probabilities)
            self._match()
            if self.events >= sampled + self._every:
                sampled = self.events
                self._sample()
            yield retrained.position
        if not self.samples or self.samples[-1].position < self._retrained.next_offset:
            self._sample()

    def _sample(self) -> None:
        served = (learner.board.served for learner in (self._retrained, self._still))
        retrained, still = (score.leading_window_figure() if score.n >= FEWEST_LABELS else None for score in served)
        self.samples.append(Sample(self._retrained.next_offset, self.events, retrained, still))

    def _match(self) -> None:
        expected, published = self._expected, self._published
        while expected and published and expected[0] == published[0]:
            expected.popleft()
            published.popleft()
            self.compared += 1


def _predictions(effects: Sequence[Effect]) -> list[Prediction]:
    return [effect for effect in effects if isinstance(effect, Prediction)]


def without_retraining(gauge: Gauge) -> Gauge:
    """The gauge whose models are never replaced by newer ones; its candidates still race."""
    retraining = gauge.retraining.model_copy(update=NO_TRIGGER)
    drift = gauge.drift.model_copy(update={"enabled": False})
    return gauge.model_copy(update={"retraining": retraining, "drift": drift})
