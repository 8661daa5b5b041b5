"""No two gauges, topics or partitions share a name: by one they would shut each other out, or read each other's state.

Names of gauges and topics may hold hyphens, dots and underscores, so whatever joins two of them must be none of these.
"""

from __future__ import annotations

import doctest
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.delivery import exactly_once
from streams.delivery.envelope import Envelope
from streams.delivery.exactly_once import transactional_id
from streams.kafka.group import group_of
from streams.orders.control import Control
from streams.orders.orders import Skip
from streams.snapshots.identity import Identity
from streams.snapshots.stores.directory import DirectoryStore
from streams.snapshots.stores.topic import TopicStore
from tests import builders


class Place(NamedTuple):
    gauge: str
    topic: str
    partition: int
    epoch: int


def identity(place: Place, position: int = 7) -> Identity:
    gauge, topic, partition, epoch = place
    return Identity(gauge=gauge, topic=topic, partition=partition, epoch=epoch, position=position)


def control_key(place: Place) -> str:
    gauge = builders.gauge(f'name = "{place.gauge}"\n[topics]\ninput = "{place.topic}"')
    order = Skip(partition=place.partition, epoch=place.epoch, offset=7)
    return f"{Control(gauge, {})._prefix}{order.partition}/{order.key}"


def output_id(place: Place) -> str:
    gauge = builders.gauge(f'name = "{place.gauge}"\n[topics]\ninput = "{place.topic}"')
    envelope = Envelope(gauge, place.partition, 1_000, epoch=place.epoch)
    source = dict(envelope._prediction_headers)["ce_source"]
    return f"{source.decode()} {envelope._prefix.decode()}"


NAMES: dict[str, Callable[[Place], str]] = {
    "transactional id": lambda place: transactional_id(*place[:3]),
    "snapshot's file": lambda place: str(
        DirectoryStore(Path("s"), gauge=place.gauge, topic=place.topic)._file(identity(place))
    ),
    "snapshot's key": lambda place: (
        f"{place.partition} "
        + TopicStore({}, "snapshots", gauge=place.gauge, topic=place.topic)._prefix(identity(place))
    ),
    "order's key": control_key,
    "output's id": output_id,
}
WITHOUT_EPOCH = {"transactional id"}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Place, Place]:
    """Two places whose parts, joined by a hyphen, a dot or an underscore, are one text: cut at two of its joints."""
    joint = draw(st.sampled_from("-._"))
    parts = draw(st.lists(st.sampled_from(["a", "b", "0", "1", "eu"]), min_size=3, max_size=6))
    first, second = draw(st.lists(st.integers(1, len(parts) - 1), min_size=2, max_size=2, unique=True))
    partitions = draw(st.lists(st.integers(0, 11), min_size=2, max_size=2))
    epochs = draw(st.lists(st.integers(0, 11), min_size=2, max_size=2))
    made = [
        Place(joint.join(parts[:cut]), joint.join(parts[cut:]), partition, epoch)
        for cut, partition, epoch in zip((first, second), partitions, epochs, strict=True)
    ]
    return made[0], made[1]


@pytest.mark.parametrize("name", NAMES)
@given(pair=pairs())
def test_two_that_read_alike_when_joined_have_names_of_their_own(name: str, pair: tuple[Place, Place]):
    assert NAMES[name](pair[0]) != NAMES[name](pair[1])


@pytest.mark.parametrize("name", NAMES)
def test_what_differs_in_one_part_alone_has_a_name_of_its_own(name: str):
    places = [
        Place(gauge, topic, partition, epoch)
        for gauge, topic in itertools.product(["a", "a-a", "a.1", "1"], repeat=2)
        for partition, epoch in itertools.product([0, 1, 10, 11], repeat=2)
        if epoch == 0 or name not in WITHOUT_EPOCH
    ]

    assert len({NAMES[name](place) for place in places}) == len(places)


def test_a_group_is_one_gauge_s():
    names = ["a", "a-a", "a.a", "rivergauge-a"]

    assert len({group_of(builders.gauge(f'name = "{name}"')) for name in names}) == len(names)


def test_the_example_in_the_docstring():
    assert doctest.testmod(exactly_once).failed == 0
