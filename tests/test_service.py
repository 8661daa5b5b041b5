"""The service through the broker against the backtest: the same events, the same predictions, one by one.

The oracle is the offline fold; the service is a worker process, the in-process broker, `send`, and a plain consumer.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter

import pytest

from streams.data.backtest import backtest
from streams.data.datafile import find_example
from streams.demo.demo import demo
from streams.here.gaugefile import load

pytestmark = pytest.mark.broker


@pytest.mark.parametrize(("example", "events"), [("insects", 2_000), ("flights", 1_500)])
async def test_the_service_predicts_what_the_backtest_predicts(example, events, tmp_path):
    folder = find_example(example)
    gauge = load(folder / "gauge.toml")
    lines = tmp_path / "predictions.jsonl"

    with lines.open("wb") as file:
        offline = backtest(gauge, folder / f"{example}.csv.gz", limit=events, predictions=file)
    online = await demo(example, events=events, rate=5_000, keep_records=True)

    written = [json.loads(line) for line in lines.read_bytes().splitlines()]
    beside = ("label", "time")  # what the file has and the record has not
    wanted = [{name: value for name, value in line.items() if name not in beside} for line in written]
    assert online.kept == wanted
    assert [(a["position"], a["status"]) for a in online.alerts] == [(a.position, a.status) for a in offline.alerts]
    assert [(v["position"], v["version"], v["step"]) for v in online.versions] == [
        (v.position, v.version, v.step) for v in offline.versions
    ]
    performance = offline.learner.status().performance
    assert online.metric == (performance.metric.name, performance.metric.value)
    assert online.baseline == (performance.baseline.name, performance.baseline.value)


BAD = [
    b"not json",
    b"[1, 2]",
    b'{"f01": "a word"}',
    b'{"f01": NaN}',
    b'{"f01": 1e999}',
    b'{"f01": 1e300}',
    b'{"f01": true}',
    b'{"nobody": 1}',
    b"[" * 10_000,
    b"{}",
    b'{"species": 6}',
    b"x" * 600_000,
]


async def test_bad_records_become_dead_letters_and_change_no_prediction(tmp_path):
    folder = find_example("insects")
    with gzip.open(folder / "insects.csv.gz", "rt") as file:
        names, *rows = [line.rstrip("\n").split(",") for line in file][:801]
    good = [json.dumps({n: int(v) if n == "species" else float(v) for n, v in zip(names, row)}) for row in rows]  # noqa: B905
    rng = random.Random(3)
    mixed = [line.encode() for line in good]
    for bad in BAD:
        mixed.insert(rng.randrange(len(mixed)), bad)
    clean_file, mixed_file = tmp_path / "clean.jsonl", tmp_path / "mixed.jsonl"
    clean_file.write_text("\n".join(good) + "\n")
    mixed_file.write_bytes(b"\n".join(mixed) + b"\n")
    # Without an id the position is the id, and the hold-out is drawn by id: switch it off to compare.
    gauge_file = tmp_path / "gauge.toml"
    text = (folder / "gauge.toml").read_text()
    gauge_file.write_text(text.replace("[evaluation]", "[evaluation]\nholdout = 0"))

    clean = await demo(gauge_file, clean_file, rate=2_000, keep_records=True)
    story = await demo(gauge_file, mixed_file, rate=2_000, keep_records=True)

    assert [(p["y_pred"], p["probabilities"], p["version"]) for p in story.kept] == [
        (p["y_pred"], p["probabilities"], p["version"]) for p in clean.kept
    ]
    assert story.predictions == len(good)
    assert story.dead_letters == Counter(
        not_json=3, not_an_object=1, wrong_type=2, out_of_range=3, missing_field=2, unknown_label=1
    )
    assert story.predictions + story.dead_letters.total() == story.sent.events


async def test_the_demo_counts_add_up():
    story = await demo("flights", events=400, rate=4_000)

    result = story.as_json()
    assert result["events"] == 400
    assert result["predictions"] + result["dead_letters"] == result["events"]
    assert 0 < result["labels"] < 400  # cancelled flights have none
    assert result["versions"] >= 2  # two candidates race
    assert isinstance(result["metric"]["value"], float)
    assert isinstance(result["baseline"]["value"], float)
    assert result["events_per_second"] > 0
