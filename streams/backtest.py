"""The service without the broker: a data file folded through the very core that the worker runs.

Rows become the bytes that ``send`` would publish, in the same order, and are decoded as the worker decodes them. So
positions are the offsets on a fresh topic with one partition, and every figure is what the service would have said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import IO, Any, NamedTuple

from pydantic_core import to_json

from models.intake import Decoder
from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import DriftAlert, Effect, ModelVersion, Prediction, WindowReport
from streams.datafile import rows
from streams.failures import DefectError
from streams.libraries import libraries
from streams.replay import records


class Backtest(NamedTuple):
    """What came of a run: the learner as it stood at the end, and everything it said but predictions."""

    learner: Learner
    alerts: list[DriftAlert]
    versions: list[ModelVersion]
    reports: list[WindowReport]
    seconds: float


def fold(learner: Learner, values: Iterator[tuple[bytes, bytes | None]]) -> Iterator[tuple[int, list[Effect]]]:
    """Decode and handle records in order, from the learner's next offset on: position and effects of each.

    Raises
    ------
    DefectError
        If the core raises. A model that fails is no defect; want of memory is, and so is what River's Rust raises.
    """
    decoder = Decoder(learner.gauge)
    for position, (value, key) in enumerate(values, start=learner.next_offset):
        try:
            effects = learner.handle(decoder.decode(value, key), position)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            words = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise DefectError(f"a defect at record {position}: {words}; nothing after it was folded") from error
        yield position, effects


def backtest(
    gauge: Gauge,
    data: Path,
    *,
    delimiter: str | None = None,
    limit: int | None = None,
    predictions: IO[bytes] | None = None,
    progress: Callable[[int], None] | None = None,
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
    progress
        Called now and then with the number of events so far.

    Raises
    ------
    streams.datafile.DataFileError
        If the file cannot be read as the gauge describes it.
    DefectError
        If the core raises.
    """
    begin = perf_counter()
    learner = Learner(gauge, partition=0, libraries=libraries(), stopwatch=perf_counter)
    result = Backtest(learner, [], [], [], 0.0)
    kept: dict[type, list[Any]] = {
        DriftAlert: result.alerts,
        ModelVersion: result.versions,
        WindowReport: result.reports,
    }
    values = ((record.value, record.key) for record in records(rows(data, delimiter), gauge, limit=limit))
    for position, effects in fold(learner, values):
        for effect in effects:
            if isinstance(effect, Prediction):
                if predictions is not None:
                    predictions.write(_line(effect))
            elif type(effect) in kept:
                kept[type(effect)].append(effect)
        if progress is not None and position % 500 == 0:
            progress(learner.counts["events"])
    return result._replace(seconds=perf_counter() - begin)


def _line(prediction: Prediction) -> bytes:
    return (
        to_json(
            {
                "position": prediction.position,
                "id": prediction.id,
                "y_pred": prediction.y_pred,
                "probabilities": prediction.probabilities,
                "version": prediction.version,
            }
        )
        + b"\n"
    )


def as_json(result: Backtest) -> dict[str, Any]:
    """The promised output for programs; see docs/records.md."""
    learner, board = result.learner, result.learner.board
    summary = learner.summary()
    return {
        "gauge": learner.gauge.name,
        "events": summary["events"],
        "predictions": summary["predictions"],
        "labels": summary["labels"],
        "dead_letters": summary["dead_letters"],
        "candidates": [
            {
                "name": name,
                "metrics": score.figures(),
                "window": score.window_figures(),
                "faded_error": score.faded_error(),
                "labels": score.n,
                "seconds": learner.panel.seconds[name],
            }
            for name, score in board.candidates.items()
        ],
        "served": {"metrics": board.served.figures(), "labels": board.served.n},
        "baselines": {name: score.figures() for name, score in board.baselines.items()},
        "champion": summary["candidate"],
        "champion_version": summary["champion"],
        "alerts": [alert._asdict() for alert in result.alerts],
        "versions": [version._asdict() for version in result.versions],
        "holdout": {
            "share": learner.gauge.evaluation.holdout,
            "windows": [report._asdict() for report in result.reports],
            "open_window": board.held_out_figures(),
        },
        "coverage": summary["coverage"],
        "seconds": result.seconds,
    }
