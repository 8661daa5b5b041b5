"""Folding records into stretches, with a fake core. The clock is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from schemas.records import Effect
from streams.here.failures import DefectError
from streams.partition.fold import STRETCH_S
from streams.partition.stretch import Stretch
from tests.streams.folding import Core, Row, fold, ids, ticking


def test_a_fold_without_pressure_is_one_stretch():
    core = Core()

    [piece] = fold(core).fold([Row(0), Row(1), Row(4)])

    assert core.seen == [0, 1, 4]
    assert ids(piece.outputs) == [f"pumps:0:{offset}:prediction:0" for offset in (0, 1, 4)]
    assert piece.next_offset == 5
    assert piece.stamps == [1_000] * 3


def test_a_stretch_ends_after_its_milliseconds_of_work():
    step = STRETCH_S * 0.6  # looked at once before the stretch and once per record: two records reach the end

    pieces = list(fold(clock=ticking(step)).fold([Row(offset) for offset in range(5)]))

    assert [piece.next_offset for piece in pieces] == [2, 4, 5]


def test_stretches_do_not_change_what_is_said():
    rows = [Row(offset, b"x" * (2 + offset % 3)) for offset in range(50)]

    whole = [id for piece in fold().fold(rows) for id in ids(piece.outputs)]
    stretched = [id for piece in fold(clock=ticking(STRETCH_S)).fold(rows) for id in ids(piece.outputs)]

    assert stretched == whole


def test_records_below_the_position_are_skipped_without_a_stretch():
    core = Core(next_offset=3)

    pieces = [*fold(core).fold([Row(1), Row(2)]), *fold(core).fold([Row(2), Row(3)])]

    assert core.seen == [3]
    assert len(pieces) == 1


def test_records_below_the_epochs_begin_are_skipped_though_the_core_is_new():
    core = Core()
    subject = fold(core, begin=2)

    assert subject.next_offset == 2
    assert [piece.next_offset for piece in subject.fold([Row(0), Row(1), Row(2)])] == [3]
    assert core.seen == [2]


def test_effects_of_one_kind_at_one_position_are_numbered_from_0():
    [piece] = fold().fold([Row(7, b"xxxx")])

    assert ids(piece.outputs) == ["pumps:0:7:prediction:0", "pumps:0:7:dead_letter:0", "pumps:0:7:dead_letter:1"]


def test_outputs_have_the_input_records_timestamp_and_none_where_it_has_none():
    [piece] = fold().fold([Row(0, timestamp=5), Row(1, timestamp=-1)])

    assert [output.timestamp for output in piece.outputs] == [5, None]


def test_what_is_published_already_is_learned_from_and_not_said_again():
    core = Core()

    [piece] = fold(core, silent_below=2).fold([Row(0, b"xxx"), Row(1), Row(2)])

    assert core.seen == [0, 1, 2]
    assert ids(piece.outputs) == ["pumps:0:2:prediction:0"]
    assert piece.next_offset == 3


def test_a_skipped_record_is_not_decoded_and_becomes_a_dead_letter_of_that_reason():
    # The core would raise at this value; the decoder is not asked, which would call it not_json.
    class Telling(Core):
        def handle(self, event: Any, position: int) -> list[Effect]:
            self.seen.append((str(event.reason), event.key, event.raw))
            self.next_offset = position + 1
            return []

    core = Telling()

    list(fold(core, skips=frozenset({1})).fold([Row(0), Row(1, b"boom", b"k"), Row(2)]))

    assert core.seen == [("not_json", None, b"{}"), ("skipped", b"k", b"boom"), ("not_json", None, b"{}")]


def test_the_last_record_is_the_newest_folded_and_none_before():
    subject = fold(Core(next_offset=1))
    assert subject.last is None

    list(subject.fold([Row(0)]))
    assert subject.last is None  # it was below the position

    list(subject.fold([Row(1), Row(2, b"xx")]))
    assert subject.last == Row(2, b"xx")


def test_a_core_that_raises_is_a_defect_that_names_the_record_and_the_way_past_it():
    subject = fold()

    with pytest.raises(
        DefectError, match=r"partition 0, offset 1: ZeroDivisionError: division by zero;.*rivergauge skip 0 1 makes"
    ):
        list(subject.fold([Row(0), Row(1, b"boom")]))


class Leaving(Core):
    """Raises what would end a process."""

    def handle(self, event: Any, position: int) -> list[Effect]:
        raise SystemExit(3)


def test_a_core_that_wants_to_leave_is_a_defect_too():
    with pytest.raises(DefectError, match="offset 0: SystemExit: 3"):
        list(fold(Leaving()).fold([Row(0)]))


def test_what_was_folded_before_a_defect_comes_first_and_says_so():
    pieces = fold().fold([Row(4), Row(6), Row(7, b"boom"), Row(8)])

    piece = next(pieces)
    with pytest.raises(DefectError) as raised:
        next(pieces)

    assert ids(piece.outputs) == ["pumps:0:4:prediction:0", "pumps:0:6:prediction:0"]
    assert piece.next_offset == 7
    assert piece.defect is raised.value


def test_nothing_of_the_record_that_cannot_be_sealed_comes():
    class Late(Core):
        def handle(self, event: Any, position: int) -> list[Effect]:
            return [*super().handle(event, position), *[object()] * (position - 1)]

    [piece] = until_defect(fold(Late()).fold([Row(1), Row(2)]))

    assert ids(piece.outputs) == ["pumps:0:1:prediction:0"]


def until_defect(pieces: Iterator[Stretch]) -> Iterator[Stretch]:
    with suppress(DefectError):
        yield from pieces


def test_who_watches_is_told_the_record_at_work():
    class Looking(Core):
        def handle(self, event: Any, position: int) -> list[Effect]:
            seen.append(tuple(at_work))
            return super().handle(event, position)

    seen: list[tuple[int, ...]] = []
    at_work = [0, 0]

    list(fold(Looking(), at_work=at_work).fold([Row(3), Row(5)]))

    assert seen == [(1, 3), (1, 5)]
    assert at_work[0] == 0


class Unspeakable(Core):
    """Says something that no topic is for."""

    def handle(self, event: Any, position: int) -> list[Effect]:
        return [*super().handle(event, position)[:position], object()]


@pytest.mark.parametrize("offset", [0, 1])  # alone, and behind another effect
def test_an_effect_that_cannot_be_sealed_is_a_defect_that_names_the_record(offset: int):
    with pytest.raises(DefectError, match=rf"partition 0, offset {offset}: (Key|Attribute)Error: .*object"):
        list(fold(Unspeakable()).fold([Row(offset)]))
