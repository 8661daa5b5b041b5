"""The gauge that a table suggests, and what it was taken from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from models.candidates import recipes_for
from schemas.gauge import Arrival, Task
from streams.data.datafile import DataFileError
from streams.data.survey.answer import Answer, answer_of
from streams.data.survey.features import Chosen, Left, choose
from streams.data.survey.kinds import commas, markers, words_of
from streams.data.survey.roles import Roles, roles_of
from streams.data.survey.table import Table

_SUITED: Final = {
    Task.BINARY: ("logistic_regression", "hoeffding_tree"),
    Task.MULTICLASS: ("naive_bayes", "hoeffding_tree"),
    Task.REGRESSION: ("linear_regression", "hoeffding_tree"),
}
"""Recipes that are cheap, take every type of feature and missing values, and err in different ways."""

_RARE: Final = 0.35
"""A positive class below this share makes accuracy praise a model that never names it."""

_UNEVEN: Final = 0.5
"""A class that is rarer than this share of an even one is lost in the accuracy over all classes."""

_PROTECTED: Final = frozenset(
    ("sex", "gender", "race", "ethnicity", "ethnic", "religion", "nationality", "disability", "marital", "pregnant")
)


class Wanted(NamedTuple):
    """What the user says of a file; ``None`` where it is to be found out."""

    name: str
    task: Task | None = None
    id: str | None = None
    time: str | None = None


class Draft(NamedTuple):
    """A gauge file to be, and what its comments tell."""

    name: str
    table: Table
    answer: Answer
    roles: Roles
    missing: list[str]
    features: list[Chosen]
    left: list[Left]
    candidates: list[str]
    dropped: list[tuple[str, str]]
    """Recipes that would suit the task and do not suit these columns, with the reason."""

    @property
    def doubts(self) -> dict[str, str]:
        """What may have been meant otherwise than it is read, by the column's name."""
        columns = [self.table.label]
        columns += [chosen.column for chosen in self.features]
        columns += [left.column for left in self.left]
        return {column.name: told for column in columns if (told := commas(column)) is not None}

    @property
    def arrival(self) -> Arrival:
        """When labels come, as far as the file shows it."""
        later = self.roles.label_time is not None or self.table.label_records
        return Arrival.LATER if later else Arrival.WITH_EVENT

    @property
    def metric(self) -> tuple[str, list[str]]:
        """The leading metric, and those that are shown beside it."""
        counts = self.answer.classes.values()
        if self.answer.task is Task.REGRESSION:
            return "MAE", ["RMSE"]
        if self.answer.task is Task.BINARY:
            rare = min(counts) < _RARE * sum(counts)
            return ("ROCAUC", ["LogLoss", "F1", "Accuracy"]) if rare else ("Accuracy", ["ROCAUC"])
        uneven = min(counts) < _UNEVEN * sum(counts) / len(counts)
        return ("MacroF1", ["Accuracy"]) if uneven else ("Accuracy", ["MacroF1"])

    @property
    def protected(self) -> list[Chosen]:
        """Features that may be of a person's protected attributes, by their names."""
        if self.answer.task is Task.REGRESSION:
            return []
        found = [(chosen, words_of(chosen.column.name)) for chosen in self.features]
        return [chosen for chosen, words in found if _PROTECTED.intersection(words) or words[-1:] == ["age"]]


def draft(table: Table, wanted: Wanted) -> Draft:
    """What a table suggests.

    Raises
    ------
    DataFileError
        If it suggests no gauge: the label is constant or no label, what the user names is not there, or no column is
        left that a prediction could be made from.
    """
    answer = answer_of(table, wanted.task)
    classes = {str(value) for value in answer.classes}
    roles = roles_of(table, wanted.time, wanted.id)
    missing = markers(table, classes)
    features, left = choose(table, answer, roles, set(missing))
    if not features:
        why = "; ".join(f"{one.column.name}: {one.why}" for one in left[:5]) or "there is no other"
        raise DataFileError(f"no column is left that '{table.label.name}' could be predicted from ({why})")
    serving = recipes_for(answer.task)
    recipes = [name for name in _SUITED[answer.task] if name in serving]
    return Draft(wanted.name, table, answer, roles, missing, features, left, recipes, [])


def without(found: Draft, doubts: Mapping[str, str]) -> Draft:
    """The draft without the candidates of which something is wrong or doubtful, if one is left that is not."""
    left = [name for name in found.candidates if name not in doubts]
    if not doubts or not left:
        return found
    return found._replace(
        candidates=left, dropped=[(name, doubts[name]) for name in found.candidates if name in doubts]
    )


def name_from(text: str) -> str:
    """A gauge's name made of a file's.

    >>> name_from("Pump readings (2024).csv.gz")
    'Pump-readings-2024'
    """
    plain = re.sub(r"(\.(csv|tsv|jsonl|ndjson|json|parquet|gz|bz2|xz))+$", "", text, flags=re.IGNORECASE)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("._-")[:100] or "gauge"


def suggestion(found: Draft) -> dict[str, Any] | None:
    """What a gauge file says to compare the groups of protected columns; ``None`` where there are none."""
    protected = found.protected
    if not protected:
        return None
    slices: dict[str, Any] = {}
    for chosen in protected:
        if chosen.entry["type"] != "number":
            slices[chosen.column.name] = {}
        elif chosen.column.minimum < chosen.column.maximum:
            low, high = chosen.column.minimum, chosen.column.maximum
            edges = [30, 50] if low < 30 and high > 50 else [round((low + high) / 2, 6)]
            slices[chosen.column.name] = {"bins": edges}
    fields = {chosen.column.name: chosen.entry["field"] for chosen in protected if "field" in chosen.entry}
    for name, field in fields.items():
        if name in slices:
            slices[name] = {"field": field, **slices[name]}
    return slices or None
