"""A metric of two classes on one class of several, against the rest."""

from __future__ import annotations

from typing import Any

from schemas.events import Label


class OneVsRest:
    """A metric of River's kind over labels that are ``code`` or are not."""

    def __init__(self, metric: Any, code: Label) -> None:
        self.metric = metric
        self.code = code

    @property
    def requires_labels(self) -> bool:
        """Whether it reads labels rather than probabilities."""
        return bool(self.metric.requires_labels)

    @property
    def bigger_is_better(self) -> bool:
        """Whether a higher figure is a better one."""
        return bool(self.metric.bigger_is_better)

    def exact(self) -> OneVsRest:
        """See `models.evaluation.metrics.ranking.RankingMetric.exact`."""
        return OneVsRest(self.metric.exact(), self.code)

    def update(self, y_true: Label, y_pred: Any, *weight: float) -> None:
        """Take in one answer, a label or the probabilities of all classes; with a weight, so many that are alike."""
        code = self.code
        said = y_pred == code if self.metric.requires_labels else self._of_two(y_pred.get(code, 0.0))
        self.metric.update(y_true == code, said, *weight)

    def get(self) -> float:
        """The figure."""
        return float(self.metric.get())

    @staticmethod
    def _of_two(share: float) -> dict[bool, float]:
        return {True: share, False: 1.0 - share}


def inner_of(metric: Any) -> Any:
    """The metric of two classes itself, or the metric as it is."""
    return metric.metric if isinstance(metric, OneVsRest) else metric
