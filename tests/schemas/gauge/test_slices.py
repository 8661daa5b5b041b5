"""`[slices]`: how events are divided."""

from __future__ import annotations

import pytest

from schemas.change import Cost, changes, dearest
from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, text

AGE = "[slices.age]\nbins = [30, 50]\n"
SEX = '[slices.sex]\nvalues = ["f", "m"]\n'
BOTH = AGE + SEX
SECRET = "[slices.sex]\nprivate = true\n"

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
    (
        text('[record]\nmissing = ["NA"]\n[slices.site]\nvalues = ["NA"]'),
        "",
        "holds 'NA', and so does slices.site.values",
    ),
    (text(f'[record]\nmissing = ["NA"]\n{SECRET}values = ["NA"]'), "", "holds a text, and so does slices.sex.values"),
    (text(SECRET + 'values = ["SECRET", "SECRET", "x"]'), "slices.sex", r"got 3 of which 2 differ \(private\)"),
    (text(SECRET + "bins = [7, 7]"), "slices.sex", r"bins must rise, got 2 of which 1 differ \(private\)"),
    (text(SECRET + "values = [7.5]"), "slices.sex.values.0", "valid string$"),
    (
        text(SECRET + '[slices.raw]\nfield = "sex"'),
        "",
        r"same field, 'sex': give \[slices.raw\] private = true as well",
    ),
    (text(SECRET + '[slices.raw]\nfield = "sex.raw"'), "", "'sex' is read from 'sex', which holds 'sex.raw'"),
    (text('[slices.a]\nfield = "a.b"\nprivate = true\n[slices.raw]\nfield = "a"'), "", "'raw' .* which holds 'a.b'"),
    (text(f'[record]\nid = "sex.id"\n{SECRET}'), "", "its field overlaps record.id, which goes out"),
    (
        text('[record]\nkey = "a"\n[slices.b]\nfield = "a.b"\nprivate = true'),
        "",
        "its field overlaps record.key, which goes out",
    ),
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


def test_a_private_slice_s_field_may_be_a_feature_and_a_slice_that_is_private_too():
    made = parse(text(SECRET + '[slices.also]\nfield = "sex"\nprivate = true', features='sex = "category"'))

    assert [one.private for one in made.slices.values()] == [True, True]
    assert "sex" in made.features


OPEN = SEX.replace('"f", "m"', '"HIDE1", "HIDE2"')
KEPT = OPEN + "private = true\n"
FEATURE = 'sex = { type = "category", values = ["HIDE1", "HIDE2"] }'


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (KEPT, KEPT.replace(', "HIDE2"', ""), {"slices.sex.values": ("2 (private)", "1 (private)")}),
        (OPEN, KEPT.replace("HIDE2", "HIDE3"), {"slices.sex.values": ("2 (private)", "2 (private)")}),
        (KEPT, OPEN.replace("HIDE2", "HIDE3"), {"slices.sex.values": ("2 (private)", "2 (private)")}),
        (KEPT, SECRET, {"slices.sex.values": ("2 (private)", None)}),
        (KEPT, "", {"slices.sex": ({"private": True, "values": "2 (private)"}, None)}),
        (
            KEPT,
            OPEN.replace("sex", "raw") + 'field = "sex"',
            {"slices.raw": (None, {"field": "sex", "values": "2 (private)"})},
        ),
        ("[slices.sex]\nbins = [1, 2]", SECRET + "bins = [1]", {"slices.sex.bins": ("2 (private)", "1 (private)")}),
    ],
)
def test_a_change_of_private_values_counts_them(then, now, told):
    found = changes(parse(text(then)), parse(text(now)))

    assert {one.where: (one.then, one.now) for one in found if one.where in told} == told
    assert "HIDE" not in str(found)


def test_a_change_of_a_feature_that_is_private_counts_its_values():
    then, now = (text(SECRET, features=FEATURE.replace("HIDE1", one)) for one in ("HIDE1", "HIDE3"))

    [change] = changes(parse(then), parse(now))

    assert (change.where, change.then, change.now) == ("features.sex.values", "2 (private)", "2 (private)")


def test_a_change_of_values_that_are_not_private_tells_them():
    [change] = changes(parse(text(OPEN)), parse(text(OPEN.replace("HIDE2", "x"))))

    assert (change.then, change.now) == (["HIDE1", "HIDE2"], ["HIDE1", "x"])
