"""The default drift detector: it spends a stated budget of false alarms, on bursty errors too."""

from __future__ import annotations

from typing import Final

from models.drift.signal import QUIET, Signal, refusal
from models.drift.tempered.bets import NOTHING, Channel, Pile, Reference
from models.drift.tempered.dependence import INDEPENDENT, Dependence
from models.drift.tempered.peaks import Peaks

GRACE_EVENTS: Final = 30
"""Events a reference needs before bets are placed against it."""

PSEUDO_COUNTS: Final = 8
"""Weight, in events, of the binary variance that the reference's variance is shrunk towards."""

START_EVENTS: Final = 256
"""The first events, of a new model too: bets are placed, but its early errors are no reference and tell of nothing."""

LOOK_EVENTS: Final = 64
LOOK_LATE_EVENTS: Final = 1_024
"""Events between two looks at the dependence, and while the evidence is high: it must not explain itself away."""

KNOWN_EVENTS: Final = 4_096
"""Events of which the dependence must be known before peaks of the evidence are counted."""

RENEWAL_EVENTS: Final = 4_096
"""Events after an alarm within which a better model shows that it was true; else the stream jumps by itself."""

YOUNG_EVENTS: Final = 20_000
WARNING_STATISTIC: Final = 0.1

_YOUNG_NOTE: Final = (
    f"until {YOUNG_EVENTS:,} labels have come it is being learned how errors depend on each other: where they come in "
    "bursts, one to three alarms more than the budget are likely"
)


class TemperedDetector:
    """Shiryaev-Roberts e-detector on what two forecasts leave of the loss, its bets tempered by measured dependence.

    Both forecasts return to the mean of the reference, the losses since the last reset. The first may follow the
    fastest moving averages only, so that it still sees a small rise that lasts; the second any. Each has five piles of
    bets, which grow while losses lie above the forecast (`models.drift.tempered.bets`). Factors are raised to a power
    below 1 where sums of residuals scatter wider than those of independent ones
    (`models.drift.tempered.dependence`). The evidence, the sum of all piles, alarms at a threshold that the stream's
    own past peaks raise (`models.drift.tempered.peaks`); it is never below ``1 / budget``. Piles of the first channel
    that bet on losses below the forecast start a new reference in silence: the model got better.

    On independent losses no dependence is significant, and it is the e-detector with threshold ``1 / budget``: if the
    mean of the next loss, given the past, never exceeds the reference's, at most ``budget * m`` alarms are expected
    among the first m events, for every m. With an estimated mean, dependence and threshold, the budget is measured:
    see docs/drift/errors.md.

    It holds about a thousand numbers.

    Parameters
    ----------
    budget
        False alarms per event, in (0, 0.5]. ``1e-5`` is one in 100,000 events.

    Raises
    ------
    ValueError
        If the budget lies outside (0, 0.5].

    References
    ----------
    Shin, Ramdas, Rinaldo (2022). E-detectors: a nonparametric framework for sequential change detection.
    arXiv 2203.03532.

    >>> detector = TemperedDetector(budget=1e-4)
    >>> losses = [0, 0, 0, 1] * 500 + [0, 1, 1, 1] * 50
    >>> [i for i, loss in enumerate(losses) if detector.update(loss) is Signal.DRIFT]
    [2017]
    >>> round(detector.alarmed_mean, 2)
    0.25
    """

    __slots__ = (
        "_alarm_age",
        "_count",
        "_dependence",
        "_down",
        "_ended_count",
        "_ended_statistic",
        "_evidence",
        "_first",
        "_peaks",
        "_second",
        "_seen",
        "_since_look",
        "_squares",
        "_starting",
        "_sum",
        "alarmed_mean",
        "budget",
        "name",
        "threshold",
    )

    _count: int
    _down: Pile
    _evidence: float
    _sum: float
    _squares: float

    def __init__(self, *, budget: float = 1e-5) -> None:
        if not 0 < budget <= 0.5:
            raise ValueError(f"budget must be in (0, 0.5] false alarms per event, got {budget!r}")
        self.name = "e-detector"
        self.threshold = 1.0
        self.budget = budget
        self.alarmed_mean: float | None = None
        self._seen = 0
        self._since_look = 0
        self._starting = START_EVENTS
        self._alarm_age: int | None = None
        self._dependence = Dependence()
        self._peaks = Peaks(budget)
        self._first = Channel(INDEPENDENT, birth=0.2)
        self._second: Channel | None = None
        self._begin_reference()

    def update(self, loss: float) -> Signal:
        """Take one event's loss; see :class:`models.drift.signal.Detector`.

        Raises
        ------
        ValueError
            If ``loss`` is not a number in [0, 1]; nothing has changed then.
        """
        if not 0.0 <= loss <= 1.0:
            raise refusal(loss, "in [0, 1]")
        signal = QUIET
        dependence = self._dependence
        self._ended_count = 0
        self._seen += 1
        self._since_look += 1
        if self._alarm_age is not None:
            self._grow_older(self._alarm_age)
        n, is_over = self._count, False
        if n >= GRACE_EVENTS:
            mean, m = self._sum / n, (self._sum + 1.0) / (n + 2.0)
            scatter = self._squares / n - mean * mean
            if scatter < 0.0:  # rounding, where all losses are alike
                scatter = 0.0
            variance = (scatter * n + PSEUDO_COUNTS * m * (1.0 - m)) / (n + PSEUDO_COUNTS)
            reference: Reference = (n, mean, m, variance)
            first, second = self._bet(loss, reference)
            if self._evidence * self.budget >= WARNING_STATISTIC:
                signal = self._signal()
            if sum(self._down) * self.budget >= 1.0 and signal is not Signal.DRIFT:
                signal, is_over = QUIET, True
            if not self._starting:
                dependence.fold(loss, reference, first, second)
        dependence.see(loss)
        if not self._seen % LOOK_EVENTS:
            self._look()
        if signal is not QUIET and signal is Signal.DRIFT:
            self._end_with_alarm()
        elif is_over:
            self._begin_reference()
        if self._starting:
            self._starting -= 1
            if not self._starting:
                self._count, self._sum, self._squares = 0, 0.0, 0.0
        self._count += 1
        self._sum += loss
        self._squares += loss * loss
        return signal

    def _bet(self, loss: float, reference: Reference) -> tuple[float, float | None]:
        averages = self._dependence.averages
        one, other = self._first, self._second
        first, down = one.bet(loss, reference, averages, self._down)
        self._down = down or NOTHING
        evidence, second = sum(one.up), None
        if other is not None:
            second, _ = other.bet(loss, reference, averages, None)
            evidence += sum(other.up)
        self._evidence = evidence
        if self._dependence.known >= KNOWN_EVENTS:
            self._peaks.see(evidence)
        return first, second

    def _signal(self) -> Signal:
        # An alarm before the dependence is known is no peak: it tells of our ignorance.
        threshold = self._peaks.threshold
        if self._evidence >= threshold:
            self._ended_statistic = self._evidence / threshold
            if self._dependence.known >= KNOWN_EVENTS:
                self._peaks.alarmed(threshold)
            self._dependence.alarmed()
            self._alarm_age = 0
            return Signal.DRIFT
        return Signal.WARNING if self._evidence >= WARNING_STATISTIC * threshold else QUIET

    def _look(self) -> None:
        if self._evidence > self._peaks.level and self._since_look <= LOOK_LATE_EVENTS:
            return
        self._since_look = 0
        self._dependence.look()
        self._agree()

    def _agree(self) -> None:
        first, second = self._dependence.terms()
        self._first.agree(first)
        if second is None:
            return
        if self._second is None:
            up = self._first.up
            self._first.up = (up[0] / 2, up[1] / 2, up[2] / 2, up[3] / 2, up[4] / 2)
            self._first.birth = 0.1
            self._second = Channel(second, birth=0.1)
            self._second.up = self._first.up
        self._second.agree(second)

    def _grow_older(self, age: int) -> None:
        if age < RENEWAL_EVENTS:
            self._alarm_age = age + 1
        else:
            self._alarm_age = None
            self._peaks.confirm()
            self._dependence.confirm()

    def _end_with_alarm(self) -> None:
        mean, count, statistic = self._sum / self._count, self._count, self._ended_statistic
        self._begin_reference()
        self.alarmed_mean, self._ended_count, self._ended_statistic = mean, count, statistic

    def _begin_reference(self) -> None:
        self._count = 0
        self._sum = 0.0
        self._squares = 0.0
        self._down = NOTHING
        self._evidence = 0.0
        self._ended_count = 0
        self._ended_statistic = 0.0
        self._peaks.drop()
        for channel in (self._first, self._second):
            if channel is not None:
                channel.up = NOTHING

    def continue_as(self, other: object) -> bool:
        """Spend the budget of another one: what was seen so far counts against it."""
        if not isinstance(other, TemperedDetector):
            return False
        self.budget = other.budget
        self._peaks.spend(other.budget)
        return True

    def reset(self) -> None:
        """Start a new reference, because the watched model was replaced.

        If that came of an alarm, the alarm was true: neither its peak nor the losses since count as the stream's own.
        """
        self._begin_reference()
        if self._alarm_age is not None:
            self._alarm_age = None
            self._peaks.forgive()
        self._dependence.renew()
        self._agree()
        self._starting = START_EVENTS

    @property
    def note(self) -> str | None:
        """What makes alarms likelier than the budget for now; ``None`` where nothing does."""
        return _YOUNG_NOTE if self._seen <= YOUNG_EVENTS else None

    @property
    def statistic(self) -> float:
        """The evidence over its threshold: 1 is drift, 0.1 a warning."""
        return self._ended_statistic if self._ended_count else self._evidence / self._peaks.threshold

    @property
    def reference_mean(self) -> float:
        """Mean loss of the reference, the newest loss included; right after ``DRIFT``, of the one it ended."""
        if self._ended_count:
            assert self.alarmed_mean is not None
            return self.alarmed_mean
        return self._sum / self._count if self._count else 0.0

    @property
    def reference_count(self) -> int:
        """Events in the reference; right after ``DRIFT``, in the one it ended."""
        return self._ended_count or self._count
