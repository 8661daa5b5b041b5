"""From a gauge file's section to its detectors."""

from __future__ import annotations

import pytest

from models.drift.detectors import check_detectors, make_detectors
from schemas.gauge import Drift


def section(*detectors: dict[str, object], **rest: object) -> Drift:
    return Drift.model_validate({"detectors": list(detectors), **rest})


def test_the_one_with_the_budget_comes_first_and_names_differ():
    drift = section(
        {"use": "drift.ADWIN", "delta": 0.01},
        {"use": "drift.PageHinkley"},
        {"use": "drift.ADWIN"},
        false_alarms="2 per 1_000 events",
    )

    detectors = make_detectors(drift, binary_losses=False)

    assert [detector.name for detector in detectors] == [
        "e-detector",
        "drift.ADWIN",
        "drift.PageHinkley",
        "drift.ADWIN 2",
    ]
    assert getattr(detectors[0], "budget") == pytest.approx(0.0008)  # noqa: B009 (not in the protocol)


def test_unwatched_drift_has_no_detectors():
    assert make_detectors(section({"use": "drift.ADWIN"}, enabled=False), binary_losses=True) == []


def test_detectors_of_errors_are_refused_where_losses_are_numbers():
    drift = section({"use": "drift.binary.DDM"}, {"use": "drift.ADWIN"})

    assert check_detectors(drift, binary_losses=True) == []
    assert check_detectors(drift, binary_losses=False) == [
        "drift.binary.DDM: takes losses of 0 and 1 only, and these are not; "
        "use one of drift.ADWIN, drift.KSWIN, drift.PageHinkley"
    ]
    with pytest.raises(ValueError, match=r"drift\.binary\.DDM: takes losses of 0 and 1 only"):
        make_detectors(drift, binary_losses=False)


def test_every_problem_is_listed():
    drift = section({"use": "drift.binary.DDN"}, {"use": "drift.binary.DDM", "warm_start": 0, "drift_treshold": 3.0})

    problems = check_detectors(drift, binary_losses=True)

    assert [problem.split("'")[1] for problem in problems[:1]] == ["drift.binary.DDN"]
    assert "did you mean 'drift_threshold'?" in problems[1]
