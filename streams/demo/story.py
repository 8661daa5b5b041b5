"""What has been seen of a demo so far: what the service published, and how the same log went without retraining."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from aiokafka import ConsumerRecord

from schemas.alerts import DRIFTS
from schemas.gauge import Gauge
from streams.data.sender import Sent
from streams.demo.comparison import Comparison


class Story:
    """All that has been seen so far; the display reads it, the summary is made of it."""

    def __init__(self, gauge: Gauge, comparison: Comparison, *, total: int, keep_records: bool = False) -> None:
        self.gauge = gauge
        self.comparison = comparison
        self.kept: list[dict[str, Any]] = []
        self._keep_records = keep_records
        self.total = total
        self.sent = Sent(0, 0, 0, 0.0)
        self.predictions = 0
        self.dead_letters: Counter[str] = Counter()
        self.refused_events = 0
        self._others: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.worker: dict[str, float] = {}
        self.figures: dict[tuple[str, str], float] = {}
        """Of the worker's metrics those that have a name of their own, by both names."""
        self.seconds = 0.0

    @property
    def answered(self) -> int:
        """Events that have come out, as a prediction or as a dead letter of their own."""
        return self.predictions + self.refused_events

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts, as they were published."""
        return self._others[self.gauge.topics.alerts]

    @property
    def versions(self) -> list[dict[str, Any]]:
        """The version events, as they were published."""
        return self._others[self.gauge.topics.versions]

    @property
    def opened(self) -> list[dict[str, Any]]:
        """The drift episodes, as they were opened; other kinds of alerts are no change of the world."""
        return [alert for alert in self.alerts if alert["status"] == "opened" and alert["drift"] in DRIFTS]

    @property
    def promoted(self) -> list[dict[str, Any]]:
        """The versions that took another's place, as they were promoted."""
        return [version for version in self.versions if version["step"] == "promoted"][1:]

    @property
    def metric(self) -> tuple[str, float | None]:
        """The leading metric and its newest value in the worker's metrics."""
        name = self.gauge.metric
        return name, self.figures.get(("rivergauge_metric", name))

    @property
    def baseline(self) -> tuple[str, float | None]:
        """The best baseline and its newest value in the worker's metrics."""
        name = self.comparison.standing().baseline_name
        return name, self.figures.get(("rivergauge_baseline", name))

    @property
    def is_complete(self) -> bool:
        """Whether everything sent was dealt with, and everything said about it published."""
        said = self.worker.get
        return (
            self.answered >= self.sent.events
            and said("rivergauge_published_position", 0) >= self.sent.events + self.sent.labels
        )

    @property
    def made(self) -> set[str]:
        """The model versions, by name."""
        return {version["version"] for version in self.versions}

    def see(self, record: ConsumerRecord) -> None:
        """Take in one record of an output topic."""
        topics = self.gauge.topics
        if record.topic == topics.predictions:
            self.predictions += 1
            self.comparison.publish(record.value)
            if self._keep_records:
                self.kept.append(json.loads(record.value))
        elif record.topic == topics.dead_letters:
            headers = dict(record.headers)
            self.dead_letters[headers["ce_reason"].decode()] += 1
            self.refused_events += headers["rivergauge_record"] == b"event"
        else:
            self._others[record.topic].append(json.loads(record.value))

    def as_json(self) -> dict[str, Any]:
        """The promised output for programs; see docs/records.md."""
        metric, baseline = self.metric, self.baseline
        return {
            "example": self.gauge.name,
            "events": self.sent.events,
            "predictions": self.predictions,
            "dead_letters": self.refused_events,
            "labels": self.sent.labels,
            "alerts": len(self.opened),
            "versions": len(self.made),
            "promotions": len(self.promoted),
            "metric": {"name": metric[0], "value": metric[1]},
            "baseline": {"name": baseline[0], "value": baseline[1]},
            "events_per_second": self.sent.events / self.seconds if self.seconds else None,
            "seconds": self.seconds,
            "without_retraining": {"name": self.gauge.metric, "value": self.comparison.standing().still},
            "curve": [
                {"position": sample.position, "metric": sample.retrained, "without_retraining": sample.still}
                for sample in self.comparison.samples
            ],
        }
