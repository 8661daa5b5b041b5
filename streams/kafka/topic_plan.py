"""What must be done that a broker has the topics of a gauge: made, altered, left, or refused where data would be lost.

Nothing here asks a broker or changes anything: `streams.kafka.topic_changes` looks before, and carries out after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.gauge import Gauge
from schemas.plurals import count
from streams.kafka.topic_table import MAX_BYTES, POLICY, Cleanup, Partitions, Row, needed

RETENTION: Final = "retention.ms"


class Action(StrEnum):
    """What is to be done with a topic."""

    CREATE = "create"
    ALTER = "alter"
    KEEP = "keep"
    REFUSE = "refuse"


class Found(NamedTuple):
    """A topic that is there.

    ``settings`` are all of its settings, ``own`` the names of those that were set on the topic itself; ``None`` and
    nothing where the broker does not say.
    """

    partitions: int
    copies: int
    settings: Mapping[str, str] | None
    own: frozenset[str] = frozenset()


class Step(NamedTuple):
    """One topic: what is done with it, and why. ``settings`` are those that it gets, ``was`` what they are now."""

    key: str
    topic: str
    action: Action
    partitions: int
    replication_factor: int
    settings: Mapping[str, str]
    was: Mapping[str, str | None]
    why: tuple[str, ...] = ()


class _Finding(NamedTuple):
    """What a rule has to say of a topic that is there: what is to be done, why, and by which settings."""

    action: Action
    why: str
    settings: Mapping[str, str] = {}


def plan(gauge: Gauge, found: Mapping[str, Found]) -> list[Step]:
    """A step for each topic that the gauge uses, in the order of the table.

    Parameters
    ----------
    found
        The topics that are there, by name.
    """
    there = found.get(gauge.topics.input)
    partitions = gauge.topics.partitions if there is None else there.partitions
    steps = []
    for row in needed(gauge):
        one = found.get(row.name(gauge))
        steps.append(_created(row, gauge, partitions) if one is None else _looked_at(row, gauge, partitions, one))
    return steps


def _created(row: Row, gauge: Gauge, partitions: int) -> Step:
    new = row.new(gauge, partitions)
    settings = row.new_settings(gauge)
    return Step(
        row.key, new.name, Action.CREATE, new.num_partitions, new.replication_factor, settings, dict.fromkeys(settings)
    )


def _looked_at(row: Row, gauge: Gauge, partitions: int, found: Found) -> Step:
    findings = [finding for rule in _RULES for finding in rule(row, gauge, partitions, found)]
    actions = {finding.action for finding in findings}
    action = next(one for one in (Action.REFUSE, Action.ALTER, Action.KEEP) if one in actions or one is Action.KEEP)
    settings: dict[str, str] = {}
    for finding in findings:
        settings.update(finding.settings)
    if action is not Action.ALTER:
        settings = {}
    known = found.settings or {}
    was = {name: known.get(name) for name in settings}
    why = tuple(finding.why for finding in findings)
    return Step(row.key, row.name(gauge), action, found.partitions, found.copies, settings, was, why)


def _count(row: Row, gauge: Gauge, partitions: int, found: Found) -> Iterator[_Finding]:
    if row.partitions is Partitions.AS_THE_INPUT and found.partitions != partitions:
        yield _Finding(
            Action.REFUSE,
            f"it has {count(found.partitions, 'partition')} and {gauge.topics.input} {partitions:,}, which must be the "
            f"same: name another topic (topics.{row.key}), or delete this one, with what is on it",
        )
    asked = gauge.topics.partitions
    if row.key == "input" and "partitions" in gauge.topics.model_fields_set and asked != found.partitions:
        yield _Finding(Action.KEEP, f"topics.partitions = {asked} is for a new topic: keys would move between learners")


def _policy(row: Row, _gauge: Gauge, _partitions: int, found: Found) -> Iterator[_Finding]:
    now = (found.settings or {}).get(POLICY, row.cleanup.value)
    if now == row.cleanup.value:
        return
    if row.cleanup is Cleanup.COMPACT:
        yield _Finding(
            Action.ALTER, f"{POLICY} is {now}, and what is older would be deleted", {POLICY: Cleanup.COMPACT.value}
        )
    else:
        what = "the state is a fold of its records" if row.key == "input" else "records without a key are not taken"
        yield _Finding(
            Action.REFUSE,
            f"{POLICY} is {now}, and {what}; with {row.cleanup.value} records beyond {RETENTION} would be deleted: set "
            f"it yourself, or name another topic (topics.{row.key})",
        )


def _size(row: Row, gauge: Gauge, _partitions: int, found: Found) -> Iterator[_Finding]:
    wanted, now = row.max_bytes(gauge), (found.settings or {}).get(MAX_BYTES)
    if wanted is None or now is None or int(now) >= wanted:
        return
    what = "refused records that are larger would be cut" if row.key == "dead_letters" else "a record may be larger"
    yield _Finding(Action.ALTER, f"{MAX_BYTES} is {int(now):,}: {what}", {MAX_BYTES: str(wanted)})


def _retention(row: Row, gauge: Gauge, _partitions: int, found: Found) -> Iterator[_Finding]:
    now = (found.settings or {}).get(RETENTION)
    if row.key != "input" or now is None:
        return
    kept_ms = int(now)
    wanted_ms = round(1_000 * gauge.snapshots.keep * gauge.snapshots.every_seconds)
    if 0 <= kept_ms < wanted_ms:
        yield _Finding(
            Action.ALTER,
            f"{RETENTION} is {kept_ms:,}: the oldest of {gauge.snapshots.keep} snapshots could not be restored",
            {RETENTION: str(wanted_ms)},
        )
    elif kept_ms >= 0:
        yield _Finding(
            Action.KEEP, f"records are kept for {_days(kept_ms)}: a worker that is away for longer has lost some"
        )


def _copies(row: Row, gauge: Gauge, _partitions: int, found: Found) -> Iterator[_Finding]:
    wanted = gauge.topics.replication_factor
    if found.copies < wanted:
        yield _Finding(
            Action.KEEP,
            f"it has {found.copies:,} of the {wanted:,} copies of topics.replication_factor, which is for a new topic: "
            "kafka-reassign-partitions adds some",
        )


def _settings(_row: Row, _gauge: Gauge, _partitions: int, found: Found) -> Iterator[_Finding]:
    if found.settings is None:
        yield _Finding(Action.KEEP, "its settings cannot be read: DESCRIBE_CONFIGS is not granted, or not supported")


_Rule = Callable[[Row, Gauge, int, Found], Iterator[_Finding]]
_RULES: Final[tuple[_Rule, ...]] = (_count, _policy, _size, _retention, _copies, _settings)


def _days(ms: int) -> str:
    """A retention as people say it.

    >>> _days(604_800_000), _days(5_400_000)
    ('7 days', '1.5 hours')
    """
    hours = ms / 3_600_000
    amount, unit = (hours / 24, "day") if hours >= 48 else (hours, "hour")
    return f"{amount:.3g} {unit}{'' if amount == 1 else 's'}"
