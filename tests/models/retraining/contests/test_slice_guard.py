"""Who is better for all and worse for some does not lead."""

from __future__ import annotations

import random

from models.judging.judge import Judge
from models.learner import Learner
from models.retraining.contests.contest import Contest, Verdict
from models.retraining.contests.rivalry import Rivalry
from models.retraining.contests.slice_guard import SliceGuard
from schemas.events import LabelledEvent
from tests import builders
from tests.models.retraining.contests.test_contests import RIGHT, WRONG

SITES = '[slices.site]\nvalues = ["north", "south"]'


def test_where_it_is_as_good_everywhere_a_group_is_called_worse_at_most_in_one_of_twenty():
    called = 0
    for seed in range(300):
        rng, guard = random.Random(seed), SliceGuard(("site", "age"), alpha=0.05)
        for _ in range(500):
            groups = (f"s{rng.randrange(5)}", f"a{rng.randrange(5)}")
            guard.update(groups, rng.choice((-1.0, 0.0, 0.0, 1.0)))
        called += guard.worse() is not None

    assert called <= 15


def test_a_group_that_is_worse_by_a_fifth_is_found_among_twenty():
    found = 0
    for seed in range(20):
        rng, guard = random.Random(seed), SliceGuard(("site",), alpha=0.05)
        for _ in range(20_000):
            site = rng.randrange(20)
            lost = rng.random() < 0.2
            guard.update((f"s{site}",), (-1.0 if site == 3 else 1.0) if lost else 0.0)
        worse = guard.worse()
        found += worse is not None and worse.group == "s3"

    assert found == 20


def rivalry(patience: int | None = None) -> Rivalry:
    gauge = builders.gauge(SITES)
    guard = SliceGuard(("site",), alpha=0.05)
    contest = Contest(alpha=0.05, margin=None)
    return Rivalry(object(), Judge(gauge).paired(), contest, patience=patience, guard=guard)


def test_a_winner_that_serves_a_group_worse_is_not_promoted_and_the_reason_names_it():
    contested = rivalry(patience=400)
    verdicts = []
    for n in range(400):  # better in the south, where most events are, and worse in the north
        north = n % 4 == 0
        pair = (RIGHT, WRONG) if north else (WRONG, RIGHT)
        verdicts.append(contested.update(True, *pair, ("north" if north else "south",)))

    assert Verdict.PROMOTE not in verdicts
    assert verdicts[-1] is Verdict.GIVE_UP
    assert contested.figures()["evidence"] > contested.figures()["threshold"]
    assert contested.reason.startswith("it won the contest, and serves site north worse (")


def test_without_a_worse_group_the_winner_is_promoted_as_soon_as_without_slices():
    guarded, free = rivalry(), Rivalry(object(), Judge(builders.gauge()).paired(), Contest(alpha=0.05, margin=None))
    verdicts = [guarded.update(True, WRONG, RIGHT, ("north",)) for _ in range(9)]

    assert verdicts == [free.update(True, WRONG, RIGHT) for _ in range(9)]
    assert verdicts[-1] is Verdict.PROMOTE


def test_an_event_in_no_group_guards_nothing():
    guard = SliceGuard(("site",), alpha=0.05)
    for _ in range(100):
        guard.update((None,), -1.0)

    assert guard.worse() is None


def test_a_contest_that_is_on_guards_the_slices_of_an_adopted_gauge_file():
    old = builders.gauge(f"{SITES}\n[evaluation]\nholdout = 0", candidates=["naive_bayes", "hoeffding_tree"])
    new = builders.gauge(
        '[slices.kind]\nvalues = ["a"]\n[slices.site]\nvalues = ["north", "south"]\n[evaluation]\nholdout = 0',
        candidates=["naive_bayes", "hoeffding_tree"],
    )
    learner = Learner(old)
    row = LabelledEvent("e", None, None, {"a": 1.0}, True, b"", ("north",))
    builders.fold(learner, [row] * 5)
    learner.adopt(new)
    builders.fold(learner, [LabelledEvent("e", None, None, {"a": 1.0}, True, b"", ("a", "north"))] * 5, start=5)

    [rivalry] = learner.panel._contests._on.values()
    assert set(rivalry._guard._seen) == {("kind", "a"), ("site", "north")}


def test_a_contest_in_blocks_shows_its_guard_each_label():
    gauge = builders.gauge(f'{SITES}\n[evaluation]\nmetric = "ROCAUC"\nholdout = 0', candidates=["naive_bayes", "knn"])
    learner = Learner(gauge)
    rows = [LabelledEvent(str(n), None, None, {"a": float(n)}, n % 20 == 0, b"", (None,)) for n in range(400)]
    sites = [row._replace(aside=("north" if row.y else "south",)) for row in rows]

    builders.fold(learner, sites)

    [rivalry] = learner.panel._contests._on.values()
    seen = {group: dependence.n for (_, group), dependence in rivalry._guard._seen.items()}
    assert seen["south"] > 300
    assert seen["south"] + seen["north"] == rivalry._labels
