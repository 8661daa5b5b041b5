"""The kinds of output record, in one table: a new kind is a new row.

Rules. Nothing else lists the kinds: ids, headers, topics, the gauge file's defaults and the docs follow this table.
What treats a kind in a way of its own (seals, logs or counts it) names that kind, and treats all others alike.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.records import DeadLetter, DriftAlert, Effect, ModelVersion, Prediction, WindowReport

JSON: Final = "application/json"


class Kind(NamedTuple):
    """A kind of output record.

    Parameters
    ----------
    record
        The type that the core returns.
    name
        Its word in ids.
    ce_type
        Its CloudEvents type; another version of the schema is another type.
    topic
        The key of the gauge's ``[topics]`` that names its topic, which is also the suffix of the topic's default name.
    content_type
        What ``body()`` gives; ``None`` where it is the bytes of somebody else's record.
    key
        The attribute that is the record's Kafka key, or ``None``: it has none.
    """

    record: type[Effect]
    name: str
    ce_type: str
    topic: str
    content_type: str | None = JSON
    key: str | None = None


KINDS: Final = (
    Kind(Prediction, "prediction", "io.rivergauge.prediction.v1", "predictions", key="key"),
    Kind(DriftAlert, "alert", "io.rivergauge.alert.v1", "alerts"),
    Kind(ModelVersion, "version", "io.rivergauge.version.v1", "versions"),
    Kind(WindowReport, "report", "io.rivergauge.report.v1", "reports"),
    Kind(DeadLetter, "dead_letter", "io.rivergauge.dead_letter.v1", "dead_letters", content_type=None, key="key"),
)

KIND_OF: Final = {kind.record: kind for kind in KINDS}
