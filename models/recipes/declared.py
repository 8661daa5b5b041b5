"""Declared pipelines: the steps of a gauge file made into River's objects, or words on why they cannot be."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from river import base, compose

from models.recipes.allowed import ALLOWED
from schemas.gauge import Step

DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    name: {"engine": {"use": "neighbors.SWINN"}} for name in ("neighbors.KNNClassifier", "neighbors.KNNRegressor")
}
"""Parts that River would make without a seed if a step left them out."""

_REFUSALS = (TypeError, ValueError, AttributeError, KeyError, IndexError, ArithmeticError)
"""What River's constructors raise when a parameter does not please them."""


class DeclarationError(ValueError):
    """A step that cannot be made; ``problems`` says why, in words."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def pipeline(steps: Sequence[Step], seed: int) -> Any:
    """The steps made, in order, as one River model.

    Every class that takes a ``seed`` and is given none gets ``seed``.

    Raises
    ------
    DeclarationError
        If a class is not allowed, a parameter unknown, missing or refused, or a step that must transform does not.
    """
    made = []
    problems: list[str] = []
    for number, step in enumerate(steps, start=1):
        try:
            made.append(_make(step.use, step.params, seed))
        except DeclarationError as error:
            problems += [f"step {number}: {problem}" for problem in error.problems]
    if not problems:
        problems = [
            f"step {number}, {step.use}, must transform features, as every step but the last"
            for number, (step, part) in enumerate(zip(steps[:-1], made[:-1], strict=True), start=1)
            if not isinstance(part, base.Transformer)
        ]
    if problems:
        raise DeclarationError(problems)
    return made[0] if len(made) == 1 else compose.Pipeline(*made)


def _make(use: str, params: Mapping[str, Any], seed: int) -> Any:
    if use not in ALLOWED:
        raise DeclarationError([_not_allowed(use)])
    cls = ALLOWED[use]
    known = inspect.signature(cls).parameters
    problems = [_unknown(name, use, known) for name in params if name not in known]
    values: dict[str, Any] = {}
    for name, value in {**DEFAULTS.get(use, {}), **params}.items():
        try:
            values[name] = _value(value, seed)
        except DeclarationError as error:
            problems += [f"{name}: {problem}" for problem in error.problems]
    missing = [p.name for p in known.values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    problems += [f"{use} needs the parameter '{name}'" for name in missing if name not in params]
    if problems:
        raise DeclarationError(problems)
    if "seed" in known:
        values.setdefault("seed", seed)
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


def _value(value: Any, seed: int) -> Any:
    if isinstance(value, Mapping) and "use" in value:
        return _make(str(value["use"]), {name: part for name, part in value.items() if name != "use"}, seed)
    if isinstance(value, list):
        return [_value(part, seed) for part in value]
    return value


def _not_allowed(use: str) -> str:
    elsewhere = [name for name in ALLOWED if name.endswith(f".{use.rpartition('.')[2]}")]
    near = elsewhere or get_close_matches(use, ALLOWED, n=1)
    module = use.rpartition(".")[0]
    siblings = [name for name in ALLOWED if name.rpartition(".")[0] == module]
    hint = f"; did you mean '{near[0]}'?" if near else ""
    listed = f"those in {module}: {', '.join(siblings)}" if siblings else f"modules: {', '.join(_modules())}"
    return f"'{use}' is not a class that a pipeline may use{hint} ({listed})"


def _modules() -> list[str]:
    return list(dict.fromkeys(name.rpartition(".")[0] for name in ALLOWED))


def _unknown(name: str, use: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"{use} takes no parameter '{name}'{hint} (it takes: {', '.join(known) or 'none'})"
