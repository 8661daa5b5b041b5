"""The score board: every series of answers side by side, and the held-out windows.

Series are the candidates (each the answers of whichever version stood for it), the service itself (whatever the
champion of the moment answered), and the baselines. Measures look at the service's own answers in further ways.

Labels wait until there are enough of them to be counted together, which takes a third of the time. Whoever reads a
figure has those that wait counted first, and when that is done changes no digit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import groupby

from models.answer import Answer
from models.asked import Asked, Labelled, Lineup
from models.counts import Counts
from models.decision.baseline import DecidedBaseline, decided
from models.decision.rule import Rule
from models.evaluation.baselines import Baseline, make_baselines
from models.evaluation.comparison import Comparison
from models.evaluation.decided import Decided
from models.evaluation.errors.evidence import ErrorEvidence, HeldOutErrors
from models.evaluation.holdout import HeldOutWindow
from models.evaluation.lead import Lead
from models.evaluation.losing import LOOK_EVERY
from models.evaluation.measure import Counting, Measure, Watching, measures_of
from models.evaluation.metric_set import Shown
from models.evaluation.metrics import bigger_is_better
from models.evaluation.population import Population, population_of
from models.evaluation.series import Series
from models.evaluation.uncertainty import Uncertainty
from models.names import Names
from models.turn import Turn
from schemas.evaluated import Evaluated, Figure, Verdict
from schemas.events import Label
from schemas.gauge import Gauge
from schemas.records import Figures, WindowReport
from schemas.status import CandidateFigures, NamedFigure, Performance, SeriesFigures, WindowFigure
from schemas.status import Lead as LeadFigures


class Board:
    """Scores and baselines of one learner; emits a report for each held-out window that closes."""

    def __init__(self, gauge: Gauge, names: Names, counts: Counts) -> None:
        self.counts = counts
        self._names = names
        self._shown = shown = Shown.of(gauge)
        self._baselines = _decided(make_baselines(gauge.task, probabilities=shown.read_probabilities), gauge)
        self._candidates = {candidate.name: Series.of(gauge) for candidate in gauge.candidates}
        self._series_of_baselines = {baseline.name: Series.of(gauge) for baseline in self._baselines}
        # With one candidate the service's answers are that candidate's, until a baseline has to stand in: one series,
        # scored once.
        only = next(iter(self._candidates.values()))
        self._shares_series = len(self._candidates) == 1
        self._served = only if self._shares_series else Series.of(gauge)
        self._comparison = Comparison(gauge, names, counts, self._series_of_baselines)
        self._versions: dict[str, Population] = {}
        self._due: list[Labelled] = []
        """Labels that are not counted yet."""
        self._labelled = 0
        self._measures: dict[str, Measure] = {}
        self._errors = ErrorEvidence(gauge)
        self._measure(measures_of(gauge, names, counts))
        self._window_size = gauge.evaluation.holdout_window
        self._held_out_errors = HeldOutErrors(gauge)
        self._window = HeldOutWindow(shown, size=self._window_size, number=1, first=0)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        self._settle()
        series = {**self.candidates, **self.baselines, "served": self.served}
        for name, score in series.items():
            yield from (f"series {name}: {what}" for what in score.broken(self.counts.labels))
        if self._shares_series and [*self._candidates.values()] != [self._served]:
            yield "the service's series is said to be the only candidate's, and is not"
        for version, population in self.versions.items():
            yield from (f"version {version}: {what}" for what in population.broken())
        if self._window.is_full:
            yield f"held-out window {self._window.number} is full and still open"
        yield from self._comparison.broken()
        for name, measure in self._measures.items():
            yield from (f"{name}: {what}" for what in measure.broken())
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
        self._baselines = _decided(self._baselines, gauge)
        for candidate in gauge.candidates:
            if candidate.name not in self._candidates:
                self._serve_apart()
                self._candidates[candidate.name] = Series.of(gauge)
        self._comparison.adopt(gauge)
        for measure in self._measures.values():
            measure.adopt(gauge)
        made = measures_of(gauge, self._names, self.counts)
        # One that is no longer asked for and has opened alerts stays: it closes them, and never uses a name again.
        left = {name: one for name, one in self._measures.items() if one.episodes and name not in made}
        self._measure({name: self._measures.get(name, measure) for name, measure in made.items()} | left)

    def _measure(self, measures: dict[str, Measure]) -> None:
        self._measures = measures
        self._watching = [measure for measure in measures.values() if isinstance(measure, Watching)]
        self._counting = [measure for measure in measures.values() if isinstance(measure, Counting)]
        uncertainty = measures.get("uncertainty")
        self.uncertainty = uncertainty if isinstance(uncertainty, Uncertainty) else None

    def decided_by(self, rule: Rule | None) -> None:
        """What decides the labels that are served from here on: the rule of the version that leads."""
        measure = self._measures.get("decision")
        if isinstance(measure, Decided):
            measure.rule = rule

    @property
    def alerts(self) -> int:
        """How many alerts were opened: of the service losing to a baseline, and of the measures."""
        return self._comparison.episodes + sum(measure.episodes for measure in self._measures.values())

    @property
    def leads(self) -> Mapping[str, Lead]:
        """The service's lead over each baseline."""
        self._settle()
        return self._comparison.leads

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
        if not asked.held_out:
            for measure in self._watching:
                measure.predicted(asked, turn)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> WindowReport | None:
        """Score a label; the report, if it closed a held-out window. ``champion`` leads now, not when it was asked."""
        if asked.held_out:
            return self._held_out(asked, y, champion, turn)
        if self._shares_series and not asked.lineup.standing:
            self._settle()
            self._serve_apart()
        due = self._due
        due.append((asked, y, turn.position))
        for baseline in self._baselines:
            if isinstance(baseline, DecidedBaseline) and (shares := asked.baselines[baseline.name].probabilities):
                baseline.rule.learn(y, shares)
        if self._watching:
            served = asked.answers[asked.lineup.champion]
            for measure in self._watching:
                measure.label(asked, y, served, turn)
        self._labelled += 1
        if self._labelled % LOOK_EVERY == 0:
            self._settle()
            self._comparison.look(asked.lineup.champion, self._served, turn)
        return None

    def _settle(self) -> None:
        """Count the labels that wait."""
        due, self._due = self._due, []
        for lineup, labelled in groupby(due, key=_lineup_of):
            self._count(lineup, [*labelled])

    def _count(self, lineup: Lineup, labelled: list[Labelled]) -> None:
        """Count labels of events that were asked under the same lineup."""
        answered = {
            version: _answered([(y, asked.answers[version]) for asked, y, _ in labelled if version in asked.answers])
            for version in {lineup.champion: None, **dict.fromkeys(lineup.standing.values()), **self._versions}
        }
        for name, series in self._candidates.items():
            if name in lineup.standing:
                series.extend(answered[lineup.standing[name]])
        if not self._shares_series:
            self._served.extend(answered[lineup.champion])
        for name, series in self._series_of_baselines.items():
            series.extend(_answered([(y, asked.baselines[name]) for asked, y, _ in labelled]))
        for version, population in self._versions.items():
            population.extend(answered[version])
        self._comparison.extend(lineup.champion, labelled)
        self._errors.extend(labelled, {version: answered[version] for version in self._versions})
        for measure in self._counting:
            measure.extend(labelled)

    @property
    def candidates(self) -> Mapping[str, Series]:
        """Each candidate's answers: those of whichever version stood for it."""
        self._settle()
        return self._candidates

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
        return self._hardest({name: score.leading_figure() for name, score in self.baselines.items()})

    def _hardest(self, figures: Mapping[str, float | None]) -> NamedFigure:
        known = {name: value for name, value in figures.items() if value is not None}
        if not known:
            return NamedFigure(name=self._baselines[0].name, value=None)
        best = max if bigger_is_better(self._shown.metrics[0], self._shown.task) else min
        name = best(known, key=known.__getitem__)
        return NamedFigure(name=name, value=known[name])

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
        found = {name: measure.figures() for name, measure in self._measures.items()}
        found.update(self._errors.figures(self.served.newest(), self.versions))
        return Evaluated(verdict=self.verdict(), **found)

    def verdict(self) -> Verdict:
        """How the service stands beside the baselines, in words too."""
        self._settle()
        return self._comparison.verdict(self._served)

    def status(self) -> Performance:
        """How well the service answered; of a long window only the newest answers are read."""
        leading = self._shown.leading
        served = SeriesFigures(
            life=self.served.measured(),
            window=self.served.measured_shown_window(),
            faded_error=self.served.measured_faded_error(),
        )
        candidates = {name: self._leading(score, served) for name, score in self.candidates.items()}
        baselines = {name: self._leading(score, served) for name, score in self.baselines.items()}
        baseline = self._hardest({name: one.life[leading].value for name, one in baselines.items()})
        return Performance(
            metric=NamedFigure(name=leading, value=served.life[leading].value),
            metrics=_values(served.life),
            window=self._window_of(self.served, leading, served),
            window_metrics=_values(served.window),
            faded_error=served.faded_error.value,
            candidates={
                name: CandidateFigures(metric=one.life[leading].value, faded_error=one.faded_error.value)
                for name, one in candidates.items()
            },
            baseline=baseline,
            baseline_window=self._window_of(self.baselines[baseline.name], baseline.name, baselines[baseline.name]),
            figures=served,
            candidate_figures=candidates,
            baseline_figures=baselines,
            version_figures={name: population.figure() for name, population in self.versions.items()},
            leads={name: LeadFigures(life=lead.figure(), recent=lead.recent()) for name, lead in self.leads.items()},
        )

    def _leading(self, score: Series, served: SeriesFigures) -> SeriesFigures:
        name = self._shown.leading
        if score is self.served:
            life, window = served.life[name], served.window[name]
            return SeriesFigures(life={name: life}, window={name: window}, faded_error=served.faded_error)
        return SeriesFigures(
            life={name: score.measured_leading()},
            window={name: score.measured_leading_shown_window()},
            faded_error=score.measured_faded_error(),
        )

    def _window_of(self, score: Series, name: str, figures: SeriesFigures) -> WindowFigure:
        return WindowFigure(
            name=name, value=figures.window[self._shown.leading].value, answers=score.answers_in_shown_window
        )

    def _serve_apart(self) -> None:
        if self._shares_series:
            self._shares_series, self._served = False, deepcopy(self._served)

    def _held_out(self, asked: Asked, y: Label, champion: str, turn: Turn) -> WindowReport | None:
        window = self._window
        answers = {**asked.answers, **asked.baselines}
        window.update(y, answers)
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


def _lineup_of(labelled: Labelled) -> Lineup:
    return labelled[0].lineup


def _answered(labelled: list[tuple[Label, Answer]]) -> list[tuple[Label, Answer]]:
    """Those for which there was an answer."""
    return [one for one in labelled if one[1][0] is not None]


def _decided(baselines: tuple[Baseline, Baseline], gauge: Gauge) -> tuple[Baseline, Baseline]:
    follows, averages = baselines
    return decided(follows, gauge), decided(averages, gauge)


def _values(figures: Mapping[str, Figure]) -> Figures:
    return {name: figure.value for name, figure in figures.items()}
