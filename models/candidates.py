"""Candidates: the models that a gauge file names, made, checked and described.

A candidate is a recipe (``models.recipes``), a declared pipeline of River's classes, or a user's own model: an entry
point of the group ``rivergauge.models``, a callable ``(gauge, seed, **params)`` that returns an untrained River model.

A model is handed ``dict[str, float | int | bool]``: numbers, booleans, categories as small codes (0: unseen or other),
missing optional features as absent keys. Labels are ``bool``, a class's code from 0, or ``float``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from river import base

from models.abilities import gives_probabilities, last_step
from models.answer import class_codes
from models.recalibration.recalibrated import Recalibrated
from models.recipes import RECIPES
from models.recipes.declared import DeclarationError, pipeline
from models.recipes.recipe import Recipe
from models.recipes.rehearsal import Scales, rehearse, repeats
from models.retraining.guard import is_the_models
from schemas.gauge import Candidate, Gauge, Task
from schemas.hints import closest, did_you_mean

GROUP: Final = "rivergauge.models"


class CandidateError(ValueError):
    """A candidate of which no model can be made; ``problems`` says why, as :func:`check` does."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def build(candidate: Candidate, gauge: Gauge) -> Any:
    """A fresh, untrained, seeded River model; no two calls share any state.

    Raises
    ------
    CandidateError
        If :func:`check` would find a problem other than one in learning.
    """
    make, problems = _origin(candidate, gauge)
    if problems:
        raise CandidateError(problems)
    try:
        model = copy.deepcopy(make())
    except DeclarationError as error:
        raise CandidateError(error.problems) from error
    except BaseException as error:
        if not isinstance(error, MemoryError) and not is_the_models(error):
            raise
        words = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise CandidateError([f"{_name(candidate)} could not be made: {words}"]) from error
    if problems := _task_problems(model, gauge):
        raise CandidateError(problems)
    how = candidate.recalibrate
    if how is None:
        return model
    if not gives_probabilities(model):
        raise CandidateError([f"recalibrate = '{how}' needs class probabilities, and this model gives labels only"])
    return Recalibrated(model, how, class_codes(gauge))


def check(candidate: Candidate, gauge: Gauge) -> list[str]:
    """What is wrong with a candidate, in words; empty if nothing is.

    It is also rehearsed on invented events of the gauge's shape, and judged as the service judges it.
    """
    problem, _ = examine(candidate, gauge)
    return problem


def examine(candidate: Candidate, gauge: Gauge, made: Callable[[], None] = lambda: None) -> tuple[list[str], list[str]]:
    """What is wrong with a candidate, as `check`, and what its owner should know all the same.

    ``made`` is called between making the model and trying it.
    """
    try:
        model = build(candidate, gauge)
    except CandidateError as error:
        return error.problems, []
    made()
    found = rehearse(model, gauge, Scales.ALL if candidate.recipe is None else Scales.TAME)
    return ([] if found.problem is None else [found.problem]), found.doubts


def replayable(candidate: Candidate, gauge: Gauge) -> bool:
    """Whether a restored model continues bit by bit as the one that was saved, so that exactly-once may use it.

    For a recipe it is known, from tests in several processes. A pipeline or an entry point is rehearsed: two fresh
    models, one of them restored half-way, must agree on invented events. That finds missing seeds and what cannot be
    pickled; it cannot find a model that varies only from process to process.

    Raises
    ------
    CandidateError
        As :func:`build`.
    """
    model = build(candidate, gauge)
    if candidate.recipe is not None:
        return RECIPES[candidate.recipe].not_replayable is None
    return repeats(lambda: build(candidate, gauge), gauge, gives_probabilities(model))


@cache
def installed() -> Mapping[str, EntryPoint]:
    """Users' own models, by name. Looked up once in a process: what is made in the middle of a log must not depend on
    what was installed meanwhile.
    """
    return {point.name: point for point in entry_points(group=GROUP)}


def recipes_for(task: Task) -> dict[str, Recipe]:
    """The recipes that serve a task, by name."""
    return {name: recipe for name, recipe in RECIPES.items() if task in recipe.tasks}


def _origin(candidate: Candidate, gauge: Gauge) -> tuple[Callable[[], Any], list[str]]:
    if candidate.recipe is not None:
        recipe = RECIPES.get(candidate.recipe)
        if problems := _recipe_problems(candidate.recipe, recipe, candidate.params, gauge):
            return _nothing, problems
        assert recipe is not None
        return lambda: recipe.build(gauge, candidate.seed, **candidate.params), []
    if candidate.pipeline is not None:
        steps = candidate.pipeline
        return lambda: pipeline(steps, candidate.seed, gauge), []
    assert candidate.entry_point is not None
    found = installed()
    if candidate.entry_point not in found:
        return _nothing, [_no_entry_point(candidate.entry_point, list(found))]
    point = found[candidate.entry_point]
    return lambda: point.load()(gauge, candidate.seed, **candidate.params), []


def _nothing() -> None:
    return None


def _recipe_problems(name: str, recipe: Recipe | None, params: Mapping[str, Any], gauge: Gauge) -> list[str]:
    serving = recipes_for(gauge.task)
    listed = f"recipes for a {gauge.task} task: {', '.join(serving)}"
    if recipe is None:
        return [f"there is no recipe '{name}'{_did_you_mean(name, list(serving))} ({listed})"]
    if name not in serving:
        return [f"recipe '{name}' serves {' and '.join(recipe.tasks)}, and this task is {gauge.task} ({listed})"]
    known = recipe.parameters
    problems = []
    for key, value in params.items():
        if key not in known:
            takes = ", ".join(known) or "none"
            problems.append(
                f"recipe '{name}' takes no parameter '{key}'{_did_you_mean(key, list(known))} (it takes: {takes})"
            )
        elif not _fits(value, known[key]):
            expected = "a whole number" if isinstance(known[key], int) else "a number"
            problems.append(f"parameter '{key}' of recipe '{name}' must be {expected} above 0, got {value!r}")
    return problems


def _fits(value: Any, default: float | None) -> bool:
    """Every parameter of a recipe is a number (``None``: the recipe chooses); only one that is 0 by default may be."""
    kinds = (int,) if isinstance(default, int) else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and (value > 0 or value == default)


def _no_entry_point(name: str, installed: list[str]) -> str:
    listed = f"installed: {', '.join(sorted(installed)) or 'none'}"
    hint = _did_you_mean(name, installed)
    return f"no entry point '{name}' in the group '{GROUP}'{hint} ({listed}); install the package that provides it"


def _did_you_mean(name: str, known: list[str]) -> str:
    return did_you_mean(closest(name, known, most=2, letters=_as_recipes_are_written))


def _as_recipes_are_written(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[ -]+", "_", name).lower()


def _task_problems(model: Any, gauge: Gauge) -> list[str]:
    last = last_step(model)
    name = type(last).__name__
    if not isinstance(last, base.Classifier | base.Regressor):
        return [f"{name} does not learn from labels: the last step must be a classifier or a regressor of River"]
    wanted = "regressor" if gauge.task is Task.REGRESSION else "classifier"
    got = "regressor" if isinstance(last, base.Regressor) else "classifier"
    if got != wanted:
        return [f"{name} is a {got}, and a {gauge.task} task needs a {wanted}"]
    if gauge.task is Task.MULTICLASS and not last._multiclass:
        return [f"{name} tells only two classes apart; wrap it in multiclass.OneVsRestClassifier"]
    return []


def _name(candidate: Candidate) -> str:
    return f"entry point '{candidate.entry_point}'" if candidate.entry_point else f"'{candidate.name}'"
