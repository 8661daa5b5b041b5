"""How sure a prediction is, through the learner: what is published, what moves it, what is counted of it."""

from __future__ import annotations

import json
import pickle
import random
from typing import Any

import pytest

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.records import Prediction
from tests import builders

BARE = "[evaluation]\nholdout = {holdout}\nwindow_events = 50\n[drift]\nenabled = false\n"
COVER = BARE + "[uncertainty]\ncover = 0.9\n"
RULES = "[uncertainty.abstain]\n"


def gauge(text: str, task: str = "binary", holdout: float = 0.0, candidate: str = "naive_bayes") -> Gauge:
    return builders.gauge(text.replace("{holdout}", str(holdout)), task=task, candidates=[candidate])


def numbers(text: str = COVER, holdout: float = 0.0) -> Gauge:
    return gauge(text, "regression", holdout, "mean")


def values(n: int, *, first: int = 0, seed: int = 1) -> list[bytes]:
    """Labelled events of a regression."""
    rng = random.Random(seed)
    return [builders.record(f"e{k}", a=rng.gauss(0, 1), y=round(rng.gauss(10, 2), 3)) for k in range(first, first + n)]


def classes(n: int, seed: int = 1) -> list[bytes]:
    """Labelled events of two classes, which the feature tells apart badly."""
    rng = random.Random(seed)
    return [
        builders.record(f"e{k}", a=(a := rng.gauss(0, 1)), y="bad" if a + rng.gauss(0, 1) > 0 else "good")
        for k in range(n)
    ]


def run(made: Gauge, records: list[bytes]) -> tuple[Learner, list[Prediction]]:
    learner, effects = builders.run(made, records)
    learner.check()
    return learner, builders.predictions(effects)


def labels_of(records: list[bytes]) -> list[Any]:
    return [json.loads(record)["y"] for record in records]


def figures(learner: Learner):
    found = learner.status().evaluated.uncertainty
    assert found is not None
    return found


# -- what is published ------------------------------------------------------------------------------------------------


def test_without_the_section_nothing_is_computed_or_published():
    learner, predictions = run(numbers(BARE), values(60))

    assert learner.board.uncertainty is None
    assert {prediction.doubt for prediction in predictions} == {None}
    assert learner.status().evaluated.uncertainty is None


def test_an_interval_is_published_once_twenty_labels_have_come():
    _, predictions = run(numbers(), values(60))

    assert [p.doubt.interval is not None for p in predictions] == [False] * 20 + [True] * 40
    assert all(p.doubt.classes is None and p.doubt.abstained is None for p in predictions)
    assert all(p.doubt.interval[0] < p.y_pred < p.doubt.interval[1] for p in predictions[20:])


def test_a_set_is_published_in_the_users_words():
    _, predictions = run(gauge(COVER), classes(400))

    sets = [prediction.doubt.classes for prediction in predictions[100:]]
    assert {tuple(one) for one in sets} == {("good",), ("bad",), ("good", "bad")}
    assert all(p.y_pred in p.doubt.classes for p in predictions[100:])
    assert {p.doubt.interval for p in predictions} == {None}


def test_the_cover_is_the_share_of_labels_in_what_was_published():
    records = values(800)
    learner, predictions = run(numbers(), records)

    said = [(*p.doubt.interval, y) for p, y in zip(predictions[20:], labels_of(records)[20:], strict=True)]
    held = [low <= y <= high for low, high, y in said]
    found = figures(learner)
    assert found.wanted == 0.9
    assert (found.cover.n, found.cover.value) == (len(held), pytest.approx(sum(held) / len(held)))
    assert found.cover.low < 0.9 < found.cover.high
    assert (found.recent.n, found.recent.value) == (50, pytest.approx(sum(held[-50:]) / 50))
    assert (found.size.n, found.size.value) == (
        len(said),
        pytest.approx(sum(high - low for low, high, _ in said) / len(said)),
    )
    assert found.delay == 0.0


def test_the_size_of_sets_is_the_mean_number_of_their_classes():
    learner, predictions = run(gauge(COVER), classes(300))

    sizes = [len(p.doubt.classes) for p in predictions if p.doubt.classes is not None]
    assert figures(learner).size.value == pytest.approx(sum(sizes) / len(sizes))
    assert figures(learner).size.low < sum(sizes) / len(sizes) < figures(learner).size.high
    assert figures(learner).cover.n == len(sizes)


# -- what moves it ----------------------------------------------------------------------------------------------------


def test_held_out_events_get_an_interval_and_move_nothing():
    records = values(400)
    learner, predictions = run(numbers(holdout=0.3), records)
    kept = [record for record, p in zip(records, predictions, strict=True) if not p.held_out]

    alone, others = run(numbers(holdout=0.3), kept)

    assert any(p.held_out and p.doubt.interval is not None for p in predictions)
    assert [p.doubt for p in predictions if not p.held_out] == [p.doubt for p in others]
    assert figures(learner) == figures(alone)


def test_held_out_events_leave_no_trace_in_what_counts_as_met():
    made = gauge(BARE + RULES + "novelty = 0.4", holdout=0.3)
    records = classes(60)
    _, predictions = run(made, records)
    kept = [record for record, p in zip(records, predictions, strict=True) if not p.held_out]

    _, others = run(made, kept)

    assert [p.doubt for p in predictions if not p.held_out] == [p.doubt for p in others]


def test_a_late_label_is_charged_against_what_was_issued_and_its_delay_is_counted():
    made = numbers()
    learner, _ = run(made, values(120))
    waiting = [builders.record(f"w{k}", a=0.0) for k in range(10)]
    labels = [builders.label(f"w{k}", 10.0) for k in range(10)]

    issued = builders.predictions(builders.flat(builders.fold(learner, builders.decoded(made, waiting))))
    q = {(p.doubt.interval[0] - p.y_pred, p.doubt.interval[1] - p.y_pred) for p in issued}
    builders.fold(learner, builders.decoded(made, labels))

    assert len(q) == 1  # no label came in between: nothing moved
    learner.check()
    # The first of the ten was nine predictions old, the last none: the mean over 129 labels, where newer ones weigh
    # a little more.
    assert sum(range(10)) / 129 < figures(learner).delay < 1.2 * sum(range(10)) / 129


def test_a_promotion_does_not_begin_anew():
    text = BARE + "[uncertainty]\ncover = 0.9\n[retraining]\nevery_labels = 150\nwarm_up_labels = 5\nerror_rate = 0.5\n"
    made = builders.gauge(text.replace("{holdout}", "0"), task="regression", candidates=["no_change", "mean"])

    _, predictions = run(made, values(600))

    assert len({p.version for p in predictions}) > 1
    assert all(p.doubt.interval is not None for p in predictions[21:])


# -- abstaining -------------------------------------------------------------------------------------------------------


def test_an_answer_abstains_whose_set_has_more_classes_and_keeps_its_prediction():
    records = classes(600)
    learner, predictions = run(gauge(COVER + RULES + "set_size = 1"), records)

    abstained = [p for p in predictions if p.doubt.abstained == "set_size"]
    assert abstained == [p for p in predictions if p.doubt.classes is not None and len(p.doubt.classes) > 1]
    assert all(p.y_pred is not None for p in abstained)
    found = figures(learner).abstained
    wrong = {
        side: [p.y_pred != y for p, y in zip(predictions, labels_of(records), strict=True)
               if p.y_pred is not None and (p.doubt.abstained is not None) is side]
        for side in (True, False)
    }  # fmt: skip
    assert (found.predictions, found.rules) == (599, {"set_size": len(abstained)})
    assert found.share == pytest.approx(len(abstained) / 599)
    assert (found.error.n, found.error.value) == (len(wrong[True]), pytest.approx(sum(wrong[True]) / len(wrong[True])))
    assert found.error_answered.value == pytest.approx(sum(wrong[False]) / len(wrong[False]))
    assert found.error.value > found.error_answered.value  # here it pays
    assert learner.board.served.n == 599  # all answers are scored, these too


def test_an_answer_abstains_whose_interval_is_wider():
    learner, predictions = run(numbers(COVER + RULES + "width = 7.0"), values(300))

    wide = [p for p in predictions if p.doubt.interval is not None and p.doubt.interval[1] - p.doubt.interval[0] > 7.0]
    assert 0 < len(wide) < 279
    assert [p for p in predictions if p.doubt.abstained == "width"] == wide
    assert figures(learner).abstained.rules == {"width": len(wide)}


def test_an_event_abstains_that_lacks_more_than_a_share_of_its_features():
    made = gauge(BARE + RULES + "missing = 0.5")
    first = [builders.record(f"e{k}", a=1.0, b=1.0, site="s", y="good") for k in range(5)]
    _, predictions = run(made, [*first, builders.record("one", a=1.0, b=1.0), builders.record("two", a=1.0)])

    assert [p.doubt.abstained for p in predictions[1:]] == [None] * 4 + [None, "missing"]  # 1/3 and 2/3
    assert predictions[-1].doubt[:2] == (None, None)  # no cover is declared


def test_an_event_abstains_of_which_more_than_a_share_is_novel():
    made = gauge(BARE + RULES + "novelty = 0.4")
    first = [builders.record(f"e{k}", a=float(k), b=1.0, y="good") for k in range(5)]
    _, predictions = run(made, [*first, builders.record("in", a=2.0, b=1.0), builders.record("out", a=2.0, b=9.0)])

    assert [p.doubt.abstained for p in predictions] == [None, *["novelty"] * 4, None, "novelty"]
    assert predictions[0].y_pred is None  # there is nothing to hold back


def test_of_several_rules_what_the_event_lacks_counts_before_what_the_model_makes_of_it():
    made = gauge(COVER + RULES + "set_size = 1\nmissing = 0.5\nnovelty = 0.1")
    learner, predictions = run(made, [*classes(300), builders.record("last", a=99.0)])

    assert predictions[-1].doubt.abstained == "missing"
    assert list(figures(learner).abstained.rules) == ["missing", "novelty", "set_size"]


# -- another gauge file ------------------------------------------------------------------------------------------------


def follow(learner: Learner, made: Gauge, records: list[bytes]) -> list[Prediction]:
    learner.adopt(made)
    effects = builders.fold(learner, builders.decoded(made, records))
    learner.check()
    return builders.predictions(builders.flat(effects))


def test_declared_later_it_begins_there_as_if_the_log_did():
    made = numbers(BARE)
    learner, _ = run(made, values(100))

    predictions = follow(learner, numbers(), values(40, first=100))

    assert [p.doubt.interval is not None for p in predictions] == [False] * 20 + [True] * 20
    assert figures(learner).cover.n == 20


def test_another_cover_begins_anew_and_labels_of_answers_from_before_are_not_its():
    made = numbers()
    learner, _ = run(made, [*values(100), *(builders.record(f"w{k}", a=0.0) for k in range(30))])

    labels = [builders.label(f"w{k}", 10.0) for k in range(30)]
    predictions = follow(learner, numbers(COVER.replace("0.9", "0.8")), [*labels, *values(21, first=200)])

    assert [p.doubt.interval is not None for p in predictions] == [False] * 20 + [True]
    assert (figures(learner).wanted, figures(learner).cover.n) == (0.8, 1)


def test_other_rules_count_from_there_and_leave_the_cover_alone():
    learner, _ = run(numbers(COVER + RULES + "width = 7.0"), values(200))
    before = figures(learner)

    predictions = follow(learner, numbers(COVER + RULES + "width = 1.0"), values(10, first=200))

    assert {p.doubt.abstained for p in predictions} == {"width"}
    assert figures(learner).abstained.rules == {"width": 10}
    assert figures(learner).abstained.error_answered.n == 0
    assert figures(learner).cover.n == before.cover.n + 10


def test_taken_out_again_nothing_is_published_any_more():
    learner, _ = run(numbers(), values(50))

    predictions = follow(learner, numbers(BARE), values(5, first=50))

    assert {p.doubt for p in predictions} == {None}
    assert learner.status().evaluated.uncertainty is None


def test_labels_of_answers_from_before_it_was_taken_out_and_declared_again_are_not_its():
    learner, _ = run(numbers(), [*values(50), *(builders.record(f"w{k}", a=0.0) for k in range(30))])
    follow(learner, numbers(BARE), values(1, first=50))

    follow(learner, numbers(), [*values(1, first=51), *(builders.label(f"w{k}", 10.0) for k in range(30))])

    assert figures(learner).cover.n == 0
    assert learner.board.uncertainty._number == 1


# -- the state --------------------------------------------------------------------------------------------------------


def test_its_size_is_bounded():
    made = numbers(COVER + RULES + "novelty = 0.5\nwidth = 7.0")
    sizes = []
    learner = Learner(made)
    for n in (1_000, 2_000):
        builders.fold(learner, builders.decoded(made, values(n, seed=n)))
        sizes.append(len(pickle.dumps(learner.board.uncertainty)))

    assert sizes[1] < 1.1 * sizes[0] < 12_000
