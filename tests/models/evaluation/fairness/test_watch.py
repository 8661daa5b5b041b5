"""The watch as a part of the learner: what is counted, what is told, what stays inside."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest

from models.learner import Learner
from schemas.evaluated import FairnessFigures
from schemas.gauge import Gauge
from schemas.records import AlertStatus, DriftAlert, Effect
from tests import builders

SEX = """
[features]
a = "number"
[slices.sex]
[fairness]
protected = ["sex"]
"""
UNWATCHED = SEX.partition("[fairness]")[0]
NEVER_HELD_OUT = "[evaluation]\nholdout = 0\n"


def gauge(text: str = SEX, **keywords: Any) -> Gauge:
    """One whose model answers with the label before, so that a test says what is served."""
    return builders.gauge(f"{text}\n{NEVER_HELD_OUT}", candidates=["no_change"], **keywords)


def events(*rows: tuple[str | None, Any]) -> list[bytes]:
    """Labelled events of a group each, by (group, label)."""
    return [
        builders.record(f"e{n}", a=1.0, y=y, **({} if group is None else {"sex": group}))
        for n, (group, y) in enumerate(rows)
    ]


def figures(learner: Learner) -> FairnessFigures:
    found = learner.status().evaluated.fairness
    assert found is not None
    return found


def rates(learner: Learner, criterion: str) -> dict[str, tuple[float | None, int]]:
    sex = figures(learner).attributes["sex"]
    parity = sex.equalised_odds.false_positives if criterion == "false_positives" else getattr(sex, criterion)
    return {group: (figure.value, figure.n) for group, figure in parity.rates.items()}


def unfair(n: int = 1_600, seed: int = 1, group: str = "m", rate: float = 0.1) -> list[bytes]:
    """Events whose answers favour a group: "no_change" answers with the label before, which foresees the group."""
    rng = random.Random(seed)
    groups = [rng.choice("fm") for _ in range(n + 1)]
    return events(
        *(
            (now, "bad" if rng.random() < (0.6 if after == group else rate) else "good")
            for now, after in pairwise(groups)
        )
    )


def fairness_alerts(effects: Iterable[Effect]) -> list[DriftAlert]:
    return [alert for alert in builders.alerts(effects) if alert.drift == "fairness"]


def test_rates_are_those_of_the_answers_as_served() -> None:
    # "no_change" has no answer to the first event; then it answers with the label before.
    learner, _ = builders.run(
        gauge(), events(("f", "bad"), ("f", "bad"), ("m", "good"), ("m", "bad"), ("f", "good"), ("m", "good"))
    )

    assert rates(learner, "demographic_parity") == {"f": (1.0, 2), "m": (1 / 3, 3)}
    assert rates(learner, "equal_opportunity") == {"f": (1.0, 1), "m": (0.0, 1)}
    assert rates(learner, "false_positives") == {"m": (0.5, 2), "f": (1.0, 1)}
    assert figures(learner).favourable == "bad"


def test_the_odds_differ_by_the_larger_of_both_differences() -> None:
    learner, _ = builders.run(
        gauge(), events(("f", "bad"), ("f", "bad"), ("m", "good"), ("m", "bad"), ("f", "good"), ("m", "good"))
    )

    sex = figures(learner).attributes["sex"]
    assert (sex.demographic_parity.difference, sex.equal_opportunity.difference) == (1 - 1 / 3, 1.0)
    assert sex.equalised_odds.difference == 1.0


def test_selection_needs_no_label_and_the_other_rates_do() -> None:
    unlabelled = [builders.record(f"u{n}", a=1.0, sex="f") for n in range(5)]

    learner, _ = builders.run(gauge(), [*events(("f", "bad"), ("f", "bad")), *unlabelled])

    assert rates(learner, "demographic_parity") == {"f": (1.0, 6)}
    assert rates(learner, "equal_opportunity") == {"f": (1.0, 1)}


def test_another_class_may_be_the_favourable_one() -> None:
    learner, _ = builders.run(gauge(SEX + 'favourable = "good"'), events(("f", "bad"), ("f", "bad"), ("f", "good")))

    assert rates(learner, "demographic_parity") == {"f": (0.0, 2)}
    assert figures(learner).favourable == "good"


def test_a_class_of_several_selects() -> None:
    made = gauge(SEX + 'favourable = "high"', task="multiclass")

    learner, _ = builders.run(made, events(("f", "high"), ("f", "low"), ("m", "high"), ("m", "high")))

    assert rates(learner, "demographic_parity") == {"f": (1.0, 1), "m": (0.5, 2)}
    assert rates(learner, "false_positives") == {"f": (1.0, 1)}


def test_a_group_whose_value_reads_like_no_value_is_compared() -> None:
    learner, _ = builders.run(gauge(), events(("f", "bad"), ("missing", "bad"), (None, "bad"), ("f", "bad")))

    assert rates(learner, "demographic_parity") == {'"missing"': (1.0, 1), "f": (1.0, 1)}


def test_who_is_in_no_group_is_not_compared() -> None:
    learner, _ = builders.run(gauge(), events(("f", "bad"), (None, "bad"), ("f", "bad")))

    assert rates(learner, "demographic_parity") == {"f": (1.0, 1)}


def test_held_out_events_are_not_counted() -> None:
    half = builders.gauge(SEX + "[evaluation]\nholdout = 0.5\n", candidates=["no_change"])

    learner, effects = builders.run(half, events(*[("f", "bad")] * 200))

    answered = [one for one in builders.predictions(effects) if not one.held_out and one.y_pred is not None]
    assert 50 < len(answered) < 150
    assert rates(learner, "demographic_parity") == {"f": (1.0, len(answered))}


def test_a_gap_is_an_alert_that_says_who_how_much_and_how_sure() -> None:
    learner, effects = builders.run(gauge(), unfair())

    opened = fairness_alerts(effects)[0]
    assert opened.status is AlertStatus.OPENED
    assert opened.episode == "0-fairness-1"
    assert opened.subject in ("sex: m against f, demographic parity", "sex: f against m, demographic parity")
    assert opened.statistic >= opened.threshold == 21
    assert opened.figure is not None
    assert opened.figure.value is not None
    assert 0.3 < abs(opened.figure.value) < 0.7
    assert (opened.loss_before, opened.loss_now, opened.version) == (None, None, "0-1")
    assert learner.status().alerts == len({alert.episode for alert in builders.alerts(effects)})


def test_a_gap_starts_no_challenger() -> None:
    _, effects = builders.run(gauge(), unfair())
    _, unwatched = builders.run(gauge(UNWATCHED), unfair())

    assert fairness_alerts(effects)
    assert builders.steps(effects) == builders.steps(unwatched)


@pytest.mark.parametrize("cut", [1, 200, 777, 1_599])
def test_a_restored_learner_tells_what_the_whole_one_does(cut: int) -> None:
    made = gauge()
    inputs = builders.decoded(made, unfair())
    whole = builders.fold(Learner(made), inputs)
    first = Learner(made)
    builders.fold(first, inputs[:cut])

    rest = builders.fold(pickle.loads(pickle.dumps(first)), inputs[cut:])

    assert fairness_alerts(builders.flat(whole))
    assert rest == whole[cut:]


def test_the_values_of_a_private_slice_stay_inside() -> None:
    secret = [one.replace(b'"f"', b'"sappho"').replace(b'"m"', b'"catullus"') for one in unfair()]

    learner, effects = builders.run(gauge(SEX.replace("[slices.sex]", "[slices.sex]\nprivate = true")), secret)

    told = [alert.body().decode() for alert in fairness_alerts(effects)]
    assert told
    assert any("group-1" in text for text in told)
    shown = json.dumps([*told, str(learner.status())])
    assert "sappho" not in shown
    assert "catullus" not in shown


def test_an_attribute_that_is_added_is_watched_from_there() -> None:
    both = SEX.replace("[fairness]", "[slices.site]\n[fairness]").replace('["sex"]', '["sex", "site"]')
    learner, _ = builders.run(gauge(), events(("f", "bad"), ("f", "bad"), ("m", "good")))
    before = rates(learner, "demographic_parity")

    learner.adopt(gauge(both))

    assert rates(learner, "demographic_parity") == before
    assert figures(learner).attributes["site"].demographic_parity.rates == {}


def test_another_tolerance_begins_anew_and_closes_what_was_open() -> None:
    made = gauge()
    learner, effects = builders.run(made, unfair())
    opened = {alert.episode for alert in fairness_alerts(effects)}

    learner.adopt(gauge(SEX + "tolerance = 0.2"))
    after = builders.flat(builders.fold(learner, builders.decoded(made, [builders.record("later", a=1.0, sex="f")])))

    assert {alert.episode for alert in fairness_alerts(after)} == opened
    assert {alert.status for alert in fairness_alerts(after)} == {AlertStatus.CLOSED}
    assert [n for _, n in rates(learner, "demographic_parity").values()] == [1]


def test_without_the_section_nothing_is_watched() -> None:
    learner, _ = builders.run(gauge(UNWATCHED), events(("f", "bad")))

    assert learner.status().evaluated.fairness is None


def test_a_watch_that_is_taken_out_shows_nothing() -> None:
    learner, _ = builders.run(gauge(), events(("f", "bad"), ("f", "bad")))

    learner.adopt(gauge(UNWATCHED))

    assert learner.status().evaluated.fairness is None
    learner.check()


def test_a_watch_that_is_taken_out_closes_what_is_open_and_uses_no_name_again() -> None:
    made = gauge()
    learner, effects = builders.run(made, unfair())
    opened = {alert.episode for alert in fairness_alerts(effects)}

    learner.adopt(gauge(UNWATCHED))
    after = builders.flat(builders.fold(learner, builders.decoded(made, [builders.record("x", a=1.0, sex="f")])))
    learner.adopt(made)
    again = builders.flat(
        builders.fold(learner, builders.decoded(made, [one.replace(b'"e', b'"f') for one in unfair(seed=2)]))
    )

    assert {(alert.episode, alert.status) for alert in fairness_alerts(after)} == {
        (episode, AlertStatus.CLOSED) for episode in opened
    }
    assert fairness_alerts(again)
    assert not opened & {alert.episode for alert in fairness_alerts(again)}


def test_selection_is_by_the_label_that_the_decision_serves() -> None:
    text = f"{SEX}{NEVER_HELD_OUT}[decision]\nthreshold = 0.05\n"

    learner, effects = builders.run(
        builders.gauge(text, candidates=["naive_bayes"]), events(("f", "bad"), *[("f", "good")] * 9, ("m", "bad"))
    )

    served = [one for one in builders.predictions(effects) if one.y_pred is not None and one.probabilities is not None]
    selected = [one for one in served if one.y_pred == "bad"]
    likeliest = [one for one in served if one.probabilities["bad"] > 0.5]
    assert len(selected) > len(likeliest) + 3
    counted = [(rate or 0.0) * n for rate, n in rates(learner, "demographic_parity").values()]
    assert sum(counted) == pytest.approx(len(selected))
