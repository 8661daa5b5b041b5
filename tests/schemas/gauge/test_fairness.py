"""`[fairness]`: protected attributes are slices, and one class selects."""

from __future__ import annotations

import pytest

from schemas.change import Cost, changes, dearest
from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, text

SEX = "[slices.sex]\n"
WATCHED = f'{SEX}[fairness]\nprotected = ["sex"]\n'
SEVERAL = text(f'{SEX}[fairness]\nprotected = ["sex"]\n').replace('"binary"', '"multiclass"')
SEVERAL = SEVERAL.replace("positive = 1\nnegative = 0", 'classes = ["a", "b", 1]')

FAULTS = [
    (text('[fairness]\nprotected = ["sex"]'), "", "protected names 'sex', which is no slice"),
    (text(f'{SEX}[fairness]\nprotected = ["sexx"]'), "", "no slice; did you mean 'sex'"),
    (text(f'{SEX}[fairness]\nprotected = ["sex", "sex"]'), "", "must name each slice once"),
    (text(f"{WATCHED}favourable = true"), "", r"favourable must be one of \[0, 1\], got True"),
    (text(f'{WATCHED}favourable = "yes"'), "", r"favourable must be one of \[0, 1\], got 'yes'"),
    (text(f"{WATCHED}tolerance = 1"), "fairness.tolerance", "less than 1"),
    (text(f"{WATCHED}error_rate = 0"), "fairness.error_rate", "greater than 0"),
    (text(f'{WATCHED}false_alarms = "rarely"'), "fairness.false_alarms", "must read like '1 per 100000 events'"),
    (text(f"{WATCHED}toleranc = 1"), "fairness", "unknown key 'toleranc'; did you mean 'tolerance'"),
    (SEVERAL, "", r"favourable is needed for a multiclass task: one of \['a', 'b', 1\]"),
    (
        text(
            "".join(f"[slices.s{n}]\n" for n in range(11)) + f"[fairness]\nprotected = {[f's{n}' for n in range(11)]}"
        ),
        "fairness.protected",
        "at most 10 items",
    ),
    (
        text(WATCHED).replace('"binary"', '"regression"').replace("positive = 1\nnegative = 0", ""),
        "",
        "a regression has none",
    ),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source: str, where: str, what: str) -> None:
    assert_one_fault(source, where, what)


def test_the_class_of_several_that_selects_is_given() -> None:
    assert parse(SEVERAL + "favourable = 1").fairness.favourable == 1


@pytest.mark.parametrize("more", ["", "tolerance = 0.1", "favourable = 0", "error_rate = 0.01"])
def test_a_running_service_can_follow_every_change(more: str) -> None:
    assert dearest(changes(parse(text()), parse(text(WATCHED + more)))) is Cost.ACCEPT


def test_two_slices_together_may_be_protected() -> None:
    pair = text('[slices.a]\n[slices.b]\n[slices.both]\nof = ["a", "b"]\n[fairness]\nprotected = ["both"]')

    assert parse(pair).fairness.protected == ["both"]
