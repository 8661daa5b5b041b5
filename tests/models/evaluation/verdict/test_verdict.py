"""The verdict on figures made by hand: which kind, against whom, and in which words."""

from __future__ import annotations

import pytest

from models.evaluation.verdict.differing import Differing
from models.evaluation.verdict.verdict import Compared, verdict
from models.evaluation.verdict.words import Unit
from schemas.evaluated import Figure, VerdictKind


def lead(value: float, low: float | None = None, high: float | None = None, **rest) -> Figure:
    return Figure(**{"value": value, "n": 44_906, "effective_n": 8_342.7, "low": low, "high": high, **rest})


def compared(**given) -> Compared:
    """A classifier shown by its accuracy, whose lead over either baseline is sure, but for what is given."""
    plain = {
        "metric": "Accuracy",
        "is_the_error": True,
        "bigger_is_better": True,
        "unit": Unit.POINTS,
        "error_unit": Unit.POINTS,
        "service": lead(0.884, 0.88, 0.888),
        "baselines": {"no_change": lead(0.853, 0.85, 0.856), "majority_class": lead(0.575, 0.57, 0.58)},
        "leads": {"no_change": lead(0.031, 0.022, 0.040), "majority_class": lead(0.309, 0.30, 0.318)},
        "recent": {},
        "differing": {},
        "labels": 44_906,
        "coverage": 1.0,
    }
    return Compared(**{**plain, **given})


def test_a_sure_lead_over_both_baselines_is_better_than_the_harder_one():
    found = verdict(compared())

    assert (found.kind, found.baseline, found.lead.value) == (VerdictKind.BETTER, "no_change", 0.031)
    assert found.words == (
        "Better than no_change by 3.1 points of Accuracy (2.2 to 4.0), from 44,906 labels worth 8,300 "
        "independent ones; 100 % of labels have arrived."
    )


def test_a_sure_loss_to_the_last_value_says_what_would_serve_better():
    found = verdict(
        compared(
            metric="MAE",
            bigger_is_better=False,
            unit=Unit.PLAIN,
            error_unit=Unit.PLAIN,
            leads={"last_value": lead(-0.42, -0.55, -0.30), "mean": lead(3.1, 2.9, 3.3)},
        )
    )

    assert (found.kind, found.baseline) == (VerdictKind.WORSE, "last_value")
    assert found.words.startswith(
        "Worse than last_value by 0.42 in MAE (0.30 to 0.55): repeating the last label would serve better. From 44,906 "
    )


def test_one_baseline_that_is_surely_better_is_enough():
    leads = {"no_change": lead(0.2, 0.1, 0.3), "majority_class": lead(-0.04, -0.06, -0.02)}

    found = verdict(compared(leads=leads))

    assert (found.kind, found.baseline) == (VerdictKind.WORSE, "majority_class")
    assert "always answering the commonest class would serve better" in found.words


def test_of_two_baselines_that_are_better_the_better_one_is_named():
    leads = {"no_change": lead(-0.2, -0.3, -0.1), "majority_class": lead(-0.04, -0.06, -0.02)}

    assert verdict(compared(leads=leads)).baseline == "no_change"


@pytest.mark.parametrize("unsure", ["no_change", "majority_class"])
def test_an_interval_that_holds_zero_is_not_sure(unsure):
    leads = {**compared().leads, unsure: lead(0.035, -0.005, 0.075)}

    found = verdict(compared(leads=leads))

    assert found.kind is VerdictKind.NOT_SURE
    assert found.words.startswith("Not sure beside ")


def test_who_is_behind_and_not_sure_reads_the_interval_from_behind():
    found = verdict(compared(leads={"no_change": lead(-0.003, -0.011, 0.005)}))

    assert found.words.startswith("Not sure beside no_change: behind by 0.3 points of Accuracy (-0.5 to 1.1), ")


def test_below_the_gate_it_says_what_is_missing():
    leads = {"no_change": lead(0.031, missing="6 more separate errors"), "majority_class": lead(0.3, 0.2, 0.4)}

    found = verdict(compared(leads=leads))

    assert (found.kind, found.words) == (VerdictKind.TOO_EARLY, "Too early to say: 6 more separate errors.")


def test_without_labels_there_is_nothing_to_say():
    found = verdict(compared(labels=0, leads={}))

    assert (found.kind, found.lead, found.baseline) == (VerdictKind.NO_LABELS, None, None)


def test_without_an_answer_of_a_baseline_there_is_nothing_to_compare_with():
    nothing = Figure(value=None, n=0, missing="100 more labels")

    found = verdict(compared(leads={"no_change": nothing, "majority_class": nothing}))

    assert (found.kind, found.lead) == (VerdictKind.NO_BASELINE, None)


def test_a_drift_turns_the_verdict_though_the_whole_life_says_better():
    recent = {"no_change": lead(-0.04, -0.06, -0.02, n=1_843), "majority_class": lead(0.1, 0.05, 0.15)}

    found = verdict(compared(recent=recent))

    assert (found.kind, found.baseline) == (VerdictKind.WORSE_NOW, "no_change")
    assert (found.lead.value, found.recent.value) == (0.031, -0.04)
    assert found.words.startswith(
        "Worse than no_change now, by 4.0 points of Accuracy (2.0 to 6.0) over the newest 1,843 labels (ahead over its "
        "whole life: 3.1 points of Accuracy (2.2 to 4.0)): repeating the last label would serve better. From "
    )


def test_a_slow_start_is_forgiven_by_the_newest_labels():
    leads = {"no_change": lead(-0.02, -0.03, -0.01), "majority_class": lead(0.2, 0.1, 0.3)}
    recent = {"no_change": lead(0.05, 0.02, 0.08, n=1_500), "majority_class": lead(0.3, 0.2, 0.4)}

    found = verdict(compared(leads=leads, recent=recent))

    assert (found.kind, found.recent.value) == (VerdictKind.BETTER_NOW, 0.05)


def test_newest_labels_that_cannot_tell_change_nothing():
    recent = {"no_change": lead(-0.01, -0.04, 0.02)}

    found = verdict(compared(recent=recent))

    assert (found.kind, found.recent) == (VerdictKind.BETTER, recent["no_change"])


def by_f1(**given) -> Compared:
    return compared(**{"metric": "F1", "is_the_error": False, "service": lead(0.62, 0.60, 0.64), **given})


def test_a_metric_that_is_no_mean_decides_where_its_own_lead_is_sure():
    found = verdict(by_f1(baselines={"no_change": lead(0.55, 0.53, 0.57)}))

    assert (found.kind, found.metric) == (VerdictKind.BETTER, "F1")
    assert (round(found.lead.value, 9), round(found.lead.low, 9), round(found.lead.high, 9)) == (
        0.07,
        round(0.07 - 0.02 * 2**0.5, 9),
        round(0.07 + 0.02 * 2**0.5, 9),
    )


def test_where_a_smaller_figure_is_better_the_lead_is_turned_round():
    baselines = {"last_value": lead(5.0, 4.8, 5.2)}

    found = verdict(
        by_f1(metric="RMSE", bigger_is_better=False, service=lead(4.0, 3.8, 4.2), baselines=baselines, unit=Unit.PLAIN)
    )

    assert (found.kind, found.lead.value, round(found.lead.low, 9)) == (
        VerdictKind.BETTER,
        1.0,
        round(1 - 0.2 * 2**0.5, 9),
    )
    assert found.words.startswith("Better than last_value by 1.0 in RMSE (0.7 to 1.3)")


def test_where_it_is_not_sure_the_error_decides_and_that_is_said():
    found = verdict(by_f1(baselines={"no_change": lead(0.61, 0.59, 0.63)}))

    assert (found.kind, found.metric, found.lead.value) == (VerdictKind.BETTER, "error", 0.031)
    assert "by 3.1 points of error" in found.words
    assert "F1 is 0.62 beside 0.61, which alone does not decide" in found.words


def test_the_commonest_class_errs_less_and_is_not_better_where_the_leading_metric_says_otherwise():
    found = verdict(
        by_f1(
            baselines={"majority_class": lead(0.0, missing="10 more separate runs")},
            leads={"majority_class": lead(-0.002, -0.003, -0.001)},
        )
    )

    assert (found.kind, found.metric) == (VerdictKind.NOT_SURE, "error")


def test_fewer_errors_are_no_lead_where_the_leading_metric_is_behind():
    found = verdict(by_f1(baselines={"no_change": lead(0.63, 0.61, 0.65)}))

    assert (found.kind, found.metric) == (VerdictKind.NOT_SURE, "F1")
    assert found.words.startswith("Not sure beside no_change: behind by 1.0 points of F1 (-1.8 to 3.8), ")


def test_where_neither_is_sure_the_leading_metric_is_what_is_told():
    found = verdict(
        by_f1(baselines={"no_change": lead(0.61, 0.59, 0.63)}, leads={"no_change": lead(-0.001, -0.01, 0.008)})
    )

    assert (found.kind, found.metric, found.baseline) == (VerdictKind.NOT_SURE, "F1", "no_change")


def test_a_recent_loss_counts_in_the_error_unless_the_leading_metric_is_ahead():
    recent = {"no_change": lead(-0.04, -0.06, -0.02)}

    ahead = verdict(by_f1(baselines={"no_change": lead(0.55, 0.53, 0.57)}, recent=recent))
    level = verdict(by_f1(baselines={"no_change": lead(0.62, 0.60, 0.64)}, recent=recent))

    assert (ahead.kind, level.kind) == (VerdictKind.BETTER, VerdictKind.WORSE_NOW)
    assert level.metric == "error"


@pytest.mark.parametrize(
    ("coverage", "words"), [(1.0, "100 %"), (0.9996, "99.9 %"), (0.25, "25 %"), (0.0004, "under 0.1 %")]
)
def test_the_share_of_labels_is_never_rounded_up_to_all_of_them(coverage, words):
    assert verdict(compared(coverage=coverage)).words.endswith(f"; {words} of labels have arrived.")


def test_labels_that_are_as_good_as_independent_are_just_counted():
    found = verdict(compared(leads={"no_change": lead(0.031, 0.022, 0.040, effective_n=44_900.0)}))

    assert ", from 44,906 labels; 100 %" in found.words


def test_a_service_that_errs_where_a_baseline_errs_is_no_different_from_it():
    leads = {
        "no_change": lead(0.1, 0.09, 0.11),
        "majority_class": lead(-0.00005, missing="7 more separate differences"),
    }

    found = verdict(compared(leads=leads, differing={"majority_class": Differing(3, 0.0003877)}))

    assert (found.kind, found.baseline, found.lead) == (
        VerdictKind.NO_DIFFERENT,
        "majority_class",
        leads["majority_class"],
    )
    assert found.words == (
        "No different from majority_class: of 44,906 labels the two differ in error on 3 (at most 0.039 %), so that "
        "always answering the commonest class would serve as well; 100 % of labels have arrived."
    )


def test_one_baseline_that_is_surely_better_counts_more_than_one_that_is_no_different():
    leads = {"no_change": lead(-0.1, -0.11, -0.09), "majority_class": lead(0.0)}

    found = verdict(compared(leads=leads, differing={"majority_class": Differing(0, 0.001)}))

    assert (found.kind, found.baseline) == (VerdictKind.WORSE, "no_change")


def test_being_no_different_from_the_easier_baseline_says_nothing_of_the_harder_one():
    leads = {"no_change": lead(-0.01, missing="2 more separate differences"), "majority_class": lead(0.0)}

    found = verdict(compared(leads=leads, differing={"majority_class": Differing(0, 0.001)}))

    assert (found.kind, found.baseline) == (VerdictKind.TOO_EARLY, "no_change")


def test_where_the_same_errors_come_with_another_figure_that_is_told_too():
    found = verdict(
        by_f1(
            metric="ROCAUC",
            service=lead(0.85, 0.8, 0.9),
            baselines={"majority_class": lead(0.5)},
            leads={"majority_class": lead(0.0)},
            differing={"majority_class": Differing(0, 0.00015)},
        )
    )

    assert (found.kind, found.metric) == (VerdictKind.NO_DIFFERENT, "error")
    assert found.words == (
        "No different from majority_class: of 44,906 labels the two differ in error on none (at most 0.015 %); ROCAUC "
        "is 0.85 beside 0.5, which alone does not decide; 100 % of labels have arrived."
    )


def test_where_the_errors_and_the_figure_are_the_same_its_interval_does_not_count():
    found = verdict(
        by_f1(
            baselines={"no_change": lead(0.62, 0.60, 0.64)},
            leads={"no_change": lead(0.0)},
            differing={"no_change": Differing(0, 0.00015)},
        )
    )

    assert found.words == (
        "No different from no_change: of 44,906 labels the two differ in error on none (at most 0.015 %), so that "
        "repeating the last label would serve as well; 100 % of labels have arrived."
    )


def test_a_sure_lead_in_the_leading_metric_comes_before_the_same_errors():
    found = verdict(
        by_f1(
            baselines={"majority_class": lead(0.5, 0.48, 0.52)},
            leads={"majority_class": lead(0.0)},
            differing={"majority_class": Differing(0, 0.00015)},
        )
    )

    assert (found.kind, found.metric) == (VerdictKind.BETTER, "F1")


def test_who_was_no_different_and_now_trails_is_worse_now():
    found = verdict(
        compared(
            leads={"majority_class": lead(0.0)},
            differing={"majority_class": Differing(9, 0.001)},
            recent={"no_change": lead(-0.04, -0.06, -0.02)},
        )._replace(leads={"majority_class": lead(0.0), "no_change": lead(0.01, -0.01, 0.03)})
    )

    assert (found.kind, found.baseline) == (VerdictKind.WORSE_NOW, "no_change")


@pytest.mark.parametrize(
    ("value", "low", "high", "told"),
    [
        (1.234e-300, 1e-300, 1.5e-300, "1.23e-300 in MAE (1e-300 to 1.5e-300)"),
        (4.2e-10, 3e-10, 5.4e-10, "4.2e-10 in MAE (3e-10 to 5.4e-10)"),
        (4.2e-8, 3e-8, 5.4e-8, "0.000000042 in MAE (0.000000030 to 0.000000054)"),
        (0.5, 0.5, 0.5, "0.5 in MAE (0.5 to 0.5)"),
        (1.5e120, 1e120, 2e120, "1.5e+120 in MAE (1e+120 to 2e+120)"),
        (1_234.5, 1_200.0, 1_269.0, "1,234.5 in MAE (1,200.0 to 1,269.0)"),
    ],
)
def test_a_lead_of_any_size_is_told_in_digits_that_say_something(value, low, high, told):
    found = verdict(
        compared(metric="MAE", unit=Unit.PLAIN, error_unit=Unit.PLAIN, leads={"mean": lead(value, low, high)})
    )

    assert found.words.startswith(f"Better than mean by {told}, from ")


def test_what_is_worth_a_single_independent_label_is_told_in_the_singular():
    found = verdict(compared(leads={"no_change": lead(0.031, 0.022, 0.040, effective_n=1.0)}))

    assert "labels worth 1 independent one; " in found.words
