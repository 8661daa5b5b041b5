"""What is written down: resuming by seed, k of n, the table."""

from __future__ import annotations

from faults.__main__ import run_scenario
from faults.rounds import Results, Round
from faults.scenarios import Scenario
from faults.stage import FaultError
from faults.table import table


class Stage:
    def say(self, text: str) -> None:
        pass


def scenario(run, rounds: int = 5, batch: int = 2) -> Scenario:
    return Scenario("kills", rounds, batch, 1, run, "")


async def test_a_run_is_gone_on_with_by_its_seed(tmp_path):
    ran: list[tuple[int, float]] = []

    async def run(_stage, rng, rounds):
        ran.extend((one.number, rng.random()) for one in rounds)

    file = tmp_path / "results.jsonl"
    await run_scenario(Stage(), scenario(run), Results(file), "1", most=4)
    await run_scenario(Stage(), scenario(run), Results(file), "1")
    other_seed = len(ran)
    await run_scenario(Stage(), scenario(run), Results(file), "2")

    assert [number for number, _ in ran[:other_seed]] == [0, 1, 2, 3, 4]
    assert len(ran) == 10
    assert {draw for _, draw in ran[:other_seed]}.isdisjoint(draw for _, draw in ran[other_seed:])
    assert Results(file).tally() == {"kills": (10, 10)}


async def test_the_same_seed_makes_the_same_faults():
    drawn: list[float] = []

    async def run(_stage, rng, rounds):
        drawn.append(rng.random())

    for _ in range(2):
        await run_scenario(Stage(), scenario(run, rounds=2), Results(None), "7")

    assert drawn[0] == drawn[1]


async def test_what_the_verifier_finds_is_every_rounds_of_the_batch():
    async def run(_stage, _rng, rounds):
        if rounds[0].number == 2:
            raise FaultError("3 lost")

    results = Results(None)
    await run_scenario(Stage(), scenario(run), results, "1")

    assert results.tally() == {"kills": (3, 5)}
    assert [one.why for one in results.rounds if not one.ok] == ["3 lost", "3 lost"]


async def test_a_harness_that_fails_is_no_success():
    async def run(_stage, _rng, _rounds):
        raise ZeroDivisionError

    results = Results(None)
    await run_scenario(Stage(), scenario(run), results, "1")

    assert results.tally() == {"kills": (0, 5)}


def test_the_table_says_k_of_n_and_names_what_failed():
    results = Results(None)
    results.add(
        [
            Round("kills", 0, "1/kills/0", True, figures={"replay": 10}),
            Round("kills", 1, "1/kills/0", False, "killed", "2 lost", {"replay": 30}),
        ]
    )

    page = table(results)

    row = "| `kills` | kill -9 at random moments, one worker | 1 of 2 (160 wanted) | replayed 10; 30 records |"
    assert row in page.splitlines()
    assert page.count("|---") == 4  # one table, of four columns
    assert "- `1/kills/0` round 1: killed: 2 lost" in page
