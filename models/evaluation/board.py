"""The score board: every series of answers side by side, and the held-out windows.

Series are the candidates (each the answers of whichever version stood for it), the service itself (whatever the
champion of the moment answered), and the baselines. Measures look at the service's own answers in further ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy

from models.answer import Answer
from models.asked import Asked
from models.counts import Counts
from models.decision.baseline import DecidedBaseline, decided
from models.decision.rule import Rule
from models.evaluation.baselines import Baseline, make_baselines
from models.evaluation.comparison import Comparison
from models.evaluation.decided import Decided
from models.evaluation.errors.evidence import ErrorEvidence, HeldOutErrors
from models.evaluation.holdout import HeldOutWindow
from models.evaluation.lead import Lead
from models.evaluation.measure import measures_of
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
        self.candidates = {candidate.name: Series.of(gauge) for candidate in gauge.candidates}
        self.baselines = {baseline.name: Series.of(gauge) for baseline in self._baselines}
        # With one candidate the service's answers are that candidate's, until a baseline has to stand in: one series,
        # scored once.
        only = next(iter(self.candidates.values()))
        self._shares_series = len(self.candidates) == 1
        self.served = only if self._shares_series else Series.of(gauge)
        self._comparison = Comparison(gauge, names, counts, self.baselines)
        self.versions: dict[str, Population] = {}
        """The leading metric over the answers of each version that lives."""
        self._measures = measures_of(gauge, names, counts)
        self._errors = ErrorEvidence(gauge)
        self.uncertainty = self._uncertainty()
        self._window_size = gauge.evaluation.holdout_window
        self._held_out_errors = HeldOutErrors(gauge)
        self._window = HeldOutWindow(shown, size=self._window_size, number=1, first=0)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        series = {**self.candidates, **self.baselines, "served": self.served}
        for name, score in series.items():
            yield from (f"series {name}: {what}" for what in score.broken(self.counts.labels))
        if self._shares_series and [*self.candidates.values()] != [self.served]:
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
        self._shown = shown = Shown.of(gauge)
        apart = [] if self._shares_series else [self.served]
        for score in (*self.candidates.values(), *self.baselines.values(), *apart):
            score.adopt(shown)
        if shown.read_probabilities:
            for baseline in self._baselines:
                baseline.give_shares()
        self._baselines = _decided(self._baselines, gauge)
        for candidate in gauge.candidates:
            if candidate.name not in self.candidates:
                self._serve_apart()
                self.candidates[candidate.name] = Series.of(gauge)
        self._comparison.adopt(gauge)
        for measure in self._measures.values():
            measure.adopt(gauge)
        made = measures_of(gauge, self._names, self.counts)
        # One that is no longer asked for and has opened alerts stays: it closes them, and never uses a name again.
        left = {name: one for name, one in self._measures.items() if one.episodes and name not in made}
        self._measures = {name: self._measures.get(name, measure) for name, measure in made.items()} | left
        self.uncertainty = self._uncertainty()

    def _uncertainty(self) -> Uncertainty | None:
        measure = self._measures.get("uncertainty")
        return measure if isinstance(measure, Uncertainty) else None

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
        if asked.answers.keys() != self.versions.keys():
            shown, known = self._shown, self.versions
            # Versions that are gone are dropped; their last labels are in the candidates' series alone.
            self.versions = {
                name: known.get(name) or population_of(shown.metrics[0], shown.task) for name in asked.answers
            }
        if not asked.held_out:
            for measure in self._measures.values():
                measure.predicted(asked, turn)

    def label(self, asked: Asked, y: Label, champion: str, turn: Turn) -> WindowReport | None:
        """Score a label; the report, if it closed a held-out window. ``champion`` leads now, not when it was asked."""
        if asked.held_out:
            return self._held_out(asked, y, champion, turn)
        standing = asked.lineup.standing
        for candidate, version in standing.items():
            self.candidates[candidate].update(y, asked.answers[version])
        if self._shares_series and not standing:
            self._serve_apart()
        served = asked.answers[asked.lineup.champion]
        if not self._shares_series:
            self.served.update(y, served)
        for name, answer in asked.baselines.items():
            self.baselines[name].update(y, answer)
        self._comparison.label(asked, y, served, self.served, turn)
        for baseline in self._baselines:
            if isinstance(baseline, DecidedBaseline) and (shares := asked.baselines[baseline.name].probabilities):
                baseline.rule.learn(y, shares)
        for version, answer in asked.answers.items():
            population = self.versions.get(version)
            if population is not None:
                population.update(y, answer)
        self._errors.label(asked, y, self.versions)
        for measure in self._measures.values():
            measure.label(asked, y, served, turn)
        return None

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
        found = {name: measure.figures() for name, measure in self._measures.items()}
        found.update(self._errors.figures(self.served.newest(), self.versions))
        return Evaluated(verdict=self.verdict(), **found)

    def verdict(self) -> Verdict:
        """How the service stands beside the baselines, in words too."""
        return self._comparison.verdict(self.served)

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
            self._shares_series, self.served = False, deepcopy(self.served)

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


def _decided(baselines: tuple[Baseline, Baseline], gauge: Gauge) -> tuple[Baseline, Baseline]:
    follows, averages = baselines
    return decided(follows, gauge), decided(averages, gauge)


def _values(figures: Mapping[str, Figure]) -> Figures:
    return {name: figure.value for name, figure in figures.items()}
