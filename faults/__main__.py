"""``python -m faults``: run rounds, write each down, say k of n.

    python -m faults [--quick] [--only NAME ...] [--rounds N] [--seed S] [--resume FILE] [--table FILE] [--folder PATH]
                     [--json]

Every round's random numbers come from the seed, the scenario and the batch, so ``--seed S --only NAME`` makes the same
faults again. With ``--resume FILE`` rounds that the file holds for this seed are not run again, and new ones are added.
``--quick`` tries each kind of fault a few times, in about twenty minutes, and writes no table. The last line and the
exit code say whether all was good.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from faults.catalogue import SCENARIOS, Scenario, quick
from faults.rounds import Results, Round
from faults.stage import FaultError, Stage


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for; 1 unless every round was good."""
    options, begun = _arguments(words), monotonic()
    # The harness's own clients meet every fault too, and say so many times a second.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    seed = options.seed if options.seed is not None else str(random.SystemRandom().randrange(10**6))
    results = Results(options.resume)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="faults-"))
    servers = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    by_name = {one.name: one for one in SCENARIOS}
    chosen = [by_name[name] for name in options.only or by_name]
    if options.quick:
        chosen = quick(chosen)
    skipped = [one.name for one in chosen if one.own_broker and servers]
    chosen = [one for one in chosen if one.name not in skipped]
    _say(
        f"seed {seed}, folder {folder}" + (f"; without a broker of our own: no {', '.join(skipped)}" if skipped else "")
    )
    asyncio.run(run(chosen, folder, servers, results, seed, options.rounds))
    if options.table is not None and not options.quick:
        from faults.table import table

        options.table.write_text(table(results))
    tally, (good, line) = results.tally(), results.verdict()
    if options.json:
        counts = {name: {"k": k, "n": n} for name, (k, n) in tally.items()}
        print(json.dumps({"seed": seed, "good": good, "results": counts}))
    else:
        for name, (k, n) in tally.items():
            print(f"{name:18} {k} of {n}")
    _say(f"{line}; {(monotonic() - begun) / 60:.1f} minutes")
    return 0 if good else 1


async def run(
    chosen: Sequence[Scenario], folder: Path, servers: str | None, results: Results, seed: str, most: int | None = None
) -> None:
    """Run scenarios, one after the other, on one broker."""
    async with Stage(folder, servers, _say).up(random.Random(seed)) as stage:
        for scenario in chosen:
            await run_scenario(stage, scenario, results, seed, most)


async def run_scenario(stage: Stage, scenario: Scenario, results: Results, seed: str, most: int | None = None) -> None:
    """Run a scenario's rounds that are not done yet, a batch after the other, several at once where it says so."""
    count = scenario.rounds if most is None else min(most, scenario.rounds)
    numbers = [number for number in range(count) if number not in results.done(scenario.name, seed)]
    batches: dict[int, list[Round]] = {}
    for number in numbers:
        batch = number // scenario.batch
        batches.setdefault(batch, []).append(Round(scenario.name, number, f"{seed}/{scenario.name}/{batch}"))
    room = asyncio.Semaphore(scenario.parallel)

    async def run_batch(rounds: list[Round]) -> None:
        async with room:
            begun = monotonic()
            await _run_batch(stage, scenario, rounds)
            results.add(rounds)
            k, n = sum(one.ok is True for one in rounds), len(rounds)
            stage.say(f"{scenario.name}: {k} of {n}, seed {rounds[0].seed}, {monotonic() - begun:.0f} s")
            for one in rounds:
                if not one.ok:
                    stage.say(f"  round {one.number}: {one.what}: {one.why}")

    await asyncio.gather(*(run_batch(rounds) for rounds in batches.values()))


async def _run_batch(stage: Stage, scenario: Scenario, rounds: list[Round]) -> None:
    try:
        await scenario.run(stage, random.Random(rounds[0].seed), rounds)
    except FaultError as error:
        for one in rounds:
            one.failed(str(error))
    except Exception:  # noqa: BLE001  # the harness itself failed: these rounds showed nothing, the others may
        reason = traceback.format_exc()
        stage.say(reason)
        for one in rounds:
            one.failed(f"the harness failed: {reason.strip().splitlines()[-1]}")
    for one in rounds:
        if one.ok is None:
            one.ok = True


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="each kind of fault a few times; no table")
    parser.add_argument("--only", nargs="+", choices=[one.name for one in SCENARIOS])
    parser.add_argument("--rounds", type=int, help="at most so many of each scenario")
    parser.add_argument("--seed")
    parser.add_argument("--resume", type=Path, help="a file of results, gone on with")
    parser.add_argument("--folder", type=Path, help="where gauges, snapshots and logs go; a temporary one by default")
    parser.add_argument("--table", type=Path, help="write the table there")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
