"""The words of a gauge file that stand inside parameters, made into what models see.

A model never meets a label or a category as the user writes it: it sees codes. A weight for class "high" that kept its
name would be ignored without a word. Which parameters hold such words is a table; nothing is guessed from a name. Keys
of TOML are text, so a class is found by its name as JSON writes it: ``1``, ``true`` or ``high``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from schemas.events import Label
from schemas.gauge import Gauge, Task, class_name
from schemas.hints import nearest


class Holds(Enum):
    """What a parameter holds."""

    SOME_CLASSES = "a table with a number for some classes"
    EVERY_CLASS = "a table with a number for every class"
    ONE_CLASS = "a class"
    CATEGORIES = "a table with a list of categories for some features"


PARAMETERS: Final[dict[tuple[str, str], Holds]] = {
    ("optim.losses.CrossEntropy", "class_weight"): Holds.SOME_CLASSES,
    ("imblearn.RandomOverSampler", "desired_dist"): Holds.EVERY_CLASS,
    ("imblearn.RandomSampler", "desired_dist"): Holds.EVERY_CLASS,
    ("imblearn.RandomUnderSampler", "desired_dist"): Holds.EVERY_CLASS,
    ("metrics.F1", "pos_val"): Holds.ONE_CLASS,
    ("metrics.MCC", "pos_val"): Holds.ONE_CLASS,
    ("metrics.ROCAUC", "pos_val"): Holds.ONE_CLASS,
    ("preprocessing.OneHotEncoder", "categories"): Holds.CATEGORIES,
}
"""Class of River and parameter to what it holds. Whoever allows a class looks whether it belongs here."""


class WordsError(ValueError):
    """A parameter with words that the gauge does not have; the message says which there are."""


def coded(value: Any, holds: Holds, gauge: Gauge) -> Any:
    """A parameter's value with codes in the place of the user's words.

    Raises
    ------
    WordsError
        If it is no such table, or names what the gauge does not.
    """
    if holds is Holds.CATEGORIES:
        return _categories(value, gauge)
    if gauge.task is Task.REGRESSION:
        raise WordsError("names classes, and a regression has none")
    if holds is Holds.ONE_CLASS:
        return _code(value, gauge)
    if not isinstance(value, Mapping):
        raise WordsError(f"must be {holds.value}, got {value!r:.80}")
    for share in value.values():
        if isinstance(share, bool) or not isinstance(share, int | float) or share < 0:
            raise WordsError(f"must be {holds.value}, each at least 0, got {share!r:.80}")
    codes = {_code(name, gauge): float(share) for name, share in value.items()}
    if holds is Holds.EVERY_CLASS:
        absent = [class_name(label) for code, label in enumerate(gauge.classes) if code not in codes]
        if absent:
            raise WordsError(f"must be {holds.value}, {', '.join(absent)} missing")
        if any(share == 0 for share in codes.values()) or abs(sum(codes.values()) - 1) > 1e-6:
            raise WordsError(f"must be {holds.value}, above 0, 1 in all, got {sum(codes.values()):g} in all")
    return codes


def _code(name: Any, gauge: Gauge) -> Label:
    names = [class_name(label) for label in gauge.classes]
    given = class_name(name)
    if given not in names:
        raise WordsError(f"'{given:.80}' is not a class{nearest(given, names)} (classes: {', '.join(names)})")
    code = names.index(given)
    return bool(code) if gauge.task is Task.BINARY else code


def _categories(value: Any, gauge: Gauge) -> dict[str, list[int]]:
    if not isinstance(value, Mapping):
        raise WordsError(f"must be {Holds.CATEGORIES.value}, got {value!r:.80}")
    found: dict[str, list[int]] = {}
    for name, wanted in value.items():
        feature = gauge.features.get(name)
        if feature is None or feature.values is None:
            declared = [other for other, its in gauge.features.items() if its.values]
            raise WordsError(
                f"'{name:.80}' has no declared values, and models see codes, not categories; list the feature's values "
                f"in [features] (features with values: {', '.join(declared) or 'none'})"
            )
        unknown = [word for word in wanted if word not in feature.values] if isinstance(wanted, list) else [wanted]
        if unknown:
            raise WordsError(f"{unknown[0]!r:.80} is not a value of '{name}' (values: {', '.join(feature.values)})")
        found[name] = [feature.values.index(word) + 1 for word in wanted]
    return found
