"""A consumer group from outside: what is committed, and members that are dead and not yet given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.group import LeaveGroupRequest
from aiokafka.structs import TopicPartition

from streams.delivery.ledger import Mark


class Group:
    """One gauge's group, through an admin client that somebody else keeps."""

    def __init__(self, admin: AIOKafkaAdminClient, name: str) -> None:
        self._admin = admin
        self._name = name

    async def marks(self, topic: str, partitions: int) -> dict[int, Mark]:
        """S and E by partition; absent where nothing is committed."""
        places = [TopicPartition(topic, n) for n in range(partitions)]
        found: Mapping[TopicPartition, Any] = await self._admin.list_consumer_group_offsets(
            self._name, partitions=places
        )
        return {
            place.partition: Mark.read(entry.offset, entry.metadata)
            for place, entry in found.items()
            if entry.offset >= 0
        }

    async def members(self) -> list[str]:
        """Member ids."""
        [response] = await self._admin.describe_consumer_groups([self._name])
        return [member[0] for group in response.groups for member in group[5]]

    async def evict(self) -> int:
        """Have every member leave, as the end of its session would, ten seconds earlier; how many there were.

        Only for a group whose workers are all dead.
        """
        members = await self.members()
        coordinator = await self._admin.find_coordinator(self._name)
        for member in members:
            await self._admin._send_request(LeaveGroupRequest(self._name, member), coordinator)
        return len(members)
