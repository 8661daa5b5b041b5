"""What follows for one partition from all that was ever ordered."""

from __future__ import annotations

import doctest

import pytest
from pydantic import ValidationError

from streams.orders import orders
from streams.orders.orders import ANY_ORDER, Accept, Orders, Replay, Reset, Skip, orders_of


def accept(of: str, to: str, position: int, epoch: int = 0) -> Accept:
    return Accept(partition=0, epoch=epoch, of=of, to=to, position=position)


def test_nothing_ordered_is_the_beginning():
    assert orders_of([], 0, "a") == Orders()


def test_orders_for_other_partitions_do_not_count():
    assert orders_of([Reset(partition=1, epoch=3, begin=9), Skip(partition=1, epoch=0, offset=4)], 0, "a") == Orders()


def test_the_last_reset_counts_and_ends_what_was_ordered_in_the_epoch_before():
    given = [
        Skip(partition=0, epoch=0, offset=4),
        accept("b", "a", 7),
        Reset(partition=0, epoch=2, begin=20, floor=20),
        Reset(partition=0, epoch=1, begin=10),
        Skip(partition=0, epoch=2, offset=25),
    ]

    assert orders_of(given, 0, "a") == Orders(epoch=2, begin=20, skips=frozenset({25}), floor=20)


def test_only_the_last_reset_says_up_to_where_its_epoch_is_silent():
    silent = Reset(partition=0, epoch=1, begin=10, outputs_end=50, replay=Replay.SILENT)
    aloud = Reset(partition=0, epoch=2, begin=0, outputs_end=60)

    assert orders_of([silent], 0, "a") == Orders(epoch=1, begin=10, outputs_end=50, silent_below=50)
    assert orders_of([silent, aloud], 0, "a") == Orders(epoch=2, outputs_end=60, silent_below=0)


def test_an_order_is_read_as_it_was_written():
    for order in (
        Reset(partition=0, epoch=1, begin=10, outputs_end=50, replay=Replay.SILENT),
        Skip(partition=0, epoch=1, offset=3),
        accept("a", "b", 7),
    ):
        assert ANY_ORDER.validate_json(order.model_dump_json()) == order


def test_acceptances_follow_each_other_and_the_state_begins_at_the_last():
    chain = [accept("a", "b", 10), accept("b", "c", 30)]

    assert orders_of(chain, 0, "c") == Orders(accepted=frozenset({"a", "b"}), floor=30)
    assert orders_of(chain, 0, "b") == Orders(accepted=frozenset({"a"}), floor=10)
    assert orders_of(chain, 0, "a") == Orders()


def test_a_way_and_back_does_not_turn_for_ever():
    circle = [accept("a", "b", 10), accept("b", "a", 30)]

    assert orders_of(circle, 0, "a").accepted == {"a", "b"}
    assert orders_of(circle, 0, "a").floor == 30


def test_each_order_has_a_key_of_its_own():
    keys = [
        Reset(partition=0, epoch=1, begin=0).key,
        Skip(partition=0, epoch=0, offset=4).key,
        Skip(partition=0, epoch=1, offset=4).key,
        accept("a", "b", 1).key,
        accept("c", "b", 1).key,
    ]

    assert len(set(keys)) == 5


@pytest.mark.parametrize("wrong", [{"begin": -1}, {"epoch": -1}, {"begin": "4"}, {"hint": 1}])
def test_an_order_that_makes_no_sense_is_none(wrong):
    with pytest.raises(ValidationError):
        Reset.model_validate({"partition": 0, "epoch": 1, "begin": 0, **wrong})


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(orders).failed == 0
