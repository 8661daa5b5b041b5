"""How well the service answered, beside its candidates and baselines, as a learner's status has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from models.evaluation.coverage import Coverage, covered
from models.evaluation.metrics.metric_set import Shown
from models.evaluation.metrics.metrics import bigger_is_better
from models.evaluation.population import Population
from models.evaluation.series import Series
from models.evaluation.verdict.lead import Lead
from schemas.evaluated import Figure
from schemas.records import Figures
from schemas.status import CandidateFigures, NamedFigure, Performance, SeriesFigures, WindowFigure
from schemas.status import Lead as LeadFigures


def performance(
    shown: Shown,
    *,
    served: Series,
    candidates: Mapping[str, Series],
    baselines: Mapping[str, Series],
    versions: Mapping[str, Population],
    leads: Mapping[str, Lead],
    coverage: Coverage,
) -> Performance:
    """Every figure is worked out once; of a long window only the newest answers are read."""
    leading = shown.leading
    ours = SeriesFigures(
        life=covered(served, coverage.service),
        window=served.measured_shown_window(),
        faded_error=served.measured_faded_error(),
    )

    def led(series: Series, covers: float | None) -> SeriesFigures:
        if series is served:
            life, window = ours.life[leading], ours.window[leading]
            return SeriesFigures(life={leading: life}, window={leading: window}, faded_error=ours.faded_error)
        return SeriesFigures(
            life={leading: replace(series.measured_leading(), coverage=covers)},
            window={leading: series.measured_leading_shown_window()},
            faded_error=series.measured_faded_error(),
        )

    def in_window(series: Series, name: str, figures: SeriesFigures) -> WindowFigure:
        return WindowFigure(name=name, value=figures.window[leading].value, answers=series.answers_in_shown_window)

    racing = {name: led(series, coverage.candidate(name)) for name, series in candidates.items()}
    simple = {name: led(series, coverage.service) for name, series in baselines.items()}
    baseline = hardest(shown, {name: one.life[leading].value for name, one in simple.items()})
    return Performance(
        metric=NamedFigure(name=leading, value=ours.life[leading].value),
        metrics=_values(ours.life),
        window=in_window(served, leading, ours),
        window_metrics=_values(ours.window),
        faded_error=ours.faded_error.value,
        candidates={
            name: CandidateFigures(metric=one.life[leading].value, faded_error=one.faded_error.value)
            for name, one in racing.items()
        },
        baseline=baseline,
        baseline_window=in_window(baselines[baseline.name], baseline.name, simple[baseline.name]),
        figures=ours,
        candidate_figures=racing,
        baseline_figures=simple,
        version_figures={
            name: replace(population.figure(), coverage=coverage.version(name)) for name, population in versions.items()
        },
        leads={
            name: LeadFigures(life=replace(lead.figure(), coverage=coverage.service), recent=lead.recent())
            for name, lead in leads.items()
        },
    )


def hardest(shown: Shown, figures: Mapping[str, float | None]) -> NamedFigure:
    """Of baselines' figures by the leading metric, the best; the first one's while none has any."""
    known = {name: value for name, value in figures.items() if value is not None}
    if not known:
        return NamedFigure(name=next(iter(figures)), value=None)
    best = max if bigger_is_better(shown.metrics[0], shown.task) else min
    name = best(known, key=known.__getitem__)
    return NamedFigure(name=name, value=known[name])


def _values(figures: Mapping[str, Figure]) -> Figures:
    return {name: figure.value for name, figure in figures.items()}
