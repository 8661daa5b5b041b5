"""A report begins with the verdict, and shows every figure with how sure it is, and what every measure found."""

from __future__ import annotations

import dataclasses
import random

import pytest

from models.door.decoder import Decoder
from models.learner import Learner
from schemas.evaluated import Evaluated, Figure, Verdict, VerdictKind
from streams.cli.backtest import report
from streams.cli.measures.figures import print_figures
from streams.cli.measures.table import SHOWN
from streams.data.backtest import Backtest
from streams.data.refusals import Refusals
from tests import builders


def folded(text: str = "") -> Backtest:
    """A run over labels that mostly follow a number."""
    gauge = builders.gauge(
        text + '[features]\na = "number"\nsite = "category"\n[label]\narrival = "with_event"\n',
        candidates=["naive_bayes"],
    )
    draws = random.Random(4)
    records = []
    for n in range(1_200):
        a = draws.gauss(0, 1)
        y = "bad" if a + draws.gauss(0, 0.5) > 0 else "good"
        records.append(builders.record(f"e{n}", a=a, site="north" if n % 3 else "south", y=y))
    learner = Learner(gauge, stopwatch=lambda: 0.0)
    effects = builders.flat(builders.fold(learner, builders.decoded(gauge, records)))
    others = {}
    for effect in effects:
        others.setdefault(type(effect), []).append(effect)
    return Backtest(learner, others, Refusals(None), Decoder(gauge), 1.0)


def test_the_verdict_is_the_first_thing_printed(capsys):
    result = folded()

    report.show(result)

    verdict = result.learner.status().evaluated.verdict
    assert verdict is not None
    assert verdict.kind is VerdictKind.BETTER
    assert capsys.readouterr().out.splitlines()[0] == verdict.words


def test_the_last_report_and_the_status_say_the_same_when_nothing_lies_between(capsys):
    result = folded("[evaluation]\nholdout = 0.2\nholdout_window = 10\n")

    last = result.reports[-1]

    assert last.verdict == last.service.verdict.words


def test_every_metric_is_shown_with_its_interval_and_the_labels_behind_it(capsys):
    report.show(folded())

    lines = capsys.readouterr().out.splitlines()
    at = lines.index("the service's answers, with 95 % intervals")
    assert lines[at + 1].split() == ["metric", "over", "value", "low", "high", "labels", "independent"]
    metric, *_, value, low, high, labels, independent = lines[at + 2].split()
    assert metric == "Accuracy"
    assert float(low) < float(value) < float(high)
    assert int(independent.replace(",", "")) <= int(labels.replace(",", ""))


def test_a_figure_without_an_interval_says_what_it_needs(capsys):
    few = Figure(value=0.5, n=40, effective_n=31.2, missing="60 more labels")
    enough = Figure(value=0.25, n=4_000, effective_n=2_000.0, low=0.2, high=0.3)

    print_figures("figures", ["metric"], [(["F1"], few), (["Accuracy"], enough)])

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1][-1] == "needs"
    assert lines[2] == ["F1", "0.5000", "–", "–", "40", "31", "60", "more", "labels"]
    assert lines[3] == ["Accuracy", "0.2500", "0.2000", "0.3000", "4,000", "2,000"]


def test_whatever_is_measured_is_shown():
    fields = {field.name for field in dataclasses.fields(Evaluated)}

    assert {*SHOWN} == fields - {"verdict"}


MEASURED = """
[slices.site]
[fairness]
protected = ["site"]
[uncertainty]
cover = 0.9
[uncertainty.abstain]
set_size = 1
"""


def test_what_a_gauge_asks_for_stands_in_its_report(capsys):
    report.show(folded(MEASURED))

    text = capsys.readouterr().out
    for title in ("slice site", "gaps by site", "rates by site", "shall cover 90%", "abstained: "):
        assert title in text


def test_a_groups_rate_is_shown_with_its_interval_and_the_answers_behind_it(capsys):
    report.show(folded(MEASURED))

    lines = capsys.readouterr().out.splitlines()
    at = lines.index("rates by site")
    assert lines[at + 1].split()[:7] == ["rate", "of", "value", "low", "high", "answers", "independent"]
    criterion, _, value, low, high, answers, independent, *_ = lines[at + 2].split()
    assert criterion == "selected"
    assert float(low) < float(value) < float(high)
    assert float(independent.replace(",", "")) <= int(answers.replace(",", ""))


@pytest.mark.parametrize("width", [80, 100])
def test_no_table_of_figures_is_wider_than_a_terminal(capsys, width):
    report.show(folded(MEASURED))

    lines = capsys.readouterr().out.splitlines()
    tables = lines[lines.index("the service's answers, with 95 % intervals") : -3]
    assert [line for line in tables if len(line) > width] == []


def test_a_verdict_is_folded_only_where_somebody_looks_at_a_terminal(capsys):
    verdict = Verdict(
        kind=VerdictKind.WORSE, words="w " * 100, metric="MAE", baseline="mean", lead=None, recent=None, labels=1,
        coverage=1.0,
    )  # fmt: skip

    report.show_verdict(verdict)

    assert capsys.readouterr().out == "w " * 100 + "\n\n"
