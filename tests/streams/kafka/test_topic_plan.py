"""What is planned for topics, and that whoever makes a topic makes it by the same table."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IncompatibleBrokerVersion

from schemas.gauge import Gauge, Topics
from streams.delivery import envelope
from streams.here.failures import NotAllowedError, TopicsError
from streams.kafka import topic_changes, topics
from streams.kafka.topic_plan import Action, Found, Step, plan
from streams.kafka.topic_table import _FRAMING_BYTES, MAX_BYTES, POLICY, ROWS, TABLE, needed
from tests import builders

GAUGE = builders.gauge()
WEEK = "604800000"


def found(gauge: Gauge = GAUGE, partitions: int = 1, copies: int = 1) -> dict[str, Found]:
    """Every topic as it should be."""
    return {
        row.name(gauge): Found(
            partitions if row.partitions.value != "one" else 1,
            copies,
            {POLICY: row.cleanup.value, MAX_BYTES: "1048588", "retention.ms": WEEK},
        )
        for row in needed(gauge)
    }


def with_setting(key: str, **settings: str) -> dict[str, Found]:
    there = found()
    name = getattr(GAUGE.topics, key)
    named = {setting.replace("_", "."): value for setting, value in settings.items()}
    there[name] = there[name]._replace(settings={**(there[name].settings or {}), **named})
    return there


def step(key: str, there: dict[str, Found], gauge: Gauge = GAUGE) -> Step:
    return next(one for one in plan(gauge, there) if one.key == key)


def test_every_topic_of_the_gauge_file_has_a_row():
    assert {row.key for row in TABLE} == {
        name for name, field in Topics.model_fields.items() if name not in ("partitions", "replication_factor")
    }
    assert len(ROWS) == len(TABLE)


def test_a_dead_letter_has_room_for_what_the_envelope_adds():
    assert _FRAMING_BYTES == envelope.OVERHEAD_BYTES


def test_where_nothing_is_there_all_is_made_as_the_table_says():
    gauge = builders.gauge('[topics]\npartitions = 4\nreplication_factor = 3\n[snapshots]\nstore = "topic"')

    steps = {one.key: one for one in plan(gauge, {})}

    assert {one.action for one in steps.values()} == {Action.CREATE}
    assert {key: (one.partitions, one.replication_factor) for key, one in steps.items()} == {
        key: (1 if row.partitions.value == "one" else 4, 3) for key, row in ROWS.items()
    }
    assert {key for key, one in steps.items() if one.settings[POLICY] == "compact"} == {
        "snapshots",
        "control",
        "redriven",
        "notified",
    }
    assert "segment.bytes" in steps["snapshots"].settings


def test_snapshots_in_a_directory_need_no_topic():
    assert "snapshots" not in {one.key for one in plan(GAUGE, {})}


def test_a_missing_output_gets_the_inputs_partitions():
    assert step("alerts", {"pumps": Found(6, 1, {})}).partitions == 6


def test_where_all_fits_nothing_is_to_be_done():
    steps = plan(GAUGE, found())

    assert {one.action for one in steps} == {Action.KEEP}
    assert not any(one.settings for one in steps)
    assert [one.why for one in steps if one.why] == [
        ("records are kept for 7 days: a worker that is away for longer has lost some",)
    ]


@pytest.mark.parametrize(
    ("key", "settings", "wanted"),
    [
        ("control", {"cleanup_policy": "delete"}, {POLICY: "compact"}),
        ("redriven", {"cleanup_policy": "compact,delete"}, {POLICY: "compact"}),
        ("reports", {"max_message_bytes": "1000"}, {MAX_BYTES: "1048588"}),
        ("input", {"retention_ms": "60000"}, {"retention.ms": "90000"}),
    ],
)
def test_what_loses_nothing_is_altered(key, settings, wanted):
    one = step(key, with_setting(key, **settings))

    assert (one.action, one.settings) == (Action.ALTER, wanted)
    assert one.was == {name.replace("_", "."): value for name, value in settings.items()}
    assert one.why


@pytest.mark.parametrize("key", ["input", "predictions", "alerts"])
@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
def test_an_end_of_compaction_would_delete_and_is_refused(key, policy):
    one = step(key, with_setting(key, cleanup_policy=policy, max_message_bytes="1"))

    assert (one.action, one.settings) == (Action.REFUSE, {})
    assert f"cleanup.policy is {policy}" in one.why[0]


@pytest.mark.parametrize("partitions", [1, 3])
def test_another_number_of_partitions_is_refused(partitions):
    there = {**found(partitions=2), "pumps.alerts": Found(partitions, 1, {})}

    assert step("alerts", there).action is Action.REFUSE
    assert "and pumps 2, which must be the same" in step("alerts", there).why[0]
    assert step("control", there).action is Action.KEEP


def test_a_dead_letter_must_have_room_for_the_largest_record():
    gauge = builders.gauge("[record]\nmax_bytes = 5_000_000")

    assert step("dead_letters", {}, gauge).settings[MAX_BYTES] == "5008192"
    assert step("dead_letters", found(), gauge).settings == {MAX_BYTES: "5008192"}


def test_copies_and_partitions_are_of_a_new_topic_and_that_is_told():
    gauge = builders.gauge("[topics]\npartitions = 4\nreplication_factor = 3")

    one = step("input", found(partitions=2), gauge)

    assert one.action is Action.KEEP
    assert any("topics.partitions = 4 is for a new topic" in why for why in one.why)
    assert any("1 of the 3 copies" in why for why in one.why)


def test_settings_that_may_not_be_read_are_told():
    one = step("alerts", {**found(), "pumps.alerts": Found(1, 1, None)})

    assert one.action is Action.KEEP
    assert "cannot be read" in one.why[0]


# -- on a broker, which is a fake that answers as aiokafka's client does ----------------------------------------------


class Admin:
    def __init__(self, counts: dict[str, int], settings: dict[str, dict[str, tuple[str, int]]] | None = None) -> None:
        self.counts = counts
        self.settings = settings
        self.created: list[Any] = []
        self.altered: list[Any] = []
        self.code = 0

    async def describe_topics(self, topics: list[str] | None = None) -> list[dict[str, Any]]:
        assert topics is None
        one = {"replicas": [1, 2]}
        return [{"error_code": 0, "topic": name, "partitions": [one] * count} for name, count in self.counts.items()]

    async def describe_configs(self, config_resources: list[Any]) -> list[Any]:
        if self.settings is None:
            raise IncompatibleBrokerVersion("no such request")
        resources = [
            (0, None, 2, one.name, [(name, value, False, source, False, []) for name, (value, source) in known.items()])
            for one in config_resources
            if (known := self.settings.get(one.name)) is not None
        ]
        return [SimpleNamespace(resources=resources)]

    async def create_topics(self, new_topics: list[Any]) -> Any:
        self.created += new_topics
        return SimpleNamespace(topic_errors=[(topic.name, 0, None) for topic in new_topics])

    async def alter_configs(self, config_resources: list[Any]) -> list[Any]:
        self.altered += config_resources
        return [SimpleNamespace(resources=[(self.code, "why", 2, one.name) for one in config_resources])]


async def carried_out(admin: Admin) -> list[Step]:
    there = await topic_changes.look(admin, GAUGE)
    steps = plan(GAUGE, there)
    await topic_changes.carry_out(admin, GAUGE, steps, there)
    return steps


async def test_an_alteration_leaves_the_other_settings_of_the_topic_alone():
    own = {"segment.ms": ("5", 1), POLICY: ("delete", 1), MAX_BYTES: ("1048588", 5)}
    admin = Admin({"pumps": 2, "pumps.control": 1, "other": 9}, {"pumps.control": own})

    await carried_out(admin)

    [altered] = admin.altered
    assert (altered.name, altered.configs) == ("pumps.control", {"segment.ms": "5", POLICY: "compact"})
    assert {topic.name for topic in admin.created} == {
        row.name(GAUGE) for row in needed(GAUGE) if row.key not in ("input", "control")
    }


async def test_where_settings_cannot_be_read_nothing_is_altered():
    admin = Admin({row.name(GAUGE): 1 for row in needed(GAUGE)})

    await carried_out(admin)

    assert (admin.created, admin.altered) == ([], [])


@pytest.mark.parametrize(("code", "error"), [(29, NotAllowedError), (44, TopicsError)])
async def test_an_alteration_that_the_broker_refuses_is_told(code, error):
    admin = Admin({"pumps": 1, "pumps.control": 1}, {"pumps.control": {POLICY: ("delete", 1)}})
    admin.code = code

    with pytest.raises(error, match=r"topic pumps\.control"):
        await carried_out(admin)


async def test_a_worker_makes_what_the_plan_would_make():
    by_worker, by_plan = Admin({"pumps": 3}), Admin({"pumps": 3})

    await topics.ensure(by_worker, GAUGE, topics.Missing.CREATE)
    await topics.ensure_one(by_worker, GAUGE, "control")
    await topics.ensure_one(by_worker, GAUGE, "redriven")
    await topics.ensure_one(by_worker, GAUGE, "notified")
    await carried_out(by_plan)

    def made(admin: Admin) -> dict[str, tuple[int, int, dict[str, str]]]:
        return {one.name: (one.num_partitions, one.replication_factor, one.topic_configs) for one in admin.created}

    assert made(by_worker) == made(by_plan)
    assert len(made(by_plan)) == 8
