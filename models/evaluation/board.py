"""The score board: every series of answers side by side, and the held-out windows.

Series are the candidates (each the answers of whichever version stood for it), the service itself (whatever the
champion of the moment answered), and the baselines. Measures look at the service's own answers in further ways.

Labels wait until there are enough of them to be counted together, which takes a third of the time. Whoever reads a
figure has those that wait counted first, and when that is done changes no digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy

from models.answer import Answer
from models.asked import Asked, Labelled, Lineup, answers_in, by_lineup, of_version
from models.decision.baseline import DecidedBaseline, both_decided
from models.decision.rule import Rule
from models.drift.episodes import Episodes
from models.evaluation.coverage import Coverage
from models.evaluation.decided import Decided
from models.evaluation.errors.evidence import ErrorEvidence, HeldOutErrors
from models.evaluation.holdout import HeldOutWindow
from models.evaluation.measure import Measures
from models.evaluation.metrics.metric_set import Shown
from models.evaluation.performance import hardest, performance
from models.evaluation.population import Population, population_of
from models.evaluation.series import Series
from models.evaluation.uncertainty.uncertainty import Uncertainty
from models.evaluation.verdict.baselines import Baseline, make_baselines
from models.evaluation.verdict.comparison import Comparison
from models.evaluation.verdict.losing import LOOK_EVERY
from models.turn import Turn
from schemas.evaluated import Evaluated, Figure, Verdict
from schemas.events import Label
from schemas.gauge import Gauge
from schemas.records import Figures, WindowReport
from schemas.status import NamedFigure, Performance


class Board:
    """Scores and baselines of one learner; emits a report for each held-out window that closes."""

    def __init__(self, gauge: Gauge, episodes: Episodes) -> None:
        self.counts = episodes.counts
        self._shown = shown = Shown.of(gauge)
        self._baselines = both_decided(make_baselines(gauge.task, probabilities=shown.read_probabilities), gauge)
        self._candidates = {candidate.name: Series.of(gauge) for candidate in gauge.candidates}
        self._series_of_baselines = {baseline.name: Series.of(gauge) for baseline in self._baselines}
        # With one candidate the service's answers are that candidate's, until a baseline has to stand in: one series,
        # scored once.
        only = next(iter(self._candidates.values()))
        self._shares_series = len(self._candidates) == 1
        self._served = only if self._shares_series else Series.of(gauge)
        self._comparison = Comparison(gauge, episodes, self._series_of_baselines)
        self._versions: dict[str, Population] = {}
        self._coverage = Coverage()
        self._due: list[Labelled] = []
        """Labels that are not counted yet."""
        self._labelled = 0
        self._measures = Measures(gauge, episodes)
        self._errors = ErrorEvidence(gauge)
        self._window_size = gauge.evaluation.holdout_window
        self._held_out_errors = HeldOutErrors(gauge)
        self._window = HeldOutWindow(shown, size=self._window_size, number=1, first=0)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        self._settle()
        series = {**self._candidates, **self._series_of_baselines}
        if not self._shares_series:
            series["served"] = self._served
        for name, score in series.items():
            yield from (f"series {name}: {what}" for what in score.broken(self.counts.labels))
        if self._shares_series and [*self._candidates.values()] != [self._served]:
            yield "the service's series is said to be the only candidate's, and is not"
        for version, population in self.versions.items():
            yield from (f"version {version}: {what}" for what in population.broken())
        if self._window.is_full:
            yield f"held-out window {self._window.number} is full and still open"
        yield from self._coverage.broken()
        yield from self._comparison.broken()
        yield from self._measures.broken()
        yield from self._errors.broken()

    def adopt(self, gauge: Gauge) -> None:
        """Show further metrics, and score further candidates, from here on; the open held-out window stays as it is."""
        self._settle()
        self._shown = shown = Shown.of(gauge)
        apart = [] if self._shares_series else [self._served]
        for score in (*self._candidates.values(), *self.baselines.values(), *apart):
            score.adopt(shown)
        if shown.read_probabilities:
            for baseline in self._baselines:
                baseline.give_shares()
        self._baselines = both_decided(self._baselines, gauge)
        for candidate in gauge.candidates:
            if candidate.name not in self._candidates:
                self._serve_apart()
                self._candidates[candidate.name] = Series.of(gauge)
        self._comparison.adopt(gauge)
        self._measures.adopt(gauge)

    @property
    def uncertainty(self) -> Uncertainty | None:
        """What issues intervals or sets; ``None`` where the gauge file asks for none."""
        measure = self._measures.by_name.get("uncertainty")
        return measure if isinstance(measure, Uncertainty) else None

    def decided_by(self, rule: Rule | None) -> None:
        """What decides the labels that are served from here on: the rule of the version that leads."""
        measure = self._measures.by_name.get("decision")
        if isinstance(measure, Decided):
            measure.rule = rule

    @property
    def reports(self) -> int:
        """How many windows have closed."""
        return self._window.number - 1

    def ask(self) -> dict[str, Answer]:
        """What the baselines answer to the next event."""
        follows, averages = self._baselines
        return {follows.name: follows.answer(), averages.name: averages.answer()}

    def predicted(self, asked: Asked, turn: Turn) -> None:
        """An event was answered; its label may come, much later or never."""
        if asked.answers.keys() != self._versions.keys():
            shown, known = self._shown, self._versions
            # Versions that are gone are dropped; their last labels are in the candidates' series alone.
            self._versions = {
                name: known.get(name) or population_of(shown.metrics[0], shown.task) for name in asked.answers
            }
            self._coverage.living(self._versions)
        if asked.held_out:
            self._window.predicted((*asked.answers, *asked.baselines))
            return
        self._coverage.predicted(asked.lineup)
        self._measures.predicted(asked, turn)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> WindowReport | None:
        """Score a label; the report, if it closed a held-out window. ``champion`` leads now, not when it was asked."""
        if asked.held_out:
            return self._held_out(asked, y, champion, turn)
        if self._shares_series and asked.lineup.answering not in asked.lineup.standing.values():
            self._settle()
            self._serve_apart()
        due = self._due
        due.append((asked, y, turn.position))
        for baseline in self._baselines:
            if isinstance(baseline, DecidedBaseline) and (shares := asked.baselines[baseline.name].probabilities):
                baseline.rule.learn(y, shares)
        self._measures.label(asked, y, turn)
        self._labelled += 1
        if self._labelled % LOOK_EVERY == 0:
            self._settle()
            self._comparison.look(asked.lineup.answering, self._served, turn)
        return None

    def _settle(self) -> None:
        """Count the labels that wait."""
        due, self._due = self._due, []
        for lineup, labelled in by_lineup(due):
            self._count(lineup, labelled)

    def _count(self, lineup: Lineup, labelled: list[Labelled]) -> None:
        """Count labels of events that were asked under the same lineup."""
        asked_of = {
            version: of_version(version, labelled)
            for version in {lineup.answering: None, **dict.fromkeys(lineup.standing.values()), **self._versions}
        }
        self._coverage.labelled(lineup, len(labelled), {name: len(asked_of[name]) for name in self._versions})
        answered = {version: answers_in(answers) for version, answers in asked_of.items()}
        for name, series in self._candidates.items():
            if name in lineup.standing:
                series.extend(answered[lineup.standing[name]])
        if not self._shares_series:
            self._served.extend(answered[lineup.answering])
        for name, series in self._series_of_baselines.items():
            series.extend(answers_in([(y, asked.baselines[name]) for asked, y, _ in labelled]))
        for version, population in self._versions.items():
            population.extend(answered[version])
        self._comparison.extend(lineup.answering, labelled)
        self._errors.extend(labelled, {version: answered[version] for version in self._versions})
        self._measures.extend(labelled)

    @property
    def candidates(self) -> Mapping[str, Series]:
        """Each candidate's answers: those of whichever version stood for it."""
        self._settle()
        return self._candidates

    @property
    def coverage(self) -> Coverage:
        """How many of the events that each of these was asked have their label."""
        self._settle()
        return self._coverage

    @property
    def baselines(self) -> Mapping[str, Series]:
        """Each baseline's answers."""
        self._settle()
        return self._series_of_baselines

    @property
    def served(self) -> Series:
        """What the service itself answered."""
        self._settle()
        return self._served

    @property
    def versions(self) -> Mapping[str, Population]:
        """The leading metric over the answers of each version that lives."""
        self._settle()
        return self._versions

    def learn(self, y: Label) -> None:
        """Show the baselines a label that the models learn, too."""
        for baseline in self._baselines:
            baseline.learn(y)

    def leading_baseline(self) -> NamedFigure:
        """The baseline that is hardest to beat by the leading metric, and its figure."""
        return hardest(self._shown, {name: score.leading_figure() for name, score in self.baselines.items()})

    def best_baseline(self) -> Baseline:
        """A copy of the baseline that is hardest to beat so far."""
        name = self.leading_baseline().name
        return deepcopy(next(baseline for baseline in self._baselines if baseline.name == name))

    def held_out_figures(self) -> dict[str, Figures]:
        """The open window's figures so far, by version and baseline."""
        return self._window.figures()

    def held_out_measured(self) -> dict[str, dict[str, Figure]]:
        """The same with their intervals."""
        return self._window.measured()

    def evaluated(self) -> Evaluated:
        """What the measures have found so far, and what it comes to."""
        self._settle()
        found = self._measures.figures()
        found.update(self._errors.figures(self.served.newest(), self.versions))
        return Evaluated(verdict=self.verdict(), **found)

    def verdict(self) -> Verdict:
        """How the service stands beside the baselines, in words too."""
        self._settle()
        return self._comparison.verdict(self._served)

    def status(self) -> Performance:
        """How well the service answered; of a long window only the newest answers are read."""
        return performance(
            self._shown,
            served=self.served,
            candidates=self.candidates,
            baselines=self.baselines,
            versions=self.versions,
            leads=self._comparison.leads,
            coverage=self._coverage,
        )

    def _serve_apart(self) -> None:
        if self._shares_series:
            self._shares_series, self._served = False, deepcopy(self._served)

    def _held_out(self, asked: Asked, y: Label, champion: str, turn: Turn) -> WindowReport | None:
        window = self._window
        answers = {**asked.answers, **asked.baselines}
        window.update(y, answers, asked.position)
        self._held_out_errors.update(y, answers)
        if not window.is_full:
            return None
        self._window = HeldOutWindow(
            self._shown, size=self._window_size, number=window.number + 1, first=turn.position + 1
        )
        report = WindowReport(
            position=turn.position,
            time=turn.time,
            window=window.number,
            first=window.first,
            last=turn.position,
            labels=window.labels,
            champion=champion,
            models=window.figures(),
            coverage=self.counts.coverage,
            figures=window.measured(),
            verdict=self.verdict().words,
            service=self.evaluated(),
            **self._held_out_errors.figures(),
        )
        self._held_out_errors.clear()
        turn.emit(report)
        return report
