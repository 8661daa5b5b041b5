"""The service without the broker: a data file folded through the very core that the worker runs.

Rows become the bytes that ``send`` would publish, in the same order, and are decoded as the worker decodes them. So
positions are the offsets on a fresh topic with one partition, and every figure is what the service would have reported.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import IO, Any, NamedTuple

from models.door.decoder import Decoder
from models.drift.sweep import Sweep, Swept
from models.evaluation.coverage import covered
from models.evaluation.series import Series
from models.learner import Learner
from schemas.events import Input
from schemas.gauge import Gauge
from schemas.records import DeadLetter, DriftAlert, Effect, ModelVersion, Prediction, WindowReport
from schemas.status import SeriesFigures
from streams.data.datafile import rows
from streams.data.predictionlines import PredictionLines
from streams.data.refusals import Refusals, Refused
from streams.data.replay import Replayed, records
from streams.here.failures import DefectError
from streams.here.libraries import libraries


class Backtest(NamedTuple):
    """What came of a run: the learner as it stood at the end, and everything it emitted but predictions."""

    learner: Learner
    others: dict[type[Effect], list[Any]]
    """By type, all that is neither a prediction nor a dead letter."""
    refusals: Refusals
    decoder: Decoder
    seconds: float

    @property
    def alerts(self) -> list[DriftAlert]:
        """The alerts in order."""
        return self.others.get(DriftAlert, [])

    @property
    def versions(self) -> list[ModelVersion]:
        """The version events in order."""
        return self.others.get(ModelVersion, [])

    @property
    def reports(self) -> list[WindowReport]:
        """The held-out windows in order."""
        return self.others.get(WindowReport, [])

    @property
    def swept(self) -> list[Swept] | None:
        """What other budgets would have raised; ``None`` if that was not asked for."""
        monitors = self.learner.monitors
        return monitors.found() if isinstance(monitors, Sweep) else None


class Folded(NamedTuple):
    """One record that was folded: what it was, and what followed from it."""

    position: int
    record: Replayed
    event: Input
    effects: list[Effect]


def fold(learner: Learner, log: Iterable[Replayed], decoder: Decoder | None = None) -> Iterator[Folded]:
    """Decode and handle records in order, from the learner's next offset on.

    Raises
    ------
    DefectError
        If the core raises. A model that fails is no defect; want of memory is, and so is what River's Rust raises.
    """
    decoder = Decoder(learner.gauge) if decoder is None else decoder
    for position, record in enumerate(log, start=learner.next_offset):
        try:
            event = decoder.decode(record)
            effects = learner.handle(event, position)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            place = f"record {position}" + (f" (line {record.line})" if record.line is not None else "")
            words = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise DefectError(f"a defect at {place}: {words}; nothing after it was folded") from error
        yield Folded(position, record, event, effects)


def backtest(
    gauge: Gauge,
    data: Path,
    *,
    delimiter: str | None = None,
    limit: int | None = None,
    predictions: IO[bytes] | None = None,
    dead_letters: IO[bytes] | None = None,
    progress: Callable[[int], None] | None = None,
    budgets: Sequence[str] = (),
    seen: Callable[[Learner, Folded], None] | None = None,
) -> Backtest:
    """Run a gauge over a file.

    Parameters
    ----------
    gauge
        A checked gauge.
    data
        CSV or JSON lines, plain or packed.
    delimiter
        What separates the cells of a CSV file; by default what its header shows.
    limit
        Number of rows to read; all of them if ``None``.
    predictions
        Where to write one JSON line per prediction.
    dead_letters
        Where to write one JSON line per refused record.
    progress
        Called now and then with the number of events so far.
    budgets
        Of false alarms, as ``drift.false_alarms`` has them: each is watched with beside the gauge's own. A learner that
        was run with some is not to be saved.
    seen
        Told each record when it has been folded.

    Raises
    ------
    streams.data.datafile.DataFileError
        If the file cannot be read as the gauge describes it.
    DefectError
        If the core raises.
    """
    begin = perf_counter()
    learner = Learner(gauge, partition=0, libraries=libraries(), stopwatch=perf_counter)
    if budgets:
        learner.monitors = Sweep(gauge, learner.episodes, budgets)
    result = Backtest(learner, {}, Refusals(dead_letters), Decoder(gauge), 0.0)
    lines = None if predictions is None else PredictionLines(learner, predictions)
    places = _Places(result.refusals)
    try:
        log = records(rows(data, delimiter), gauge, limit=limit, warn=result.decoder.warnings.append)
        for folded in fold(learner, log, result.decoder):
            for effect in folded.effects:
                if not isinstance(effect, Prediction | DeadLetter):
                    result.others.setdefault(type(effect), []).append(effect)
            places.folded(folded)
            if seen is not None:
                seen(learner, folded)
            if lines is not None:
                lines.folded(folded.event, folded.position, folded.effects)
            if progress is not None and folded.position % 500 == 0:
                progress(learner.counts.events)
    finally:  # a defect, or a stop: what was predicted is written
        if lines is not None:
            lines.close()
    return result._replace(seconds=perf_counter() - begin)


class _Places:
    """Tells refusals with the places of the refused records: a label may be refused long after it was read."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals
        self._lines = array("q")  # by position; eight bytes a record

    def folded(self, folded: Folded) -> None:
        record = folded.record
        self._lines.append(-1 if record.line is None else record.line)
        for letter in folded.effects:
            if isinstance(letter, DeadLetter):
                line = self._lines[letter.source]
                here = record.problem if letter.source == folded.position else None
                detail = letter.detail if here is None else here
                place = None if line < 0 else line
                self._refusals.add(Refused(letter.source, place, letter.reason, detail, letter.raw))


def as_json(result: Backtest) -> dict[str, Any]:
    """The promised output for programs; see docs/records.md."""
    learner, board = result.learner, result.learner.board
    status, coverage = learner.status(), board.coverage
    champion = status.versions.champion
    return {
        "gauge": learner.gauge.name,
        "events": status.events,
        "predictions": status.predictions,
        "labels": status.labels,
        "dead_letters": status.dead_letters,
        "candidates": [
            {
                "name": name,
                "metrics": score.figures(),
                "window": score.window_figures(),
                "faded_error": score.faded_error(),
                "figures": _measured(score, coverage.candidate(name)),
                "labels": score.n,
                "seconds": learner.panel.seconds[name],
            }
            for name, score in board.candidates.items()
        ],
        "served": {
            "metrics": board.served.figures(),
            "figures": _measured(board.served, coverage.service),
            "labels": board.served.n,
        },
        "baselines": {name: score.figures() for name, score in board.baselines.items()},
        "baseline_figures": {name: _measured(score, coverage.service) for name, score in board.baselines.items()},
        "version_figures": status.performance.version_figures,
        "leads": status.performance.leads,
        "champion": None if champion is None else champion.candidate,
        "champion_version": None if champion is None else champion.version,
        "alerts": [alert._asdict() for alert in result.alerts],
        "versions": [version._asdict() for version in result.versions],
        "holdout": {
            "share": learner.gauge.evaluation.holdout,
            "windows": [report._asdict() for report in result.reports],
            "open_window": board.held_out_figures(),
            "open_window_figures": board.held_out_measured(),
        },
        "coverage": status.coverage,
        "evaluated": status.evaluated,
        "seconds": result.seconds,
        "refusals": result.refusals.as_json(),
        "unknown_fields": result.decoder.unknown_fields,
        "warnings": result.decoder.warnings,
        "watched": status.watched,
        "budgets": _budgets(result),
    }


def _budgets(result: Backtest) -> list[dict[str, Any]] | None:
    if result.swept is None:
        return None
    told = ("position", "time", "drift", "subject", "severity", "cause")
    return [
        {
            "false_alarms": one.false_alarms,
            "watch": one.watch,
            "chance": one.chance,
            "alarms": [{name: getattr(alert, name) for name in told} for alert in one.opened],
        }
        for one in result.swept
    ]


def _measured(score: Series, coverage: float | None) -> SeriesFigures:
    return SeriesFigures(
        life=covered(score, coverage), window=score.measured_window(), faded_error=score.measured_faded_error()
    )
