"""What a retraining policy waits for can come: rules between ``[retraining]`` and what is watched.

As those of `schemas.gauge.rules` they return what is wrong, in words.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.alerts import DriftKind
from schemas.gauge.drift import Drift
from schemas.gauge.fairness import Fairness
from schemas.gauge.features import Feature
from schemas.gauge.label import Arrival, LabelSection
from schemas.gauge.operators import Operators
from schemas.gauge.record import RecordSection
from schemas.gauge.retraining import Retraining
from schemas.gauge.rules import OWN_COLUMNS, listed


def retraining_can_start(
    retraining: Retraining,
    drift: Drift,
    fairness: Fairness,
    record: RecordSection,
    label: LabelSection,
    features: Mapping[str, Feature],
) -> list[str]:
    """A challenger that waits for what is not watched would never start."""
    problems = []
    if retraining.on is not None and not drift.enabled:
        problems.append("retraining: on waits for alarms, and drift.enabled = false raises none")
    if retraining.hold and not drift.enabled:
        problems.append("retraining: hold waits for data faults, and drift.enabled = false finds none")
    if drift.enabled:
        showing = _showing(record, label, features)
        named = {"on": [] if retraining.on is None else retraining.on.kinds, "hold": map(DriftKind, retraining.hold)}
        problems += [
            f"retraining: {key} names {kind}, {why}"
            for key, kinds in named.items()
            for kind in kinds
            if kind in showing and (why := _unseen(kind, showing[kind], drift)) is not None
        ]
    if retraining.on is not None and DriftKind.FAIRNESS in retraining.on.kinds and not fairness.protected:
        problems.append("retraining: on names fairness, and fairness.protected is empty: no gap is watched")
    if retraining.start in ("warning", "recalled") and not drift.enabled:
        problems.append(
            f"retraining: start = '{retraining.start}' goes by the labels since a warning, and drift.enabled = false "
            "gives none"
        )
    if retraining.burst is not None and record.time is None:
        problems.append("retraining: burst goes by the labels' times; name theirs in record.time")
    if retraining.schedule is not None and record.time is None:
        problems.append("retraining: schedule goes by the events' times; name theirs in record.time")
    return problems


def approval_can_come(retraining: Retraining, operators: Operators) -> list[str]:
    """What waits for an operator's word needs somebody who may give it."""
    if retraining.approval == "auto" or "approve" in operators.allow:
        return []
    return [
        f"retraining: approval = '{retraining.approval}' waits for operators, and nobody may approve: add 'approve' to "
        "operators.allow"
    ]


def _showing(record: RecordSection, label: LabelSection, features: Mapping[str, Feature]) -> dict[DriftKind, list[str]]:
    """By kind, the columns that can show it; kinds that no column shows are not there."""
    prediction, own, delay, traffic = OWN_COLUMNS
    flow = [] if record.time is None else [traffic]
    return {
        DriftKind.COVARIATE: [*features, *flow],
        DriftKind.PRIOR: [prediction, own],
        DriftKind.LABELS: [own, delay] if label.arrival is Arrival.LATER else [own],
        DriftKind.DATA_FAULT: [*features, own, *flow],
    }


def _unseen(kind: DriftKind, columns: list[str], drift: Drift) -> str | None:
    if not drift.columns.enabled:
        return (
            f"which is found in columns, and drift.columns.enabled = false watches none: take {kind} out, or watch "
            "columns"
        )
    if not {*columns} <= {*drift.columns.ignore}:
        return None
    one = len(columns) == 1
    return (
        f"which needs {'the column' if one else 'one of the columns'} {listed(columns)} to be watched, and "
        f"drift.columns.ignore has {'it' if one else 'all of them'}: take {kind} out, or "
        f"{'it' if one else 'one of them'} from ignore"
    )
