"""Whether rows of a reliability table hold what they promise, and what the measure costs."""

from __future__ import annotations

import random
import timeit
from collections.abc import Iterator
from math import sqrt
from statistics import mean, stdev

from benchmarks.promises.row import Row, share_error
from models.answer import Answer
from models.asked import Asked, Labelled, Lineup
from models.evaluation.calibration import Calibration
from schemas.evaluated import CalibrationFigures
from schemas.gauge import parse

_GAUGE = """
name = "pumps"
task = "binary"
[label]
field = "y"
positive = 1
negative = 0
[features]
a = "number"
"""
_ASKED = Asked(1, {}, {}, {}, Lineup("0-1", {}, "0-1"), held_out=False, event_id="e")


def rows(quick: bool) -> Iterator[Row]:
    """Cover of nominal 0.95 where probabilities are right, the error of perfect probabilities, the cost of a label."""
    streams = 60 if quick else 400
    for persistence in (0.0, 0.5, 0.9):
        found = [simulated(2_000, seed, persistence) for seed in range(streams)]
        table = [row for one in found for row in one.lifetime.rows if row.observed_low is not None]
        # Rows of one stream share their labels' bursts: streams are the sample.
        held = mean((row.observed_low or 0) <= row.predicted <= (row.observed_high or 0) for row in table)
        yield Row(f"rows, a pair stays with probability {persistence}", held, 0.95, 2 * share_error(0.95, streams))
        shown = [one.bias for one in found if one.bias.low is not None]
        held = mean((bias.low or 0) < 0 < (bias.high or 0) for bias in shown)
        yield Row(f"bias, a pair stays with probability {persistence}", held, 0.95, share_error(0.95, len(shown)))
        # At 0.9 the labels hardly suffice for an interval, and those that show one early are too sure: measured before.
        wanted = 0.95 if persistence < 0.9 else 0.9
        for score, truth in (("log_loss", 1 / 2), ("brier", 1 / 6)):
            figures = [getattr(one.lifetime, score) for one in found]
            kept = [figure for figure in figures if figure.low is not None]
            held = mean(figure.low < truth < figure.high for figure in kept)
            yield Row(
                f"{score}, a pair stays with probability {persistence}", held, wanted, share_error(wanted, len(kept))
            )
    errors = [simulated(1_000, seed, 0.0).lifetime.calibration_error.value or 0.0 for seed in range(streams)]
    spread = stdev(errors) / sqrt(streams)
    yield Row("calibration error of perfect probabilities, 1,000 labels", mean(errors), None, spread)
    yield Row("microseconds for a label of two classes", _microseconds(), None)


def simulated(n: int, seed: int, persistence: float) -> CalibrationFigures:
    """Right probabilities; a pair of probability and label stays as it is with this probability."""
    rng, measure = random.Random(seed), Calibration(parse(_GAUGE))
    p, luck = rng.random(), rng.random()
    for _ in range(n):
        if rng.random() >= persistence:
            p, luck = rng.random(), rng.random()
        measure.extend([(_ASKED._replace(answers={"0-1": Answer(p > 0.5, {False: 1 - p, True: p})}), luck < p, 1)])
    found = measure.figures()
    assert found is not None
    return found


def _microseconds() -> float:
    rng, measure = random.Random(1), Calibration(parse(_GAUGE))
    shares = [rng.random() for _ in range(2_000)]
    labelled: list[Labelled] = [
        (_ASKED._replace(answers={"0-1": Answer(p > 0.5, {False: 1 - p, True: p})}), rng.random() < p, 1)
        for p in shares
    ]
    portions = [labelled[at : at + 50] for at in range(0, len(labelled), 50)]  # as the board counts them

    def all_of_them() -> None:
        for portion in portions:
            measure.extend(portion)

    return min(timeit.repeat(all_of_them, number=1, repeat=50)) / len(labelled) * 1e6
