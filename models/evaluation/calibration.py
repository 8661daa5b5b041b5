"""Whether the probabilities that the service answers with mean what they say."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log
from typing import Final

from models.asked import Labelled
from models.evaluation.intervals.dependent_mean import DependentMean
from models.evaluation.intervals.interval import wilson
from models.evaluation.intervals.loss_sums import PANES, Kind, LossSums
from models.evaluation.metrics.forms import NO_INTERVAL
from models.evaluation.metrics.probability_metrics import LEAST, edges_of
from schemas.evaluated import CalibrationFigures, Figure, Reliability, ReliabilityRow
from schemas.events import Label
from schemas.gauge import Gauge, Task, class_name

TENTHS: Final = edges_of(10)
EDGES: Final = (0.001, 0.01, 0.03, *TENTHS, 0.97, 0.99, 0.999)
"""Inner edges of the rows of a reliability table: tenths, the outer two divided further where classes are rare."""
_ROWS: Final = len(EDGES) + 1
_TENTH_OF: Final = tuple(bisect_left(TENTHS, edge) for edge in (*EDGES, 1.0))
_FEWEST: Final = 10.0
"""Independent labels below which a row has no interval."""


class Tally:
    """Sums over answers, by the row of a reliability table."""

    __slots__ = ("brier", "by_class", "came", "counts", "log_loss", "n", "shares")

    def __init__(self, classes: int) -> None:
        self.n = 0
        self.log_loss = 0.0
        self.brier = 0.0
        self.counts = [0] * _ROWS
        self.came = [0] * _ROWS
        self.shares = [0.0] * _ROWS
        self.by_class = [0.0] * classes

    def add(self, other: Tally) -> None:
        """Take in all of another's answers."""
        self.n += other.n
        self.log_loss += other.log_loss
        self.brier += other.brier
        for mine, theirs in ((self.counts, other.counts), (self.came, other.came)):
            mine[:] = [a + b for a, b in zip(mine, theirs, strict=True)]
        for parts, others in ((self.shares, other.shares), (self.by_class, other.by_class)):
            parts[:] = [a + b for a, b in zip(parts, others, strict=True)]


class Calibration:
    """Log loss, Brier score, expected calibration error and a reliability table of the service's answers.

    The window is made of 20 panes and the one that is open, so an event is counted once. Answers without probabilities
    are passed over.

    References
    ----------
    Brier (1950). Verification of forecasts expressed in terms of probability. Monthly Weather Review 78.
    Naeini, Cooper, Hauskrecht (2015). Obtaining well calibrated probabilities using Bayesian binning. AAAI.
    """

    def __init__(self, gauge: Gauge) -> None:
        self._names = [class_name(value) for value in gauge.classes] if gauge.task is Task.MULTICLASS else []
        self._length = max(1, gauge.evaluation.window_events // PANES)
        self._open = self._empty()
        self._panes: deque[Tally] = deque(maxlen=PANES)
        self._closed = self._empty()
        self._off = DependentMean()
        self._log_loss = DependentMean()
        self._brier = DependentMean()
        self._begun: deque[tuple[float, float, float, float]] = deque([self._products()], maxlen=PANES + 1)
        """What `_products` were when each pane began, the open one's last."""

    @classmethod
    def of(cls, gauge: Gauge) -> Calibration | None:
        """The measure, where there are classes."""
        return None if gauge.task is Task.REGRESSION else cls(gauge)

    def extend(self, labelled: Sequence[Labelled]) -> None:
        """Count the answers to events whose labels have come."""
        said = []
        for asked, y, _ in labelled:
            served = asked.served
            if served[0] is not None and served[1] is not None:
                said.append((y, served[0], served[1]))
        while said:
            room = self._length - self._open.n
            self._count(said[:room])
            said = said[room:]
            if self._open.n == self._length:
                self._close()

    def _count(self, said: list[tuple[Label, Label, dict[Label, float]]]) -> None:
        """Count labels, each with the answer and its probabilities, of one pane."""
        tally, several = self._open, bool(self._names)
        counts, came, shares, by_class = tally.counts, tally.came, tally.shares, tally.by_class
        total_loss, total_brier = tally.log_loss, tally.brier
        offs, log_losses, briers = [], [], []
        for y, y_pred, probabilities in said:
            if several:
                share, own = probabilities.get(y_pred, 0.0), probabilities.get(y, 0.0)
                hit = y_pred == y
                off = share - 1.0 if hit else share
                brier = _by_class(by_class, probabilities, int(y), own)
            else:
                share = probabilities.get(True, 0.0)
                hit = bool(y)
                own, off = (share, share - 1.0) if hit else (1.0 - share, share)
                brier = off * off
            row = bisect_left(EDGES, share)
            counts[row] += 1
            shares[row] += share
            if hit:
                came[row] += 1
            loss = -log(own if own > LEAST else LEAST)
            total_loss += loss
            total_brier += brier
            offs.append(off)
            log_losses.append(loss)
            briers.append(brier)
        tally.log_loss, tally.brier = total_loss, total_brier
        tally.n += len(said)
        self._off.extend(offs)
        self._log_loss.extend(log_losses)
        self._brier.extend(briers)

    def _close(self) -> None:
        self._closed.add(self._open)
        self._panes.append(self._open)
        self._open = self._empty()
        self._begun.append(self._products())

    def _products(self) -> tuple[float, float, float, float]:
        """Sums of squares and of products of neighbours, of log losses and of squared errors."""
        log_loss, brier = self._log_loss.sums, self._brier.sums
        return log_loss.squares, log_loss.lagged, brier.squares, brier.lagged

    def _empty(self) -> Tally:
        return Tally(len(self._names))

    def adopt(self, gauge: Gauge) -> None:
        """Nothing that it depends on can change."""

    def figures(self) -> CalibrationFigures | None:
        """Everything; ``None`` before the first answer with probabilities."""
        lifetime, recent = self._empty(), self._empty()
        lifetime.add(self._closed)
        for tally in (*self._panes, self._open):
            recent.add(tally)
        lifetime.add(self._open)
        if not lifetime.n:
            return None
        return CalibrationFigures(
            bias=self._off.sums.figure(Kind.NUMBER),
            lifetime=self._reliability(lifetime, self._log_loss.sums, self._brier.sums),
            recent=self._reliability(recent, *self._recent_sums(recent)),
        )

    def _recent_sums(self, recent: Tally) -> tuple[LossSums, LossSums]:
        """What the panes and the open one say of the log loss and of the Brier score."""
        n, length = recent.n, self._length
        squares, lagged, brier_squares, brier_lagged = (
            now - begun for now, begun in zip(self._products(), self._begun[0], strict=True)
        )
        # Of the product across the window's first edge there is no telling: a mean one is taken out.
        inner = (n - 1) / n if n < self._off.n else 1.0
        logs, briers = [pane.log_loss for pane in self._panes], [pane.brier for pane in self._panes]
        return (
            LossSums(n, recent.log_loss, squares, lagged * inner, n, logs, length),
            LossSums(n, recent.brier, brier_squares, brier_lagged * inner, n, briers, length),
        )

    def _reliability(self, tally: Tally, log_loss: LossSums, brier: LossSums) -> Reliability:
        n = tally.n
        gaps = [0.0] * (len(TENTHS) + 1)
        for tenth, share, came in zip(_TENTH_OF, tally.shares, tally.came, strict=True):
            gaps[tenth] += share - came
        by_class = {name: total / n for name, total in zip(self._names, tally.by_class, strict=True)}
        return Reliability(
            n=n,
            log_loss=log_loss.figure(Kind.SIZE),
            brier=brier.figure(Kind.SIZE),
            calibration_error=Figure(value=sum(map(abs, gaps)) / n, n=n, missing=NO_INTERVAL),
            rows=tuple(self._rows(tally)),
            brier_by_class=by_class or None,
        )

    def _rows(self, tally: Tally) -> Iterator[ReliabilityRow]:
        inflation = self._off.inflation
        edges = pairwise((0.0, *EDGES, 1.0))
        for (low, high), n, came, share in zip(edges, tally.counts, tally.came, tally.shares, strict=True):
            if not n:
                continue
            ends = wilson(came / inflation, n / inflation) if n / inflation >= _FEWEST else (None, None)
            yield ReliabilityRow(
                low=low,
                high=high,
                n=n,
                predicted=share / n,
                observed=came / n,
                observed_low=ends[0],
                observed_high=ends[1],
            )

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        counted = self._closed.n + self._open.n
        if self._off.n != counted or sum(self._closed.counts) + sum(self._open.counts) != counted:
            yield f"{self._off.n} answers were measured, {counted} counted"
        if not self._off.n == self._log_loss.n == self._brier.n:
            yield f"of {self._off.n} answers, {self._log_loss.n} log losses and {self._brier.n} squared errors are held"


def _by_class(parts: list[float], probabilities: dict[Label, float], y: int, own: float) -> float:
    """Add each class' squared error, and return their sum."""
    brier = 1.0 - 2.0 * own
    parts[y] += brier
    for code, share in probabilities.items():
        square = share * share
        brier += square
        parts[int(code)] += square
    return brier
