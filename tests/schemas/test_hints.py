"""Which word may have been meant."""

from __future__ import annotations

import doctest

import pytest

from schemas import hints
from schemas.hints import closest, did_you_mean, nearest


@pytest.mark.parametrize(
    ("word", "meant"),
    [("HOLDOUT", "holdout"), ("hold_out", "holdout"), ("Latset", "Latest"), ("zzz", None), ("", None)],
)
def test_case_does_not_count_and_what_is_far_is_not_meant(word, meant):
    assert nearest(word, ["holdout", "Latest"]) == ("" if meant is None else f"; did you mean '{meant}'?")


def test_a_word_of_any_length_is_answered():
    assert closest("a" * 1_000_000, ["a" * 80]) == ["a" * 80]


def test_the_nearest_comes_first_and_no_more_than_were_asked_for():
    assert closest("knns", ["knn_s", "knn", "knns", "amf"], most=2) == ["knns", "knn_s"]


def test_nothing_is_asked_where_nothing_is_near():
    assert did_you_mean([]) == ""


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(hints).failed == 0
