"""Whether what is read now is the log that the state was folded from, without a record left out."""

from __future__ import annotations

from streams.engine.chunk import Bounds, Chunk
from streams.here.failures import LogRefusedError
from streams.snapshots.fingerprint import Fingerprint, fingerprint


class Continuity:
    """One partition's log beside the position of what folds it.

    Parameters
    ----------
    partition
        The input partition, for messages.
    """

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self._expected: Fingerprint | None = None

    def expect(self, last: Fingerprint | None) -> None:
        """A snapshot was restored that saw this record last: it is to come first, and to be compared."""
        self._expected = last

    def seek_of(self, position: int) -> int:
        """Where reading begins, for a state that stands at ``position``."""
        return position if self._expected is None else self._expected.offset

    def check_bounds(self, position: int, bounds: Bounds) -> None:
        """Refuse a log that does not reach from the position on.

        Raises
        ------
        LogRefusedError
            With what the log holds.
        """
        if not bounds.begin <= position <= bounds.end:
            raise LogRefusedError(
                f"partition {self._partition}: the learner stands at {position}, the log holds {bounds.begin} "
                f"to {bounds.end}: it was truncated or made anew while it was read; restart the worker, which "
                "checks what can be done"
            )

    def check_chunk(self, position: int, chunk: Chunk) -> None:
        """Refuse a chunk behind a gap, or whose first record is not the one that the snapshot saw there.

        Raises
        ------
        LogRefusedError
            With what is missing, or differs.
        """
        if chunk.start > position:
            raise LogRefusedError(
                f"partition {self._partition}: the learner stands at {position}, the next chunk begins at "
                f"{chunk.start}: {chunk.start - position} records would never be learned"
            )
        expected, self._expected = self._expected, None
        if expected is None:
            return
        record = chunk.records[0]
        if record.offset != expected.offset or fingerprint(record.offset, record.key, record.value) != expected:
            raise LogRefusedError(
                f"partition {self._partition}: the record at offset {expected.offset} is not the one that the snapshot "
                f"saw there (found: offset {record.offset}): the topic was made anew or compacted; give the gauge its "
                "log back, or start over with rivergauge reset"
            )
