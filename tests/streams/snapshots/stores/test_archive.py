"""Versions that were promoted stay restorable: one copy each, of the first snapshot that they led."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from streams.delivery.ledger import Mark
from streams.snapshots.failures import SnapshotRefusedError, SnapshotStoreError
from streams.snapshots.identity import Identity
from streams.snapshots.keeper import Keeper
from streams.snapshots.stores.archive import archived
from tests.streams.folding import Core, Row
from tests.streams.snapshots.memory import MemoryStore
from tests.streams.stage import ORIGIN, maker


class Led(Core):
    """A core that somebody leads."""

    def __init__(self, position: int, leader: str) -> None:
        super().__init__(position)
        self.leader = leader


class Kept:
    """A keeper that begins at 0, or again at a later position over the same store, as after a crash."""

    def __init__(self, text: str = "", store: Any = None, position: int = 0) -> None:
        self.maker = maker(
            f"[snapshots]\nevery_events = 100\nevery_seconds = 1e9\n{text}", store=store or MemoryStore()
        )
        self.store = self.maker.store
        self.news = 0
        self.keeper = Keeper(self.maker, 0, news=self._news, at=lambda _: None)
        self.keeper.begin(Mark(position, position, 0, ORIGIN, 1), known=[])

    def _news(self) -> None:
        self.news += 1

    async def made(self, position: int, leader: str) -> None:
        self.keeper.take(Led(position, leader), Row(position - 1))
        self.keeper.published(position)
        await self.keeper.finish()

    async def versions(self) -> list[tuple[str, int]]:
        return [(copy.version, copy.position) for copy in await self.store.archived(0)]


async def test_a_promotion_makes_a_snapshot_due_and_an_ordinary_record_does_not():
    kept = Kept()
    assert not kept.keeper.due(1, at_rest=False, leader="0-1")
    assert not kept.keeper.due(2, at_rest=False, leader="0-1")
    assert kept.keeper.due(3, at_rest=False, leader="0-2")

    await kept.made(3, "0-2")

    assert not kept.keeper.due(4, at_rest=False, leader="0-2")


async def test_without_an_archive_a_promotion_makes_nothing_due():
    kept = Kept("archive = 0")
    kept.keeper.due(1, at_rest=False, leader="0-1")

    assert not kept.keeper.due(3, at_rest=False, leader="0-2")
    await kept.made(3, "0-2")
    assert await kept.versions() == []


async def test_each_leader_has_one_copy_of_its_first_snapshot():
    kept = Kept()
    for position, leader in ((10, "0-1"), (20, "0-1"), (30, "0-2"), (40, "0-2")):
        await kept.made(position, leader)

    assert await kept.versions() == [("0-2", 30), ("0-1", 10)]
    verified = await archived(kept.store, copy("0-2", 30), kept.maker.key)
    assert (verified.header.champion, verified.header.position) == ("0-2", 30)


async def test_the_newest_copies_are_kept_and_a_version_that_leads_again_is_copied_again():
    kept = Kept("archive = 2")
    for position, leader in ((10, "0-1"), (20, "0-2"), (30, "0-3"), (40, "0-1"), (50, "0-1")):
        await kept.made(position, leader)

    assert await kept.versions() == [("0-1", 40), ("0-3", 30)]


async def test_a_replay_over_the_same_store_copies_nothing_twice():
    kept = Kept()
    await kept.made(10, "0-1")
    await kept.made(30, "0-2")

    again = Kept(store=kept.store, position=10)
    await again.made(35, "0-2")

    assert await again.versions() == [("0-2", 30), ("0-1", 10)]


@pytest.mark.parametrize("when", ["before the copy", "after the copy"])
async def test_who_dies_at_the_copy_leaves_it_to_the_next_snapshot(when):
    store = Dies(when)
    kept = Kept(store=store)
    await kept.made(10, "0-1")
    assert [i.position for i in await store.list(0)] == [10]

    again = Kept(store=store, position=10)
    await again.made(20, "0-1")

    assert await again.versions() == [("0-1", 20 if when == "before the copy" else 10)]


async def test_a_store_that_fails_costs_the_copy_and_no_snapshot():
    store = Dies("full")
    kept = Kept(store=store)

    await kept.made(10, "0-1")

    assert kept.keeper.failed() is None
    assert (kept.keeper.durable, kept.keeper.lost) == (10, None)
    await kept.made(20, "0-1")
    assert await kept.versions() == [("0-1", 20)]


async def test_a_copy_that_was_tampered_with_or_renamed_is_refused():
    kept = Kept()
    await kept.made(10, "0-1")
    store, blob = kept.store, bytearray(kept.store.archive[copy("0-1", 10)])
    store.archive[copy("0-7", 10)] = bytes(blob)
    blob[-40] ^= 1
    store.archive[copy("0-1", 10)] = bytes(blob)

    with pytest.raises(SnapshotRefusedError, match=r"checksum|signature"):
        await archived(store, copy("0-1", 10), kept.maker.key)
    with pytest.raises(SnapshotRefusedError, match=r"expected .* of version 0-7, got .* of version 0-1"):
        await archived(store, copy("0-7", 10), kept.maker.key)


async def test_a_snapshot_may_be_committed_while_it_is_copied():
    store = Dies("slow")
    kept = Kept(store=store)
    kept.keeper.take(Led(10, "0-1"), Row(9))
    kept.keeper.published(10)

    await store.reached.wait()

    assert (kept.keeper.durable, kept.news) == (10, 1)
    kept.keeper.drop()


class Dies(MemoryStore):
    """Its process dies at the first copy, or the copy fails, or takes for ever."""

    def __init__(self, when: str) -> None:
        super().__init__()
        self.when: str | None = when
        self.reached = asyncio.Event()

    async def put(self, identity: Identity, blob: Any) -> None:
        when, self.when = (self.when, None) if identity.version else (None, self.when)
        if when == "slow":
            self.reached.set()
            await asyncio.Event().wait()
        if when == "full":
            raise SnapshotStoreError("the disc is full")
        if when != "before the copy":
            await super().put(identity, blob)
        if when is not None:
            raise asyncio.CancelledError


def copy(version: str, position: int) -> Identity:
    return replace(Identity(gauge="pumps", topic="pumps", partition=0, epoch=0, position=position), version=version)
