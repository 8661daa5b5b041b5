"""The policy with its roles, driven at random: drift, failing models, late labels, faults, changed gauges, resets."""

from __future__ import annotations

import json
import pickle
import random
from collections import deque
from collections.abc import Sequence
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple

import numpy as np
import pytest
from river.proba.base import Distribution

from models.drift import monitor
from models.learner import Learner
from models.retraining import panel as panels
from models.retraining.standing import Lives
from schemas.events import EventReceived, Input, LabelledEvent
from schemas.records import Effect, ModelVersion, Prediction, VersionStep
from tests import builders, strategies
from tests.models.retraining.policy.test_hold import BROKEN, Faults
from tests.models.test_laws import NERVOUS
from tests.models.test_scoring import scored

EVENTS = 500
SEEDS = (1, 4)
ENDS = {VersionStep.REJECTED, VersionStep.RETIRED, VersionStep.ROLLED_BACK}
NEXT = {
    None: {VersionStep.REGISTERED},
    VersionStep.REGISTERED: {VersionStep.ON_TRIAL, VersionStep.PROMOTED, *ENDS},
    VersionStep.ON_TRIAL: {VersionStep.PROMOTED, *ENDS},
    VersionStep.PROMOTED: {VersionStep.DEMOTED, *ENDS},
    VersionStep.DEMOTED: {VersionStep.PROMOTED, *ENDS},
}
"""What may follow a step of one version; nothing follows an end."""

TEXT = NERVOUS.replace("every_labels = 45", 'standing = true\nhold = ["data_fault"]\nevery_labels = 90')
CANDIDATES = ("naive_bayes", "logistic_regression")
GAUGES = (
    builders.gauge(TEXT, candidates=CANDIDATES),
    builders.gauge(TEXT.replace("standing = true", "standing = false"), candidates=CANDIDATES),
    builders.gauge(TEXT, candidates=(*CANDIDATES, "hoeffding_tree")),
    builders.gauge(TEXT.replace('start = "recent"', 'start = "copy"'), candidates=CANDIDATES),
    builders.gauge(TEXT + "[slices.site]", candidates=CANDIDATES),
)
"""Each may be accepted after each of the others, but for the candidate that is added, which stays."""


@pytest.fixture(autouse=True)
def _short_lives_and_faults(monkeypatch):
    monkeypatch.setattr(panels, "Lives", partial(Lives, 8, 32))
    monkeypatch.setitem(monitor.MONITORS, "faults", Faults)


class Steps:
    """What the published version events tell of each version."""

    def __init__(self) -> None:
        self.last: dict[str, VersionStep] = {}
        self.champion: str | None = None

    def follow(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, ModelVersion):
                self._step(effect.version, effect.step)
            elif isinstance(effect, Prediction):
                assert self.last[effect.version] not in ENDS, effect

    def _step(self, version: str, step: VersionStep) -> None:
        before = self.last.get(version)
        assert step in NEXT.get(before, set()), f"{version}: {before} -> {step}"
        self.last[version] = step
        if step is VersionStep.PROMOTED:
            assert self.champion is None, f"{version} promoted while {self.champion} leads"
            self.champion = version
        elif version == self.champion:
            self.champion = None


class Point(NamedTuple):
    """Where a run can be taken up again."""

    at: int
    state: bytes
    steps: bytes


class Attack:
    """A learner, its log, and the blows that it takes; what happens at an input follows from the seed alone."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        flips = tuple(sorted(rng.sample(range(EVENTS), 4)))
        plan = strategies.Plan(seed=seed, events=EVENTS, flips=flips, late=rng.choice((0.0, 0.3, 0.8)))
        inputs = builders.decoded(GAUGES[0], strategies.stream(GAUGES[0], plan))
        self.inputs = [_faulty(event, n) for n, event in enumerate(inputs)]
        self.blows = {n: rng.choice(("fail", "adopt")) for n in rng.sample(range(20, len(inputs)), 8)}
        self.seed = seed

    def strike(self, learner: Learner, n: int) -> None:
        """The blow before input n, if there is one."""
        rng = random.Random(f"{self.seed} {n}")
        blow = self.blows.get(n)
        if blow == "fail":
            version = rng.choice(learner.panel.live)
            method = rng.choice(("predict_proba_one", "learn_one"))
            version.is_changed_by_asking = True
            version.model = builders.Failing(version.model, method, rng.randrange(5), builders.BrokenError("no"))
        elif blow == "adopt":
            gauge = rng.choice(GAUGES)
            if len(gauge.candidates) >= len(learner.gauge.candidates):
                learner.adopt(gauge)

    def run(
        self, learner: Learner, steps: Steps, first: int, cuts: Sequence[int] = ()
    ) -> tuple[list[list[Effect]], list[Point]]:
        """Fold from an input on, looking at all that must hold; the effects, and the points to take up again."""
        effects, points = [], []
        for n in range(first, len(self.inputs)):
            if n in cuts:
                points.append(Point(n, pickle.dumps(learner), pickle.dumps(steps)))
            self.strike(learner, n)
            event = self.inputs[n]
            score = learner.score(event) if isinstance(event, EventReceived | LabelledEvent) else None
            effects.append(learner.handle(event, n))
            learner.check()
            steps.follow(effects[-1])
            for prediction in builders.predictions(effects[-1]):
                assert score == scored(prediction)
            panel = learner.panel
            assert steps.champion == panel.champion.name
            models = [version for version in panel.live if version is not panel.stand_in]
            assert len(models) <= len(learner.gauge.candidates) + 2
        return effects, points


def _faulty(event: Input, n: int) -> Input:
    if isinstance(event, EventReceived | LabelledEvent) and n % 100 in range(60, 70):
        return event._replace(x=event.x | {"a": BROKEN})
    return event


def written(learner: Learner) -> bytes:
    """The state in bytes that do not tell which equal numbers, words and tuples are one object.

    The generator from which River's distributions could be sampled is not seeded, and never asked.
    """
    places: dict[int, int] = {}
    alive: list[Any] = []

    def plain(part: Any) -> Any:
        if part is None or isinstance(part, str | bytes | int | float | type | FunctionType | BuiltinFunctionType):
            return getattr(part, "__qualname__", None) or repr(part)
        if isinstance(part, np.ndarray | np.generic):
            return [str(part.dtype), list(part.shape), part.tobytes().hex()]
        if type(part) is tuple:
            return [plain(one) for one in part]
        if id(part) in places:
            return places[id(part)]
        places[id(part)] = len(places)
        alive.append(part)
        if isinstance(part, dict):
            return [[plain(name), plain(one)] for name, one in part.items()]
        if isinstance(part, list | deque):
            return [plain(one) for one in part]
        if isinstance(part, set | frozenset):
            return sorted(map(repr, part))
        _, made_of, state, items, pairs = (*part.__reduce_ex__(4), None, None, None)[:5]
        if isinstance(part, Distribution):
            state = {name: one for name, one in state.items() if name != "_rng"}
        return [plain(one) for one in (made_of, state, items and [*items], pairs and [*pairs])]

    return json.dumps(plain(learner)).encode()


@pytest.mark.parametrize("seed", SEEDS)
def test_roles_hold_any_cut_replays_and_any_reset_continues(seed):
    attack = Attack(seed)
    cuts = random.Random(-seed).sample(range(1, len(attack.inputs)), 2)
    learner = Learner(GAUGES[0])

    effects, points = attack.run(learner, Steps(), 0, cuts)

    whole = written(learner)
    for point in points:
        again = pickle.loads(point.state)
        assert attack.run(again, pickle.loads(point.steps), point.at)[0] == effects[point.at :]
        assert written(again) == whole
    rewound = pickle.loads(points[0].state)
    rewound.rename(0, 1)
    attack.run(rewound, pickle.loads(points[0].steps), points[0].at)
    moved = builders.versions(builders.flat(effects))
    assert {move.step for move in moved} >= {VersionStep.PROMOTED, VersionStep.REJECTED, VersionStep.RETIRED}
    assert {move.trigger for move in moved} >= {"drift", "standing", "labels", "metric"}
