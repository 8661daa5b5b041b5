"""Coverage: the share of what each population was asked whose label has come, beside plain counts of the stream."""

from __future__ import annotations

import pickle
import random
from collections import Counter

from models.asked import Lineup
from models.evaluation.coverage import Coverage
from models.learner import Learner
from schemas.events import LabelReceived
from schemas.gauge import Gauge
from schemas.records import Effect, VersionStep
from schemas.status import Status
from tests import builders

TEXT = """
[evaluation]
holdout = 0.2
holdout_window = 50
[retraining]
every_labels = 150
patience_labels = 100
"""


def gauge(*candidates: str) -> Gauge:
    return builders.gauge(TEXT, candidates=candidates)


def stream(n: int, seed: int = 5) -> list[bytes]:
    """Events whose labels come 1 to 60 events later, and of one in four never; the answer turns in the middle."""
    rng = random.Random(seed)
    due: dict[int, list[bytes]] = {}
    records = []
    for at in range(n):
        a = rng.gauss(0, 1)
        bad = (a > 0) ^ (at > n // 2)
        records.append(builders.record(f"e{at}", a=a, b=1.0))
        if rng.random() < 0.75:
            due.setdefault(at + rng.randint(1, 60), []).append(builders.label(f"e{at}", "bad" if bad else "good"))
        records += due.pop(at, [])
    return records


class Plain:
    """Counts by hand, by name: ``served``, candidates, baselines, versions; and for the open held-out window."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.labelled: Counter[str] = Counter()
        self.held_out_asked: Counter[str] = Counter()
        self.held_out_labelled: Counter[str] = Counter()
        self.window = 0
        self._asked_of: dict[str, tuple[bool, int, list[str]]] = {}

    def event(self, event_id: str, held_out: bool, names: list[str], versions: list[str]) -> None:
        self._asked_of[event_id] = held_out, self.window, [*names, *versions]
        (self.held_out_asked if held_out else self.asked).update([*names, *versions])

    def label(self, event_id: str) -> None:
        held_out, window, names = self._asked_of[event_id]
        if not held_out:
            self.labelled.update(names)
        elif window == self.window:
            self.held_out_labelled.update(names)

    def share(self, name: str) -> float | None:
        return self.labelled[name] / self.asked[name] if self.asked[name] else None

    def closed(self) -> dict[str, float]:
        found = {name: self.held_out_labelled[name] / asked for name, asked in self.held_out_asked.items()}
        self.held_out_asked.clear()
        self.held_out_labelled.clear()
        self.window += 1
        return found


def follow(learner: Learner, records: list[bytes], plain: Plain) -> list[Effect]:
    """The learner over the records one by one, while all is counted by hand; each report is compared as it comes."""
    effects: list[Effect] = []
    for at, event in enumerate(builders.decoded(learner.gauge, records), learner.next_offset):
        if isinstance(event, LabelReceived):
            plain.label(event.id)
        found = learner.handle(event, at)
        for prediction in builders.predictions(found):
            lineup, roster = learner.panel.lineup, learner.panel.roster
            plain.event(
                prediction.id,
                prediction.held_out,
                ["served", *map("candidate {}".format, lineup.standing), *learner.board.baselines],
                [version.name for version in roster.live],
            )
        for report in builders.reports(found):
            expected = plain.closed()
            assert {name: one["Accuracy"].coverage for name, one in report.figures.items()} == {
                name: expected.get(name)
                for name in report.figures  # None: its labels are of events from before
            }
        effects += found
    return effects


def compare(status: Status, plain: Plain) -> None:
    performance = status.performance
    assert performance.figures.life["Accuracy"].coverage == plain.share("served")
    assert {name: one.life["Accuracy"].coverage for name, one in performance.candidate_figures.items()} == {
        name: plain.share(f"candidate {name}") for name in performance.candidate_figures
    }
    assert {name: one.coverage for name, one in performance.version_figures.items()} == {
        name: plain.share(name) for name in performance.version_figures
    }
    everywhere = [one.life["Accuracy"] for one in performance.baseline_figures.values()]
    everywhere += [lead.life for lead in performance.leads.values()]
    assert {one.coverage for one in everywhere} == {plain.share("served")}


def test_it_is_what_plain_counts_say_across_promotions_a_restore_and_another_candidate():
    records, plain = stream(3_000), Plain()
    learner = Learner(gauge("naive_bayes", "majority"))
    effects = follow(learner, records[:1_733], plain)
    compare(learner.status(), plain)

    learner = pickle.loads(pickle.dumps(learner))
    effects += follow(learner, records[1_733:3_011], plain)
    compare(learner.status(), plain)
    learner.adopt(gauge("naive_bayes", "majority", "no_change"))
    effects += follow(learner, records[3_011:], plain)

    status = learner.status()
    compare(status, plain)
    learner.check()
    assert len(builders.versions(effects, VersionStep.PROMOTED)) > 1
    assert len(builders.reports(effects)) > 3
    # One in four never gets its label, and the newest not yet.
    found = {name: one.life["Accuracy"].coverage for name, one in status.performance.candidate_figures.items()}
    assert found["naive_bayes"] == status.performance.figures.life["Accuracy"].coverage != found["no_change"]
    assert all(0.6 < share < 0.8 for share in found.values())


def test_where_labels_come_with_their_events_it_is_1():
    values = [builders.record(n, a=float(n % 5), y="bad" if n % 5 > 2 else "good") for n in range(600)]
    learner, effects = builders.run(gauge("naive_bayes", "majority"), values)

    performance = learner.status().performance
    series = {**performance.candidate_figures, **performance.baseline_figures}
    figures = [one.life["Accuracy"] for one in series.values()] + [*performance.version_figures.values()]
    [report, *_] = builders.reports(effects)
    figures += [figure for by_metric in report.figures.values() for figure in by_metric.values()]
    assert {one.coverage for one in figures} == {1.0}


def test_before_the_first_event_and_over_a_window_there_is_none():
    assert Learner(gauge("naive_bayes")).status().performance.figures.life["Accuracy"].coverage is None

    learner, _ = builders.run(gauge("naive_bayes"), stream(200))
    figures = learner.status().performance.figures
    assert (figures.window["Accuracy"].coverage, figures.faded_error.coverage) == (None, None)
    assert figures.life["Accuracy"].coverage is not None


def test_a_metric_that_was_added_later_has_none_as_it_missed_answers():
    before = builders.gauge("[evaluation]\nholdout = 0")
    learner, _ = builders.run(before, stream(200))
    learner.adopt(builders.gauge('[evaluation]\nholdout = 0\nalso = ["LogLoss", "F1"]'))

    life = learner.status().performance.figures.life

    assert life["LogLoss"].coverage is None
    assert life["F1"].coverage == life["Accuracy"].coverage


def test_more_labels_than_events_cannot_be():
    coverage = Coverage()
    coverage.predicted(Lineup("0-1", {"knn": "0-1"}, "0-1"))
    coverage.labelled(Lineup("0-1", {"knn": "0-1"}, "0-1"), 2, {})

    assert [*coverage.broken()] == [
        "the service has labels for 200.0% of the events that it was asked",
        "candidate knn has labels for 200.0% of the events that it was asked",
    ]
