"""`[slices]`: how events are divided."""

from __future__ import annotations

import pytest

from schemas.change import Cost, changes, dearest
from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, text

AGE = "[slices.age]\nbins = [30, 50]\n"
SEX = '[slices.sex]\nvalues = ["f", "m"]\n'
BOTH = AGE + SEX

FAULTS = [
    (text("[slices.age]\nbins = [30, 30]"), "slices.age", r"bins must rise, got \[30.0, 30.0\]"),
    (text("[slices.age]\nbins = []"), "slices.age.bins", "at least 1 item"),
    (text('[slices.age]\nbins = [1]\nvalues = ["1"]'), "slices.age", "give bins for a number or values"),
    (text("[slices.age]\nbins = [1]\nmax_groups = 5"), "slices.age", "max_groups is for values that are met"),
    (text("[slices.age]\nmax_groups = 101"), "slices.age.max_groups", "less than or equal to 100"),
    (text('[slices.sex]\nvalues = ["f", "f"]'), "slices.sex", "values must differ"),
    (text("[slices.sex]\nvalues = [1, '1']"), "slices.sex", "values must differ"),
    (text("[slices.sex]\nprivat = true"), "slices.sex", "unknown key 'privat'; did you mean 'private'"),
    (text(BOTH + '[slices.two]\nof = ["age"]'), "slices.two.of", "at least 2 items"),
    (text(BOTH + '[slices.two]\nof = ["age", "age"]'), "slices.two", "of must name two different slices"),
    (text(BOTH + '[slices.two]\nof = ["age", "six"]'), "", "is of 'six', which is no slice; did you mean 'sex'"),
    (text(BOTH + '[slices.two]\nof = ["age", "two"]'), "", "is of 'two', which is a pair itself"),
    (text(BOTH + '[slices.two]\nof = ["age", "sex"]\nprivate = true'), "slices.two", "which say private themselves"),
    (text("[slices.failed]"), "", "'failed' is read from the label's own field 'failed'"),
    (text('[slices.why]\nfield = "failed.why"'), "", "'failed' cannot be a value and hold 'failed.why' as well"),
    (text("[slices.pump]", features='age = { type = "number", field = "pump.age" }'), "", "which holds 'pump.age'"),
    (text("[slices.site]\nbins = [1]", features='site = "category"'), "", "features.site is a category, no number"),
    (text('[record]\nmissing = ["NA"]\n[slices.site]\nvalues = ["NA"]'), "", "so does slices.site.values"),
    (text('[record]\nid = "id"\n[slices.id]\nprivate = true'), "", "its field is record.id, which goes out"),
    (text("".join(f"[slices.s{n}]\n" for n in range(51))), "slices", "at most 50 items"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


def test_values_are_the_text_that_a_record_s_value_is_read_as():
    assert parse(text('[slices.on]\nvalues = [true, 3, "x"]')).slices["on"].values == ["true", "3", "x"]


@pytest.mark.parametrize(
    "changed",
    [BOTH, SEX, "", SEX + AGE, AGE.replace("30", "35"), AGE + "private = true\n"],
    ids=["added", "another", "taken out", "order", "bins", "private"],
)
def test_a_running_service_can_follow_every_change_of_slices(changed):
    assert dearest(changes(parse(text(AGE)), parse(text(changed)))) is Cost.ACCEPT
