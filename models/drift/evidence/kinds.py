"""What an episode is: the kind of each column's movement, the kind of them all, and what it asks of people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from models.drift.evidence.column import Column, Role
from models.drift.evidence.faults import Fault, fault_of
from models.drift.evidence.sketch import Sketch
from models.drift.evidence.words import figures, told
from schemas.alerts import DriftKind, Moved


class Judged(NamedTuple):
    """What one column's movement is; ``fault`` where it is a data fault or labels that stay away."""

    kind: DriftKind
    fault: Fault | None
    role: Role
    moved: Moved


_KINDS: Final[dict[Role, DriftKind]] = {
    Role.FEATURE: DriftKind.COVARIATE,
    Role.SCORE: DriftKind.PRIOR,
    Role.PREDICTED: DriftKind.PRIOR,
    Role.LABEL: DriftKind.PRIOR,
    Role.DELAY: DriftKind.LABELS,
    Role.TRAFFIC: DriftKind.COVARIATE,
}
"""What a movement is that no rule calls a fault."""

_FOLLOWS: Final = frozenset({Role.SCORE, Role.PREDICTED})
"""What moves when something else has."""

_ORDER: Final = (DriftKind.DATA_FAULT, DriftKind.LABELS, DriftKind.PRIOR, DriftKind.COVARIATE)
"""Who wins a draw."""

ADVICE: Final[dict[DriftKind, str]] = {
    DriftKind.DATA_FAULT: "look at the source: retraining does not help, and would learn the fault",
    DriftKind.COVARIATE: "other inputs than before: watch the error; retrain only if it rises with labels",
    DriftKind.PRIOR: "the classes, or the labels' size, come in other shares: check thresholds and calibration first",
    DriftKind.LABELS: "labels come otherwise: look at what sends them; figures and learning lag until then",
    DriftKind.CONCEPT: "what the features say about the label has changed: a new version is worth a trial",
}
"""What an alert of a kind asks of people."""


def judge(column: Column, before: Sketch, after: Sketch, *, what: str, weight: float) -> Judged:
    """What a column's movement is.

    ``what`` names the summary that moved most, and ``weight`` is the column's part of the evidence, in [0, 1]. A data
    fault if a rule of `models.drift.evidence.faults` applies, else what the column's role says.
    """
    fault = fault_of(column.role, before, after)
    kind = _KINDS[column.role] if fault is None else DriftKind.DATA_FAULT
    if column.role is Role.LABEL and fault is Fault.MISSING:
        kind = DriftKind.LABELS
    shown_before, shown_after = figures(column, before, after)
    words = told(column, before, after, fault)
    moved = Moved(column=column.name, what=what, weight=weight, words=words, before=shown_before, after=shown_after)
    return Judged(kind, fault, column.role, moved)


def kind_of(judged: Iterable[Judged]) -> DriftKind:
    """The kind of an episode: the one with most of the evidence. What the model answers follows what it is given.

    Raises
    ------
    ValueError
        If nothing moved.
    """
    all_of_them = [*judged]
    if not all_of_them:
        raise ValueError("an episode needs at least one column that moved, got none")
    causes = [one for one in all_of_them if one.role not in _FOLLOWS] or all_of_them
    weights = dict.fromkeys(_ORDER, 0.0)
    for one in causes:
        weights[one.kind] += one.moved.weight
    present = {one.kind for one in causes}
    return max((kind for kind in _ORDER if kind in present), key=lambda kind: weights[kind])
