"""A baseline that answers while no declared model is left."""

from __future__ import annotations

from models.answer import Answer
from models.decision.baseline import DecidedBaseline, decided
from models.decision.rule import Rule
from models.evaluation.verdict.baselines import Baseline
from models.retraining.version import Version
from schemas.events import Features, Label
from schemas.gauge import Gauge, Task


class StandIn(Version):
    """A version whose model is a baseline; it keeps what the alert says of the version that failed last.

    ``baseline`` must be a copy of its own: the one on the board learns by itself.
    """

    def __init__(self, *, name: str, baseline: Baseline, failed: Version, task: Task, trigger: str) -> None:
        super().__init__(
            name=name,
            candidate=baseline.name,
            parent=failed.name,
            trigger=trigger,
            model=baseline,
            task=task,
            classes=frozenset(),
            probabilities=False,
            rule=_rule_of(baseline),
        )
        self.failed_since = failed.conduct.since
        self.failed_times = failed.conduct.failures
        self.loss_before = failed.faded_loss.get()

    def answer(self, x: Features) -> Answer:
        """The baseline's answer."""
        answer: Answer = self.model.answer()
        return answer

    def adopt(self, gauge: Gauge) -> None:
        """See `Version.adopt`."""
        self.model = decided(self.model, gauge)
        self.rule = _rule_of(self.model)

    def _teach(self, x: Features, y: Label, answer: Answer | None) -> None:
        self.model.learn(y)


def _rule_of(baseline: Baseline) -> Rule | None:
    return baseline.rule if isinstance(baseline, DecidedBaseline) else None
