"""Topics are created and checked; the admin client is a fake that answers as aiokafka's does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import IncompatibleBrokerVersion

from streams.here.failures import BrokerRefusedError, NotAllowedError, TopicsError
from streams.kafka import topic_table, topics
from streams.kafka.topics import Missing
from tests import builders

OUTPUTS = ("pumps.predictions", "pumps.alerts", "pumps.versions", "pumps.reports", "pumps.dead_letters")


class Admin:
    def __init__(self, counts: dict[str, int], *, code: int = 0, creates: bool = True) -> None:
        self.counts = counts
        self.code = code
        self.creates = creates
        self.created: dict[str, tuple[int, int]] = {}

    async def describe_topics(self, topics: list[str] | None = None) -> list[dict[str, Any]]:
        assert topics is None, "asking by name would create topics on some brokers"
        return [{"error_code": 0, "topic": name, "partitions": [0] * count} for name, count in self.counts.items()]

    async def create_topics(self, new_topics: list[Any]) -> Any:
        if not self.creates:
            raise IncompatibleBrokerVersion("no such request")
        self.created = {topic.name: (topic.num_partitions, topic.replication_factor) for topic in new_topics}
        return SimpleNamespace(topic_errors=[(topic.name, self.code, "why") for topic in new_topics])

    async def describe_configs(self, config_resources: list[Any]) -> list[Any]:
        entry = ("max.message.bytes", "2000000", False, 1, False, [])
        return [SimpleNamespace(resources=[(0, None, 2, config_resources[0].name, [entry])])]


async def test_missing_topics_get_the_inputs_partitions():
    admin = Admin({"pumps": 4, "pumps.alerts": 4})

    partitions = await topics.ensure(admin, builders.gauge("[topics]\nreplication_factor = 3"), Missing.CREATE)

    assert partitions == 4
    assert admin.created == {name: (4, 3) for name in OUTPUTS if name != "pumps.alerts"}


async def test_without_any_topic_the_gauge_file_says_how_many_partitions():
    admin = Admin({})

    partitions = await topics.ensure(admin, builders.gauge("[topics]\npartitions = 2"), Missing.CREATE)

    assert partitions == 2
    assert admin.created == dict.fromkeys(("pumps", *OUTPUTS), (2, 1))


async def test_differing_partition_counts_are_refused_and_listed():
    admin = Admin({"pumps": 2, **dict.fromkeys(OUTPUTS, 2), "pumps.alerts": 3})

    with pytest.raises(TopicsError, match=r"must have the input's 2 partition.*pumps.alerts has 3"):
        await topics.ensure(admin, builders.gauge(), Missing.CREATE)


async def test_missing_topics_can_be_refused():
    admin = Admin({"pumps": 2})

    with pytest.raises(TopicsError, match=r"missing: pumps.predictions.*create them with 2 partition"):
        await topics.ensure(admin, builders.gauge(), Missing.REFUSE)

    assert admin.created == {}


async def test_a_broker_that_creates_no_topics_is_named_as_the_reason():
    with pytest.raises(TopicsError, match="this broker creates none"):
        await topics.ensure(Admin({"pumps": 1}, creates=False), builders.gauge(), Missing.CREATE)


async def test_a_refused_creation_says_why():
    with pytest.raises(TopicsError, match=r"pumps.alerts: the broker answered POLICY_VIOLATION: why"):
        await topics.ensure(Admin({"pumps": 1}, code=44), builders.gauge(), Missing.CREATE)


async def test_topics_that_may_not_be_created_are_a_refusal_that_names_them():
    with pytest.raises(NotAllowedError, match=r"may not create them: pumps.predictions, pumps.alerts"):
        await topics.ensure(Admin({"pumps": 1}, code=29), builders.gauge(), Missing.CREATE)


async def test_another_worker_may_create_the_topics_meanwhile():
    assert await topics.ensure(Admin({"pumps": 1}, code=36), builders.gauge(), Missing.CREATE) == 1


async def test_the_topics_limit_is_read():
    assert await topics.max_message_bytes(Admin({}), "pumps.dead_letters") == 2_000_000


async def test_a_broker_that_does_not_tell_its_limit_has_kafkas_default():
    class Silent(Admin):
        async def describe_configs(self, config_resources: list[Any]) -> list[Any]:
            raise IncompatibleBrokerVersion("no such request")

    assert await topics.max_message_bytes(Silent({}), "pumps.dead_letters") == topic_table.DEFAULT_MAX_MESSAGE_BYTES


# -- what the input and the broker must be ----------------------------------------------------------------------------

WITH_TRANSACTIONS = {0, 1, 22, 24, 25, 26, 27, 28, 65}


class Input(Admin):
    """Answers for the input topic's policy and the broker's requests; its client is as aiokafka's (0.14) inside."""

    def __init__(self, policy: str | None = "delete", apis: set[int] = WITH_TRANSACTIONS) -> None:
        super().__init__({"pumps": 1})
        self.policy = policy
        self._client = SimpleNamespace(
            ready=self.ready,
            get_random_node=lambda: 1,
            _conns={1: SimpleNamespace(_versions=dict.fromkeys(apis, (0, 1)))},
        )

    async def ready(self, node: int) -> bool:
        return True

    async def describe_configs(self, config_resources: list[Any]) -> list[Any]:
        [wanted] = config_resources
        assert (wanted.name, list(wanted.configs)) == ("pumps", ["cleanup.policy"])
        entries = [] if self.policy is None else [("cleanup.policy", self.policy, False, 1, False, [])]
        return [SimpleNamespace(resources=[(0, None, 2, "pumps", entries)])]


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
async def test_a_compacted_input_is_refused(policy: str):
    with pytest.raises(TopicsError, match=f"input topic pumps must not be compacted, got cleanup.policy={policy}"):
        await topics.check_input(Input(policy), builders.gauge())


@pytest.mark.parametrize("policy", ["delete", None])
async def test_an_input_that_only_grows_older_is_fine(policy: str | None):
    await topics.check_input(Input(policy), builders.gauge())


@pytest.mark.parametrize("lacking", [{22}, {28}, {27, 65}])
async def test_exactly_once_is_refused_on_a_broker_without_transactions(lacking: set[int]):
    with pytest.raises(BrokerRefusedError, match=r'exactly-once" needs a broker with.*set delivery = "at-least-once"'):
        await topics.check_input(Input(apis=WITH_TRANSACTIONS - lacking), builders.gauge())


async def test_at_least_once_needs_no_transactions():
    await topics.check_input(Input(apis={0, 1}), builders.gauge('delivery = "at-least-once"'))
