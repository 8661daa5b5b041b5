"""One model version and its life.

The life is a table: a step that is not in it is a defect, refused before anything changes.
"""

from __future__ import annotations

from copy import deepcopy
from enum import Enum
from math import inf
from typing import Any, Final

from models.abilities import label_follows_probabilities
from models.answer import NO_ANSWER, Answer
from models.decision.rule import Rule, adopted
from models.evaluation.intervals.fading import FadingMean
from models.recalibration.recalibrated import Recalibrated
from models.retraining.conduct import Conduct
from schemas.events import Features, Label
from schemas.gauge import Gauge, Task
from schemas.records import VersionStep


class Life(Enum):
    """Where a version stands."""

    NEW = "new"
    REGISTERED = "registered"
    ON_TRIAL = "on_trial"
    CHAMPION = "champion"
    REJECTED = "rejected"
    RETIRED = "retired"
    ROLLED_BACK = "rolled_back"


TRANSITIONS: Final[dict[tuple[Life, VersionStep], Life]] = {
    (Life.NEW, VersionStep.REGISTERED): Life.REGISTERED,
    (Life.REGISTERED, VersionStep.PROMOTED): Life.CHAMPION,
    (Life.REGISTERED, VersionStep.ON_TRIAL): Life.ON_TRIAL,
    (Life.ON_TRIAL, VersionStep.PROMOTED): Life.CHAMPION,
    (Life.ON_TRIAL, VersionStep.REJECTED): Life.REJECTED,
    (Life.ON_TRIAL, VersionStep.RETIRED): Life.RETIRED,
    (Life.CHAMPION, VersionStep.DEMOTED): Life.ON_TRIAL,
    (Life.CHAMPION, VersionStep.RETIRED): Life.RETIRED,
    (Life.CHAMPION, VersionStep.ROLLED_BACK): Life.ROLLED_BACK,
    (Life.ON_TRIAL, VersionStep.PROPOSED): Life.ON_TRIAL,
    (Life.ON_TRIAL, VersionStep.DECLINED): Life.ON_TRIAL,
    (Life.CHAMPION, VersionStep.PAUSED): Life.CHAMPION,
    (Life.CHAMPION, VersionStep.RESUMED): Life.CHAMPION,
}

_FADING = 0.999

LARGEST_ANSWER: Final = 1e150
"""A larger number is as good as infinite: its square, which metrics take, is no number any more."""


class IllegalStepError(RuntimeError):
    """A step that a version's life does not have: a defect of Rivergauge."""


class BadAnswerError(ValueError):
    """A model's answer that cannot be used: not finite, no probability, or no declared class.

    Its words are published, so they never quote the answer: a model may answer with a value that it was shown.
    """


class Version:
    """A model with its name, its parent and what it has learned from.

    Parameters
    ----------
    name
        ``partition-number``, as in ``2-7``.
    model
        A River estimator of the task. It is only asked and taught here.
    classes
        The codes it may answer with; empty for regression.
    probabilities
        Whether the model can be asked for class probabilities.
    rule
        What decides its labels; where there is none, they are the model's own.
    is_changed_by_asking
        Whether the model may change when it is asked. Recipes do not; of a user's own model or pipeline nobody knows.
    """

    def __init__(
        self,
        *,
        name: str,
        candidate: str,
        parent: str | None,
        trigger: str,
        model: Any,
        task: Task,
        classes: frozenset[Label],
        probabilities: bool,
        rule: Rule | None = None,
        is_changed_by_asking: bool = False,
    ) -> None:
        self.name = name
        self.candidate = candidate
        self.parent = parent
        self.trigger = trigger
        self.model = model
        self.rule = rule
        self.life = Life.NEW
        self.has_led = False
        """Whether it leads, or has led before."""
        self.learned_first: int | None = None
        self.learned_last: int | None = None
        self.learned_labels = 0
        self.is_changed_by_asking = is_changed_by_asking
        self.faded_loss = FadingMean(alpha=_FADING)
        self.conduct = Conduct()
        self._numeric = task is Task.REGRESSION
        self._classes = classes
        self._probabilities = probabilities
        self._label_follows = probabilities and label_follows_probabilities(model)

    def continue_from(self, saved: Version) -> None:
        """Take over the model of a version of another run, which becomes the parent, and what decides its labels."""
        self.parent = f"saved:{saved.name}"
        self.model = saved.model
        self.rule = saved.rule

    def begin_as(self, twin: Version) -> None:
        """Take over the model of a copy of another version, what decides its labels and what it has learned from."""
        self.model = twin.model
        self.rule = twin.rule
        self.learned_first, self.learned_last = twin.learned_first, twin.learned_last
        self.learned_labels = twin.learned_labels

    def adopt(self, gauge: Gauge) -> None:
        """Decide as a changed gauge file wants it from here on."""
        self.rule = adopted(self.rule, gauge)

    def take(self, step: VersionStep) -> None:
        """Move on in life.

        Raises
        ------
        IllegalStepError
            If the table has no such step from here; nothing changes.
        """
        to = TRANSITIONS.get((self.life, step))
        if to is None:
            raise IllegalStepError(f"version {self.name} cannot be {step}: it is {self.life.value}")
        self.life = to
        self.has_led |= step is VersionStep.PROMOTED

    def answer(self, x: Features) -> Answer:
        """Ask the model. It does not learn from being asked.

        Raises
        ------
        BadAnswerError
            If the answer is not finite, holds a probability below 0, or names a class that was not declared.
        """
        model = self.model
        y_pred = probabilities = raw = None
        if self._probabilities:
            if type(model) is Recalibrated:
                raw = dict(model.classifier.predict_proba_one(x))
                probabilities = model.calibrated(raw)
            else:
                probabilities = dict(model.predict_proba_one(x))
            y_pred = self._likeliest(probabilities)
        if self.rule is not None:
            y_pred = self.rule.label(probabilities) if probabilities else None
        elif not self._label_follows:
            y_pred = model.predict_one(x)
        if y_pred is None:
            return NO_ANSWER
        if self._numeric:
            if not abs(y_pred) <= LARGEST_ANSWER:  # NaN is not
                raise BadAnswerError(f"a prediction must be a number within ±{LARGEST_ANSWER:g}")
            y_pred = float(y_pred)
        elif y_pred not in self._classes:
            raise BadAnswerError("a prediction must be a declared class")
        return Answer(y_pred, probabilities, raw)

    def foresee(self, x: Features) -> Answer:
        """What `answer` would return or raise; nothing has changed afterwards."""
        return (deepcopy(self) if self.is_changed_by_asking else self).answer(x)

    def _likeliest(self, probabilities: dict[Label, float]) -> Label | None:
        # One pass of our own takes a third of the time of sum, min, max and a comparison of the keys.
        likeliest, highest = None, -1.0
        for y, share in probabilities.items():
            if not 0.0 <= share < inf or y not in self._classes:  # NaN is not
                raise BadAnswerError("probabilities must be finite, at least 0, of declared classes")
            if share > highest:
                likeliest, highest = y, share
        return likeliest

    def learn(self, x: Features, y: Label, position: int, answer: Answer | None = None) -> None:
        """Teach the model one labelled event; ``position`` is the label's, ``answer`` what it had answered, if it was
        there.
        """
        self._teach(x, y, answer)
        if self.learned_first is None:
            self.learned_first = position
        self.learned_last = position
        self.learned_labels += 1

    def _teach(self, x: Features, y: Label, answer: Answer | None) -> None:
        if answer is not None and type(self.model) is Recalibrated:
            self.model.teach(x, y, answer.raw or {})  # where it failed to answer there is nothing to calibrate
        else:
            self.model.learn_one(x, y)
