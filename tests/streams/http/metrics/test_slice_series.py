"""Every group of a declared slice has series of its own."""

from __future__ import annotations

import random
from types import SimpleNamespace

from prometheus_client.parser import text_string_to_metric_families

from schemas.evaluated import Flag
from streams.http.metrics.telemetry import Reading, Telemetry
from streams.partition.latency import Latency
from tests import builders


def test_the_series_of_groups_are_the_figures_of_the_status():
    rng = random.Random(5)
    gauge = builders.gauge("[evaluation]\nholdout = 0\n[slices.zone]\nprivate = true\n[slices.site]\n")
    values = [
        builders.record(n, a=(a := rng.gauss(0, 1)), zone=(zone := rng.choice("xy")), site="s", y=_y(a, zone, rng))
        for n in range(900)
    ]
    learner, _ = builders.run(gauge, values)
    status = learner.status()
    reading = Reading(1, status, 900, 900, 0, 0, 0, Latency())

    text = Telemetry("pumps", SimpleNamespace(readings=lambda: [reading], is_ready=lambda: True)).text().decode()

    found = {
        (sample.name, sample.labels["slice"], sample.labels["group"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "slice" in sample.labels
    }
    expected = {}
    assert status.evaluated.slices is not None
    for name, groups in status.evaluated.slices.items():
        for one in groups:
            figure = one.figure
            flag = {None: 0.0, Flag.WORSE: 1.0, Flag.BETTER: -1.0}[one.flag]
            values_of = {"metric": figure.value, "metric_low": figure.low, "metric_high": figure.high}
            values_of |= {"labels": figure.n, "effective_labels": figure.effective_n, "gap": one.gap, "flag": flag}
            expected |= {
                (f"rivergauge_slice_{what}", name, one.group): value
                for what, value in values_of.items()
                if value is not None
            }
    assert found == expected
    assert {group for _, name, group in found if name == "zone"} == {"group-1", "group-2"}
    assert {value for (what, *_), value in found.items() if what == "rivergauge_slice_flag"} == {0.0, 1.0, -1.0}


def _y(a: float, zone: str, rng: random.Random) -> str:
    return "bad" if (a if zone == "x" else rng.gauss(0, 1)) > 0 else "good"
