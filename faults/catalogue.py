"""Every fault with its number of rounds: of the long run and of the quick one."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple

from faults import events
from faults.rounds import Round
from faults.scenarios.broker import broker_killed, broker_paused
from faults.scenarios.kills import kills, recovery, several
from faults.scenarios.members import sigterm, storm, zombies
from faults.scenarios.points import POINTS, points
from faults.scenarios.snapshots import damaged
from faults.scenarios.upstream import aborted
from faults.stage import Stage


class Scenario(NamedTuple):
    """A kind of fault: how often it is tried, how many rounds share a stream, how many streams run at once.

    ``quick`` is how often the quick run tries it, in about twenty minutes for all.
    """

    name: str
    rounds: int
    batch: int
    parallel: int
    run: Callable[[Stage, random.Random, Sequence[Round]], Awaitable[None]]
    summary: str
    quick: int = 0
    own_broker: bool = False


SCENARIOS: Final = (
    Scenario("points", 20 * len(POINTS), len(POINTS), 1, points, "every named point, one worker", len(POINTS)),
    Scenario("kills", 160, 20, 1, kills, "kill -9 at random moments, one worker", 10),
    Scenario(
        "kills-river", 40, 20, 1, partial(kills, course=events.INCREMENTAL),
        "the same, an incremental champion checked through River alone", 5,
    ),
    Scenario("damaged-1", 30, 10, 1, partial(damaged, newest=1), "kill -9, the newest snapshot damaged", 3),
    Scenario("damaged-2", 30, 10, 1, partial(damaged, newest=2), "kill -9, the two newest damaged", 2),
    Scenario("damaged-all", 30, 10, 1, partial(damaged, newest=None), "kill -9, all snapshots damaged", 2),
    Scenario("zombies", 30, 10, 3, zombies, "SIGSTOP beyond the session, SIGCONT", 4),
    Scenario("sigterm", 20, 20, 1, sigterm, "SIGTERM under load: exit 0 within 5 s, S = E", 5),
    Scenario("aborted", 20, 20, 1, aborted, "upstream transactions, most aborted", 5),
    Scenario("recovery", 20, 5, 2, recovery, "kill -9 while live, the session waited out", 2),
    Scenario("broker-killed", 10, 5, 1, broker_killed, "kill -9 of the broker, restarted", 1, True),
    Scenario("broker-paused-5", 5, 5, 1, partial(broker_paused, seconds=5.0), "broker paused for 5 s", 1, True),
    Scenario("broker-paused-20", 3, 3, 1, partial(broker_paused, seconds=20.0), "broker paused for 20 s", 0, True),
    Scenario("broker-paused-70", 2, 2, 1, partial(broker_paused, seconds=70.0), "broker paused for 70 s", 0, True),
    Scenario("several", 60, 20, 1, several, "kill -9 at random moments, three workers, six partitions", 5),
    Scenario("storm", 1, 1, 1, storm, "rebalance storm: four workers, eight partitions, five minutes"),
)  # fmt: skip


def quick(scenarios: Iterable[Scenario]) -> list[Scenario]:
    """Those of them that the quick run tries, with its number of rounds."""
    return [one._replace(rounds=one.quick) for one in scenarios if one.quick]
