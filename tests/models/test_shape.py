"""What a class may hold is read from its code: every way in which an attribute can come about, and no other."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pytest
from river import drift, linear_model, stats
from river._river_rust.stats import RsQuantile

from models.shape import attributes_of, required_of


class Plain:
    def __init__(self, n: int) -> None:
        self.n = n
        self.m: int = n
        if n:
            self.odd = n

    def change(self, other: Any) -> None:
        self.count += 1
        self.left, self.right = other
        other.theirs = 1
        other.counted += 1
        with nullcontext(1) as self.held:
            pass
        for self.each in other:
            pass
        local = self.read_only
        assert local

    def inside(self) -> Any:
        def later() -> None:
            self.later = 1

        return later

    @property
    def shown(self) -> int:
        return self.n

    @shown.setter
    def shown(self, value: int) -> None:
        self.set = value

    def show(self) -> None:
        self.shown = 3

    @cached_property
    def once(self) -> int:
        return 1


class Heir(Plain):
    def __init__(self) -> None:
        super().__init__(1)
        self.own = 1
        self.reset()

    def reset(self) -> None:
        self.again = 1


class Slotted:
    __slots__ = ("a", "b")


@dataclass(frozen=True, kw_only=True)
class Data:
    x: int
    y: int = 0


@dataclass(slots=True)
class Tight:
    x: int
    y: int = 0


class Named(NamedTuple):
    second: int
    first: int


PLAIN = ("count", "each", "held", "later", "left", "m", "n", "odd", "once", "right", "set")


@pytest.mark.parametrize(
    ("cls", "names"),
    [
        (Plain, PLAIN),
        (Heir, tuple(sorted((*PLAIN, "own", "again")))),
        (Slotted, ("a", "b")),
        (Data, ("x", "y")),
        (Tight, ("x", "y")),
        (Named, ("second", "first")),
        (stats.Mean, ("_mean", "n")),
    ],
)
def test_a_class_may_hold_what_its_methods_and_its_bases_assign(cls, names):
    assert attributes_of(cls) == names


def test_an_attribute_more_is_another_shape():
    class More(stats.Mean):
        def __init__(self) -> None:
            super().__init__()
            self._m2 = 0.0

    assert set(attributes_of(More)) - set(attributes_of(stats.Mean)) == {"_m2"}


def test_of_a_class_in_rust_the_shape_is_what_a_new_one_is_written_as(monkeypatch: pytest.MonkeyPatch):
    class Wider:
        def __init__(self, q: float) -> None:
            self._inner = RsQuantile(q)

        def __getstate__(self) -> bytes:
            return self._inner.__getstate__() + bytes(8)  # type: ignore[return-value]

    Wider.__module__, Wider.__qualname__ = RsQuantile.__module__, RsQuantile.__qualname__

    (known,), (wider,) = attributes_of(RsQuantile), attributes_of(Wider)

    assert known != wider


def test_an_object_of_ours_holds_all_of_it_and_one_of_rivers_what_its_constructor_always_assigns():
    class Ours:
        def __init__(self) -> None:
            self.now = 1

        def later(self) -> None:
            self.then = 1

    Ours.__module__ = "models.somewhere"

    assert required_of(Ours) == {"now", "then"}
    assert {"_helper", "delta"} <= required_of(drift.ADWIN), "what a method assigns that the constructor calls"
    assert "cum_l1" in attributes_of(linear_model.LogisticRegression)
    assert "cum_l1" not in required_of(linear_model.LogisticRegression), "only where there is a penalty"
    assert required_of(Heir) == {"n", "m", "own", "again"}
