"""The metric now on real late labels: nearer to what comes than the last labelled window, by what was measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks.promises.metric_now import on_flights

FLIGHTS = Path(__file__).parents[2] / "examples" / "flights" / "flights.csv.gz"


def test_on_flights_the_metric_now_is_within_a_point_and_a_half_of_what_comes():
    now, last, held = on_flights(FLIGHTS, "logistic_regression", 20_000).rows("flights", (1.39, 2.18))

    assert now.ours < 1.6
    assert last.ours > 1.3 * now.ours
    assert 0.75 < held.ours <= 1
