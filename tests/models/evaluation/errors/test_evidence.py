"""What the errors are made of, through the whole fold: windows, versions, held-out windows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from io import BytesIO

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from models.answer import Answer
from models.asked import Asked, Lineup
from models.evaluation.errors.evidence import ErrorEvidence
from models.learner import Learner
from streams.data.predictionlines import PredictionLines
from tests import builders, strategies

TEXT = "[evaluation]\nwindow_events = 100\nholdout = 0.2\nholdout_window = 20\n[retraining]\nevery_labels = 150"

FLIPS = tuple(range(60, 3_000, 70))


def folded(task: str, *candidates: str, events: int = 900):
    """A learner, its lines with labels and predictions in order of position, and its reports."""
    gauge = builders.gauge(TEXT, task=task, candidates=candidates)
    learner, file = Learner(gauge), BytesIO()
    lines = PredictionLines(learner, file)
    effects = []
    stream = strategies.stream(
        gauge, strategies.Plan(seed=4, events=events, flips=FLIPS, late=0.0, early=0.0, never=0.0, odd=0.0)
    )
    for position, event in enumerate(builders.decoded(gauge, stream)):
        emitted = learner.handle(event, position)
        lines.folded(event, position, emitted)
        effects += emitted
    lines.close()
    return learner, [json.loads(line) for line in file.getvalue().splitlines()], builders.reports(effects)


def matrix(counts: dict[str, dict[str, int]], classes: list[str]) -> list[list[int]]:
    return [[counts.get(y, {}).get(y_pred, 0) for y_pred in classes] for y in classes]


@pytest.mark.parametrize(("task", "classes"), [("binary", ["good", "bad"]), ("multiclass", ["low", "middle", "high"])])
def test_the_windows_confusion_is_scikit_learns_from_the_predictions_file(task, classes):
    learner, lines, _ = folded(task, "naive_bayes")
    scored = [one for one in lines if not one["held_out"] and one["label"] is not None and one["y_pred"] is not None]

    window = learner.board.evaluated().confusion.window

    newest = scored[-100:]
    expected = confusion_matrix([one["label"] for one in newest], [one["y_pred"] for one in newest], labels=classes)
    assert matrix(window.counts, classes) == expected.tolist()
    assert window.n == 100


def test_a_live_versions_confusion_is_of_its_whole_life():
    learner, lines, _ = folded("binary", "naive_bayes")

    found = learner.board.evaluated()

    champion = learner.leader
    assert set(found.confusion.versions) <= {version.name for version in learner.panel.live}
    mine = [one for one in lines if one["version"] == champion and not one["held_out"] and one["label"] is not None]
    served = Counter((one["label"], one["y_pred"]) for one in mine if one["y_pred"] is not None)
    ours = found.confusion.versions[champion]
    for (y, y_pred), n in served.items():  # on trial it answered, too, and was not served
        assert ours.counts[y][y_pred] >= n
    assert ours.n >= served.total()


def test_a_held_out_windows_confusion_is_of_its_labels():
    _, lines, reports = folded("binary", "naive_bayes")
    classes = ["good", "bad"]
    last = reports[-1]

    for report in reports:
        held = [one for one in lines if one["held_out"] and report.first <= one["position"] <= report.last]
        held = [one for one in held if one["label"] is not None]
        if {one["version"] for one in held} == {report.champion}:
            expected = confusion_matrix([one["label"] for one in held], [one["y_pred"] for one in held], labels=classes)
            assert matrix(report.confusion[report.champion].counts, classes) == expected.tolist()

    assert set(last.confusion) == set(last.models)
    assert all(one.n == last.models[name]["labels"] for name, one in last.confusion.items())
    assert last.residuals is None


def test_a_regressions_residuals_are_numpys_from_the_predictions_file():
    learner, lines, reports = folded("regression", "linear_regression")
    scored = [one for one in lines if not one["held_out"] and one["label"] is not None and one["y_pred"] is not None]

    found = learner.board.evaluated()

    expected = np.quantile([one["label"] - one["y_pred"] for one in scored[-100:]], [0.05, 0.25, 0.5, 0.75, 0.95])
    assert [*found.residuals.quantiles.values()] == pytest.approx(expected)
    assert found.confusion is None
    assert reports[-1].confusion is None
    assert all(one.n == reports[-1].models[name]["labels"] for name, one in reports[-1].residuals.items())


def test_the_worst_are_of_the_predictions_file_and_hold_no_feature():
    learner, lines, _ = folded("binary", "naive_bayes")
    by_position = {one["position"]: one for one in lines}

    worst = learner.board.evaluated().worst

    assert len(worst) == 20
    for one in worst:
        line = by_position[one.position]
        said = (line["id"], line["version"], line["label"], line["y_pred"])
        assert (one.id, one.version, one.label, one.y_pred) == said
        assert one.loss == pytest.approx(-np.log(max(line["probabilities"][line["label"]], 1e-15)))
        assert not line["held_out"]
        assert set(asdict(one)) == {"id", "position", "version", "label", "y_pred", "loss"}


def test_versions_that_are_gone_are_forgotten():
    evidence = ErrorEvidence(builders.gauge())
    answer = Answer(True, None)
    for number in range(50):
        live = [f"0-{number}", f"0-{number + 1}"]
        asked = Asked(
            number, {}, dict.fromkeys(live, answer), {}, Lineup(live[0], {}, live[0]), held_out=False, event_id="e"
        )
        evidence.extend([(asked, False, number)], {name: [(False, answer)] for name in live})
    late = Asked(9, {}, {"0-3": answer}, {}, Lineup("0-3", {}, "0-3"), held_out=False, event_id="e")
    evidence.extend([(late, False, 60)], {name: [] for name in live})

    assert [*evidence.figures([], live)["confusion"].versions] == ["0-49", "0-50"]
    assert len(evidence._versions) <= 3
    assert [*evidence.broken()] == []


def test_a_version_of_which_nothing_was_counted_is_not_shown():
    # Labels are counted some at once, earlier if somebody looks at a figure: that must not show.
    evidence = ErrorEvidence(builders.gauge())

    evidence.extend([], {"0-1": [(False, Answer(True, None))], "0-2": []})

    assert [*evidence.figures([], ["0-1", "0-2"])["confusion"].versions] == ["0-1"]
