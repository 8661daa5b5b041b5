"""The fold of all output topics of a gauge: whatever is shown of it is read here.

Records may come in any order between topics and partitions; within one partition of a topic they come in its order. The
fold of the same records is the same then. A record that was published twice (delivery at least once, or a reader that
begins again before where it ended) counts once. Memory is bounded whatever the history; see each part for its bound.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

from schemas.records import DeadLetter, DriftAlert, Effect, ModelVersion, Prediction, WindowReport
from streams.view.dead_letters import DeadLetters
from streams.view.episodes import Episodes
from streams.view.flow import Flow
from streams.view.published import Foreign, KafkaRecord, Place, Published, read_back
from streams.view.reports import Reports
from streams.view.versions import Versions

MOST_FOREIGN: Final = 16
"""Records that could not be read, of which the newest are kept."""


class View:
    """What a gauge has published, as far as it was read."""

    def __init__(self) -> None:
        self.episodes = Episodes()
        self.versions = Versions()
        self.reports = Reports()
        self.dead_letters = DeadLetters()
        self.flows: dict[int, Flow] = {}
        self.foreign: deque[Foreign] = deque(maxlen=MOST_FOREIGN)
        self.counts: Counter[str] = Counter()
        """Records by their kind's name, and ``foreign`` ones; none counts twice."""
        self.repeated = 0
        """Records that were published or read before."""
        self._newest: dict[tuple[type[Effect], int], Place] = {}
        self._folds: Final[dict[type[Effect], Callable[[Published, Any], None]]] = {
            DriftAlert: self.episodes.take,
            ModelVersion: self.versions.take,
            WindowReport: self.reports.take,
            DeadLetter: self.dead_letters.take,
            Prediction: self._prediction,
        }

    @property
    def partitions(self) -> list[int]:
        """Those of which something was read."""
        return sorted({partition for _, partition in self._newest})

    def position(self, partition: int) -> tuple[int, int] | None:
        """Epoch and position of the newest input record of a partition of which an output was read."""
        places = [place for (_, one), place in self._newest.items() if one == partition]
        return max(places)[:2] if places else None

    def take(self, record: KafkaRecord) -> Published | None:
        """Fold one record of an output topic; what it was, or ``None`` if it is known already or cannot be read."""
        read = read_back(record)
        if isinstance(read, Foreign):
            self.foreign.append(read)
            self.counts["foreign"] += 1
            return None
        return self.fold(read)

    def fold(self, read: Published) -> Published | None:
        """Fold an effect that was read back, or that never was on a topic; ``None`` if it is known already."""
        key = read.kind.record, read.partition
        before = self._newest.get(key)
        if before is not None and read.place <= before:
            self.repeated += 1
            return None
        self._newest[key] = read.place
        self.counts[read.kind.name] += 1
        self._folds[read.kind.record](read, read.effect)
        return read

    def _prediction(self, published: Published, prediction: Prediction) -> None:
        self.flows.setdefault(published.partition, Flow()).take(published, prediction)
