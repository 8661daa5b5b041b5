"""The score board: every series of answers side by side, and the held-out windows.

Series are the candidates (each the answers of whichever version stood for it), the service itself (whatever the
champion of the moment answered), and the baselines.
"""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

from models.answer import Answer
from models.evaluation.baselines import Baseline, make_baselines
from models.evaluation.holdout import HeldOutWindow
from models.evaluation.metrics import bigger_is_better, wants_probabilities
from models.evaluation.score import Score
from schemas.events import Features, Label
from schemas.gauge import Gauge
from schemas.records import Figures


class Lineup(NamedTuple):
    """Who stood where when an event was predicted: version names."""

    champion: str
    standing: dict[str, str]


class Asked(NamedTuple):
    """An event that was predicted: what the models saw and what each of them said."""

    position: int
    x: Features
    answers: dict[str, Answer]
    baselines: dict[str, Answer]
    lineup: Lineup
    held_out: bool


class Board:
    """Scores and baselines of one learner."""

    def __init__(self, gauge: Gauge) -> None:
        self._gauge = gauge
        shown = (gauge.metric, *gauge.evaluation.also)
        probabilities = any(wants_probabilities(name, gauge.task) for name in shown)
        self._baselines = make_baselines(gauge.task, probabilities=probabilities)
        self.candidates = {candidate.name: Score(gauge) for candidate in gauge.candidates}
        self.baselines = {baseline.name: Score(gauge) for baseline in self._baselines}
        # With one candidate the service's answers are that candidate's, until a baseline has to stand in: one series,
        # scored once.
        only = next(iter(self.candidates.values()))
        self._shares_series = len(self.candidates) == 1
        self.served = only if self._shares_series else Score(gauge)
        self._window = HeldOutWindow(gauge, number=1, first=0)

    def ask(self) -> dict[str, Answer]:
        """What the baselines say of the next event."""
        follows, averages = self._baselines
        return {follows.name: follows.answer(), averages.name: averages.answer()}

    def score(self, asked: Asked, y: Label) -> None:
        """Enter a label into the prequential figures."""
        standing = asked.lineup.standing
        for candidate, version in standing.items():
            self.candidates[candidate].update(y, asked.answers[version])
        if self._shares_series and not standing:
            # The gauge is shared: a copy of it would be another one to a snapshot.
            self._shares_series, self.served = False, deepcopy(self.served, {id(self._gauge): self._gauge})
        if not self._shares_series:
            self.served.update(y, asked.answers[asked.lineup.champion])
        for name, answer in asked.baselines.items():
            self.baselines[name].update(y, answer)

    def learn(self, y: Label) -> None:
        """Show the baselines a label that the models learn, too."""
        for baseline in self._baselines:
            baseline.learn(y)

    def score_held_out(self, asked: Asked, y: Label, *, position: int) -> HeldOutWindow | None:
        """Enter a held-out label; the window, if this label closed it."""
        window = self._window
        window.update(y, {**asked.answers, **asked.baselines})
        if not window.is_full:
            return None
        self._window = HeldOutWindow(self._gauge, number=window.number + 1, first=position + 1)
        return window

    def leading_baseline(self) -> tuple[str, float | None]:
        """The baseline that is hardest to beat by the leading metric, and its figure."""
        figures = {name: score.leading_figure() for name, score in self.baselines.items()}
        known = {name: value for name, value in figures.items() if value is not None}
        if not known:
            return self._baselines[0].name, None
        best = max if bigger_is_better(self._gauge.metric, self._gauge.task) else min
        name = best(known, key=known.__getitem__)
        return name, known[name]

    def best_baseline(self) -> Baseline:
        """A copy of the baseline that is hardest to beat so far."""
        name, _ = self.leading_baseline()
        return deepcopy(next(baseline for baseline in self._baselines if baseline.name == name))

    def held_out_figures(self) -> dict[str, Figures]:
        """The open window's figures so far, by version and baseline."""
        return self._window.figures()
