"""A few rounds of some faults on a real Kafka; ``make faults`` runs them all. The verifier is its own process."""

from __future__ import annotations

import random
from functools import partial

import pytest

from faults.__main__ import run_scenario
from faults.catalogue import SCENARIOS, Scenario
from faults.rounds import Results
from faults.scenarios.points import points
from faults.stage import Stage

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SEED = "20261122"
DANGEROUS = ("after fence", "during replay", "after send", "after offsets", "after commit", "before snapshot write")


async def failures(kafka, folder, *scenarios: Scenario) -> list[str]:
    results = Results(None)
    async with Stage(folder, kafka, nurseries=1, pace=0.4).up(random.Random(SEED)) as stage:
        for scenario in scenarios:
            await run_scenario(stage, scenario, results, SEED)
    assert len(results.rounds) == sum(scenario.rounds for scenario in scenarios)
    return [f"{one.scenario} {one.what}: {one.why}" for one in results.rounds if not one.ok]


def short(name: str, rounds: int) -> Scenario:
    [found] = [scenario for scenario in SCENARIOS if scenario.name == name]
    return found._replace(rounds=rounds, batch=rounds)


async def test_killed_workers_and_damaged_snapshots_show_in_no_output(kafka, tmp_path):
    assert await failures(kafka, tmp_path, short("kills-river", 3), short("damaged-1", 1)) == []


async def test_crashes_in_the_middle_of_the_protocol_show_in_no_output(kafka, tmp_path):
    crashes = short("points", len(DANGEROUS))._replace(run=partial(points, named=DANGEROUS))

    assert await failures(kafka, tmp_path, crashes) == []


async def test_what_an_upstream_aborted_is_not_learned_and_a_stopped_worker_leaves_nothing_to_replay(kafka, tmp_path):
    assert await failures(kafka, tmp_path, short("aborted", 4), short("sigterm", 1)) == []
