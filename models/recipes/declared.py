"""Declared pipelines: the steps of a gauge file made into River's objects, or words on why they cannot be."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final

from river import base, compose

from models.abilities import last_step
from models.recipes.allowed import ALLOWED
from models.recipes.labelled import PARAMETERS, WordsError, coded
from schemas.gauge import Gauge, Step
from schemas.hints import closest, did_you_mean, nearest

DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    name: {"engine": {"use": "neighbors.SWINN"}} for name in ("neighbors.KNNClassifier", "neighbors.KNNRegressor")
}
"""Parts that River would make without a seed if a step left them out."""

SEVERAL: Final = ("models", "transformers")
"""Parameters that take several parts; in every other a list of steps is one part, a pipeline."""

DEEPEST: Final = 20

_PIPELINE: Final = "compose.Pipeline"

_REFUSALS = (TypeError, ValueError, AttributeError, KeyError, IndexError, ArithmeticError)
"""What River's constructors raise when a parameter does not please them."""


class DeclarationError(ValueError):
    """A step that cannot be made; ``problems`` says why, in words."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def pipeline(steps: Sequence[Step], seed: int, gauge: Gauge) -> Any:
    """The steps made, in order, as one River model.

    Every class that takes a ``seed`` and is given none gets ``seed``. Classes and categories that parameters name are
    made into what models see. Wherever one part is wanted, a pipeline may stand, spelt as a list of steps, as
    ``{ use = "compose.Pipeline", steps = [...] }`` or as ``{ pipeline = [...] }``.

    Raises
    ------
    DeclarationError
        If a class is not allowed, a parameter unknown, missing or refused, or a step that must transform does not.
    """
    return _Maker(seed, gauge).pipeline([{"use": step.use, **step.params} for step in steps], deep=0)


class _Maker:
    def __init__(self, seed: int, gauge: Gauge) -> None:
        self._seed = seed
        self._gauge = gauge

    def pipeline(self, steps: Sequence[Any], deep: int) -> Any:
        made: list[tuple[str, Any]] = []
        problems: list[str] = []
        for number, step in enumerate(steps, start=1):
            try:
                part = self._part(step, deep + 1)
            except DeclarationError as error:
                problems += [f"step {number}: {problem}" for problem in error.problems]
                continue
            inner = list(part.steps.values()) if isinstance(part, compose.Pipeline) else [part]
            made += [
                (f"step {number}, {step['use'] if isinstance(step, Mapping) and 'use' in step else ''}", one)
                for one in inner
            ]
        if not problems:
            problems = [
                f"{where.removesuffix(', ')}, must transform features, as every step but the last"
                for where, part in made[:-1]
                if not isinstance(part, base.Transformer)
            ]
        if problems:
            raise DeclarationError(problems)
        return made[0][1] if len(made) == 1 else compose.Pipeline(*(part for _, part in made))

    def _make(self, use: str, params: Mapping[str, Any], deep: int) -> Any:
        if use == _PIPELINE:
            return self._nested(params.get("steps"), deep, [name for name in params if name != "steps"])
        if use not in ALLOWED:
            raise DeclarationError([_not_allowed(use)])
        cls = ALLOWED[use]
        known = inspect.signature(cls).parameters
        problems = [_unknown(name, use, known) for name in params if name not in known]
        values: dict[str, Any] = {}
        for name, value in {**DEFAULTS.get(use, {}), **params}.items():
            try:
                values[name] = self._value(use, name, value, deep)
            except DeclarationError as error:
                problems += [f"{name}: {problem}" for problem in error.problems]
            except WordsError as error:
                problems.append(f"{name} of {use}: {error}")
        missing = [p.name for p in known.values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
        problems += [f"{use} needs the parameter '{name}'" for name in missing if name not in params]
        if problems:
            raise DeclarationError(problems)
        if "seed" in known:
            values.setdefault("seed", self._seed)
        positional: list[Any] = []
        for name in (p.name for p in known.values() if p.kind is p.VAR_POSITIONAL):
            several = values.pop(name, [])
            positional = several if isinstance(several, list) else [several]
        try:
            made = cls(*positional, **values)
        except _REFUSALS as error:
            raise DeclarationError([f"{use} refuses its parameters: {type(error).__name__}: {error}"]) from error
        texts = [name for name, value in values.items() if isinstance(value, str)]
        replaced = [name for name in texts if getattr(made, name, values[name]) != values[name]]
        if replaced:  # River's trees print a remark and go on with another value
            raise DeclarationError([f"{use} does not know {name} = '{values[name]}'" for name in replaced])
        return made

    def _value(self, use: str, name: str, value: Any, deep: int) -> Any:
        holds = PARAMETERS.get((use, name))
        if holds is not None:
            return coded(value, holds, self._gauge)
        if name in SEVERAL:
            parts = value if isinstance(value, list) else [value]
            made = [self._part(part, deep + 1) for part in parts]
            if name == "transformers" and not all(_transforms(part) for part in made):
                raise DeclarationError([f"{use} joins transformers, and a part of it does not transform features"])
            return made
        if isinstance(value, list) and not _is_pipeline(value):
            return [self._part(part, deep + 1) if isinstance(part, Mapping) else part for part in value]
        return self._part(value, deep + 1) if isinstance(value, Mapping | list) else value

    def _part(self, part: Any, deep: int) -> Any:
        if deep > DEEPEST:
            raise DeclarationError([f"parts stand inside parts more than {DEEPEST} deep"])
        if isinstance(part, list):
            return self._nested(part, deep, [])
        if not isinstance(part, Mapping):
            return part
        if "use" in part:
            return self._make(str(part["use"]), {name: of for name, of in part.items() if name != "use"}, deep)
        if len(part) == 1 and (spelt := next(iter(part))) in ("pipeline", "steps"):
            return self._nested(part[spelt], deep, [])
        return part

    def _nested(self, steps: Any, deep: int, unknown: list[str]) -> Any:
        if unknown:
            raise DeclarationError([f"{_PIPELINE} takes no parameter '{unknown[0]}' (it takes: steps)"])
        if not isinstance(steps, list) or not _is_pipeline(steps):
            raise DeclarationError([f"{_PIPELINE} needs steps, a list of tables with use"])
        return self.pipeline(steps, deep)


def _is_pipeline(value: list[Any]) -> bool:
    return bool(value) and all(
        isinstance(step, Mapping) and (step.keys() & {"use", "pipeline", "steps"}) for step in value
    )


def _transforms(part: Any) -> bool:
    return isinstance(last_step(part), base.Transformer)


def _not_allowed(use: str) -> str:
    elsewhere = [name for name in ALLOWED if name.endswith(f".{use.rpartition('.')[2]}")]
    hint = did_you_mean((elsewhere or closest(use, [*ALLOWED, _PIPELINE], cutoff=0.6))[:1])
    module = use.rpartition(".")[0]
    siblings = [name for name in ALLOWED if name.rpartition(".")[0] == module]
    listed = f"those in {module}: {', '.join(siblings)}" if siblings else f"modules: {', '.join(_modules())}"
    return f"'{use}' is not a class that a pipeline may use{hint} ({listed})"


def _modules() -> list[str]:
    return list(dict.fromkeys(name.rpartition(".")[0] for name in ALLOWED))


def _unknown(name: str, use: str, known: Mapping[str, Any]) -> str:
    return f"{use} takes no parameter '{name}'{nearest(name, known)} (it takes: {', '.join(known) or 'none'})"
