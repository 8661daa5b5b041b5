"""How much of a rise of the loss the answers themselves foretold: whether events are harder, or the model is wrong.

A model that gives probabilities says with each answer how much it expects to lose by it. Where inputs move to where
classes overlap, it expects to lose more, and does: the rise was foretold. Where the meaning of the inputs has changed,
it is as sure as before, and wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import log, sqrt
from typing import Final, NamedTuple

from models.drift.evidence.kinds import ADVICE
from models.drift.evidence.loss_curve import LossCurve, bin_of
from models.judging.losses import WORST_LOG_LOSS
from schemas.alerts import DriftKind
from schemas.events import Label

LEARNED_LABELS: Final = 2_000
"""Labels that a curve learns from before it is frozen. The one in use is replaced when two younger ones are done."""

KEPT_CURVES: Final = 2
STRETCH_LABELS: Final = 25
RECENT: Final = 16
"""Stretches that the end of which may be after a rise: 400 labels."""
LEAST_RECENT: Final = 2
SETTLED_LABELS: Final = 200
"""Labels after an alarm until its share is settled: at the alarm itself the rise is a few labels old."""
LEAST_BEFORE: Final = 200
"""Labels that a reference needs."""
MOST_BEFORE: Final = 20_000
"""Labels from which on a reference counts half: older ones fade."""

COVARIATE_SHARE: Final = 0.7
CONCEPT_SHARE: Final = 0.3


class Sums(NamedTuple):
    """Of some labels: how many, what was lost, what was expected, and the loss squared."""

    labels: float = 0.0
    loss: float = 0.0
    expected: float = 0.0
    squared: float = 0.0

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(
            self.labels + other.labels,
            self.loss + other.loss,
            self.expected + other.expected,
            self.squared + other.squared,
        )

    def halved(self) -> Sums:
        """Half as many labels with the same means."""
        return Sums(self.labels / 2, self.loss / 2, self.expected / 2, self.squared / 2)


class ExpectedShare:
    """``rise of the expected loss / rise of the loss``, of the newest labels against all since the reference began.

    The expected loss is what the answer expects of itself, corrected by a curve that was learned on earlier labels and
    then frozen: one that learned on would come to expect what has gone wrong, and call it foretold.

    The newest labels are the last 50 to 400, by steps of 25, for which the rise of the loss is clearest: its mean over
    its standard error. The state is some 30 stretches and three curves: 6 kB.

    Parameters
    ----------
    log_loss
        Whether losses are log losses as `models.judging.losses.log_loss` has them; else they are 0 or 1.
    """

    def __init__(self, *, log_loss: bool) -> None:
        self.log_loss = log_loss
        self._learning = LossCurve()
        self._frozen: deque[list[float]] = deque()
        self._expects: list[float] | None = None
        self._before = Sums()
        self._recent: deque[Sums] = deque()
        self._labels = 0
        self._loss = self._expected = self._squared = 0.0
        self._unsettled = 0
        self._settled: float | None = None

    def update(self, probabilities: Mapping[Label, float] | None, y_pred: Label | None, loss: float) -> None:
        """A label has come: what was answered, and the loss in [0, 1]. Without probabilities nothing is learned."""
        own = self.bin(probabilities, y_pred)
        if own is not None:
            self.take(own, loss)

    def bin(self, probabilities: Mapping[Label, float] | None, y_pred: Label | None) -> int | None:
        """What `take` needs to know of an answer; ``None`` without probabilities."""
        if not probabilities or y_pred is None:
            return None
        return bin_of(_entropy(probabilities) if self.log_loss else 1.0 - probabilities.get(y_pred, 0.0))

    def take(self, own: int, loss: float) -> None:
        """`update` with what `bin` made of the answer."""
        expects = self._expects
        if expects is not None:
            self._labels += 1
            self._loss += loss
            self._expected += expects[own]
            self._squared += loss * loss
            if self._labels >= STRETCH_LABELS:
                self._close()
        self._learning.learn(own, loss)
        if self._learning.labels >= LEARNED_LABELS:
            self._freeze()
        if self._unsettled:
            self._unsettled -= 1
            if not self._unsettled:
                self._settle()

    def alarmed(self) -> None:
        """The loss has risen. 200 labels later the share is settled, and a new reference begins."""
        if not self._unsettled:
            self._unsettled, self._settled = SETTLED_LABELS, None

    def model_replaced(self) -> None:
        """Another model answers, which expects otherwise. A share that was not settled is now."""
        if self._unsettled:
            self._unsettled = 0
            self._settle()
        self._learning = LossCurve()
        self._frozen.clear()
        self._expects = None
        self._restart_reference()

    @property
    def of_alarm(self) -> float | None:
        """The share at the last alarm; after 200 labels it changes no more."""
        return self.share() if self._unsettled else self._settled

    def share(self) -> float | None:
        """The share now; ``None`` where there are no probabilities, too few labels, or no rise."""
        recent = [*self._recent, self._open()]
        before, found, clearest = self._before, None, 0.0
        for n in range(len(recent)):
            late = recent[n:]
            now = Sums()
            for sums in late:
                now = now.plus(sums)
            if before.labels >= LEAST_BEFORE and now.labels >= LEAST_RECENT * STRETCH_LABELS:
                rise = now.loss / now.labels - before.loss / before.labels
                clear = rise / _error(before, now)
                if rise > 0 and clear > clearest:
                    foretold = now.expected / now.labels - before.expected / before.labels
                    clearest, found = clear, foretold / rise
            before = before.plus(recent[n])
        return found

    def _open(self) -> Sums:
        return Sums(self._labels, self._loss, self._expected, self._squared)

    def _close(self) -> None:
        self._recent.append(self._open())
        self._labels, self._loss, self._expected, self._squared = 0, 0.0, 0.0, 0.0
        if len(self._recent) > RECENT:
            self._before = self._before.plus(self._recent.popleft())
            if self._before.labels > MOST_BEFORE:
                self._before = self._before.halved()

    def _freeze(self) -> None:
        self._frozen.append(self._learning.means())
        self._learning = LossCurve()
        if len(self._frozen) > KEPT_CURVES:
            self._frozen.popleft()  # what it expected before stays in the reference: on average it was right
        self._expects = self._frozen[0]

    def _settle(self) -> None:
        self._settled = self.share()
        self._restart_reference()

    def _restart_reference(self) -> None:
        self._before = Sums()
        self._recent.clear()
        self._labels, self._loss, self._expected, self._squared = 0, 0.0, 0.0, 0.0


def advice_of(share: float | None) -> str:
    """What a rise of the error asks of people, by the share that was foretold.

    >>> advice_of(0.95)
    'the events are harder, as the answers foretold: look at what moved; another version may do no better'
    """
    if share is None or share < CONCEPT_SHARE:
        return ADVICE[DriftKind.CONCEPT]
    if share > COVARIATE_SHARE:
        return "the events are harder, as the answers foretold: look at what moved; another version may do no better"
    return "the events are harder, and the model is wrong about them: look at what moved; another version may help"


def _error(before: Sums, now: Sums) -> float:
    return sqrt(max(_squared_error(before) + _squared_error(now), 1e-12))


def _squared_error(sums: Sums) -> float:
    mean = sums.loss / sums.labels
    return max(sums.squared / sums.labels - mean * mean, 0.25 / sums.labels) / sums.labels


def _entropy(probabilities: Mapping[Label, float]) -> float:
    lost = 0.0
    for p in probabilities.values():
        if p > 0.0:
            lost += p * min(-log(p), WORST_LOG_LOSS)
    return lost / WORST_LOG_LOSS
