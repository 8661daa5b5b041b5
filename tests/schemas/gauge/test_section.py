"""Every table alike: unknown keys, whole numbers, no change."""

from __future__ import annotations

import pytest

from schemas.gauge import parse
from tests.schemas.gauge.texts import problems, text


@pytest.mark.parametrize(
    ("source", "where", "what"),
    [
        (text(root="candidate = []"), "", "unknown key 'candidate'; did you mean 'candidates'?"),
        (text("[evaluation]\nhold_out = 0.1"), "evaluation", "unknown key 'hold_out'; did you mean 'holdout'?"),
        (text("[retraining]\nqqq = 1"), "retraining", "unknown key 'qqq' (known keys: on_drift, "),
        (text(features='flow = { type = "number", maximun = 3 }'), "features.flow", "did you mean 'maximum'?"),
        (text('[connection]\nsasl_password = "x"'), "connection", "set RIVERGAUGE_SASL_PASSWORD in the environment"),
        (text('[connection]\nPassword = "x"'), "connection", "set RIVERGAUGE_SASL_PASSWORD in the environment"),
        (
            text('[connection]\ntls_key_password = "x"'),
            "connection",
            "'tls_key_password'; secrets are never in the file: set RIVERGAUGE_TLS_KEY_PASSWORD in the environment",
        ),
    ],
)
def test_an_unknown_key_is_told_the_nearest(source, where, what):
    [(place, problem)] = problems(source)

    assert place == where
    assert what in problem


def test_a_whole_number_may_be_written_with_a_point_and_a_category_without_quotation_marks():
    gauge = parse(text("[snapshots]\nkeep = 3.0\n", features='site = { type = "category", values = [1, "2", 3.0] }'))

    assert (gauge.snapshots.keep, type(gauge.snapshots.keep)) == (3, int)
    assert gauge.features["site"].values == ["1", "2", "3.0"]


def test_a_gauge_is_immutable():
    gauge = parse(text())

    with pytest.raises(ValueError, match="frozen"):
        gauge.name = "other"  # type: ignore[misc]
