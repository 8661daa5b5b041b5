"""Two folds beside the service: figures by position, and an oracle for what it publishes."""

from __future__ import annotations

import pytest

from models.learner import Learner
from models.retraining.standing import is_kept
from schemas.gauge import Retraining
from schemas.records import Prediction
from schemas.status import NamedFigure
from streams.data.backtest import backtest, fold
from streams.data.datafile import find_example, rows
from streams.data.replay import records
from streams.demo.comparison import FEWEST_LABELS, Comparison, without_retraining
from streams.demo.demo import MOST_EVENTS, SECONDS, usual_rate
from streams.here.gaugefile import load

INSECTS = find_example("insects")
DATA = INSECTS / "insects.csv.gz"


@pytest.fixture(scope="module")
def gauge():
    return load(INSECTS / "gauge.toml")


@pytest.fixture(scope="module")
def compared(gauge):
    comparison = Comparison(gauge, DATA, events=2_500)
    comparison.finish()
    return comparison


@pytest.fixture(scope="module")
def retrained(gauge):
    """The board of the service's backtest, and its answers in order."""
    answered = []

    def seen(_learner, folded):
        answered.extend(effect for effect in folded.effects if isinstance(effect, Prediction))

    return backtest(gauge, DATA, limit=2_500, seen=seen).learner.board, answered


def test_both_folds_are_what_backtest_says_of_the_two_gauges(gauge, compared, retrained):
    board, _ = retrained
    still = backtest(without_retraining(gauge), DATA, limit=2_500).learner.board

    standing = compared.standing()

    assert standing.retrained == board.served.leading_figure()
    assert standing.still == still.served.leading_figure()
    assert NamedFigure(name=standing.baseline_name, value=standing.baseline) == board.leading_baseline()
    assert standing.retrained > standing.still


def test_the_folds_part_only_where_a_retrained_version_answers(compared, retrained):
    _, answered = retrained
    first = next(one.position for one in answered if one.version != answered[0].version)

    parted = [sample.position for sample in compared.samples if sample.retrained != sample.still]

    assert first < parted[0] <= first + 50
    assert 0 < compared.changed <= 2_500 - first


def test_without_retraining_nobody_stands_beside_a_candidate(gauge):
    declared = gauge.model_copy(update={"retraining": Retraining(standing=True)})

    assert not is_kept(without_retraining(declared))


def test_samples_do_not_depend_on_how_the_folding_is_cut(gauge, compared):
    comparison = Comparison(gauge, DATA, events=2_500)
    for events in (1, 2, 777, 778, 2_400):
        comparison.advance(events, within_s=60)
        assert comparison.events == events

    comparison.finish()

    assert comparison.samples == compared.samples
    known = [sample.events for sample in compared.samples if sample.retrained is not None]
    assert known == [events for events in range(25, 2_501, 25) if events > FEWEST_LABELS]


def test_without_time_nothing_is_folded(gauge):
    comparison = Comparison(gauge, DATA, events=100)

    comparison.advance(100, within_s=0)

    assert comparison.events == 0


def published(gauge, events):
    log = records(rows(DATA), gauge, limit=events)
    return [e.body() for folded in fold(Learner(gauge), log) for e in folded.effects if isinstance(e, Prediction)]


@pytest.mark.parametrize("first", ["service", "fold"])
def test_what_the_service_publishes_is_compared_whichever_comes_first(gauge, first):
    comparison = Comparison(gauge, DATA, events=120)
    bodies = published(gauge, 120)

    if first == "fold":
        comparison.finish()
    for body in bodies:
        comparison.publish(body)
    comparison.finish()

    assert comparison.compared == 120
    assert comparison.is_whole
    assert not comparison.differs


def test_one_differing_byte_is_found_and_placed(gauge):
    comparison = Comparison(gauge, DATA, events=120)
    bodies = published(gauge, 120)
    bodies[70] = bodies[70].replace(b'"0-1"', b'"0-2"')

    for body in bodies:
        comparison.publish(body)
    comparison.finish()

    assert comparison.differs
    assert comparison.compared == 70


def test_a_missing_prediction_leaves_the_comparison_unwhole(gauge):
    comparison = Comparison(gauge, DATA, events=120)
    for body in published(gauge, 120)[:-1]:
        comparison.publish(body)

    comparison.finish()

    assert not comparison.is_whole
    assert not comparison.differs


def test_fewer_events_take_less_time_and_more_take_no_longer():
    whole = 5_325 / usual_rate(5_325)

    assert whole == SECONDS
    assert 500 / usual_rate(5_325, 500) < 2
    assert MOST_EVENTS / usual_rate(80_789) == SECONDS
    assert 80_000 / usual_rate(80_789, 80_000) == SECONDS
    assert usual_rate(3) == 1
