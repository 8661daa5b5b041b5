"""What is written down: resuming by seed, k of n, the table."""

from __future__ import annotations

import pytest

from faults.__main__ import main, run_scenario
from faults.catalogue import SCENARIOS, Scenario, quick
from faults.rounds import Results, Round
from faults.scenarios.points import POINTS
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


def test_only_good_rounds_are_good_and_no_rounds_are_not():
    results = Results(None)

    nothing = results.verdict()
    results.add([Round("kills", 0, "1/kills/0", True), Round("points", 0, "1/points/0", True)])
    good = results.verdict()
    results.add([Round("kills", 1, "1/kills/0", False, "killed", "2 lost"), Round("kills", 2, "1/kills/0", None)])
    bad, text = results.verdict()

    assert nothing == (False, "not good: 0 of 0 rounds good")
    assert good == (True, "good: all 2 rounds")
    assert not bad
    first, _, last = text.splitlines()
    assert first == "  kills round 1, seed 1/kills/0: killed: 2 lost"
    assert last == "not good: 2 of 4 rounds good"


@pytest.mark.parametrize(("ok", "code", "last"), [(True, 0, "good: all "), (False, 1, "not good: 0 of ")])
def test_the_quick_run_tells_by_its_last_line_and_its_code_and_leaves_the_table_alone(
    ok, code, last, monkeypatch, tmp_path, capsys
):
    ran: list[str] = []

    async def run(chosen, _folder, _servers, results, _seed, _most):
        for one in chosen:
            ran.append(one.name)
            results.add([Round(one.name, number, "1", ok) for number in range(one.rounds)])

    monkeypatch.setattr("faults.__main__.run", run)
    table = tmp_path / "faults.md"

    ended = main(["--quick", "--table", str(table), "--folder", str(tmp_path)])

    assert ended == code
    assert capsys.readouterr().err.splitlines()[-1].startswith(last)
    assert {"points", "kills", "zombies", "sigterm", "damaged-1", "damaged-2", "damaged-all"} <= set(ran)
    assert not table.exists()


def test_the_quick_run_comes_to_every_point_once_and_to_fewer_rounds_than_the_long_one():
    chosen = {one.name: one for one in quick(SCENARIOS)}

    assert chosen["points"].rounds == chosen["points"].batch == len(POINTS)
    assert all(0 < one.rounds < whole.rounds for whole in SCENARIOS for one in [chosen.get(whole.name)] if one)
    assert 40 <= sum(one.rounds for one in chosen.values()) <= 80


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
