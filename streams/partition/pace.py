"""How fast a partition lives: every bound, share and pause of its life as one frozen value that a test can hand in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds, records and bytes; a share is of the time that the records at hand have waited."""

    commit_interval_s: float = 0.0
    """The shortest time between the beginnings of two commits."""

    commit_patience: float = 0.5
    """Fewer commits may have the outputs of records that are behind wait longer by this share of what the records have
    waited here."""

    turn_patience: float = 0.2
    """Longer turns of other partitions may have them wait as well. The share is smaller, because it feeds back: who
    waits longer for a turn is more patient then."""

    longest_patience_s: float = 2.0
    """However far behind it is, a partition that has records commits, and folds, at least this often. When it has
    nothing left to fold, or its draft is full, it commits at once."""

    commit_records: int = 5_000
    """When the next commit would publish the outputs of this many records, folding waits for the broker."""

    commit_bytes: int = 16 * 1024 * 1024
    """Nor does folding go beyond this many bytes of records: a dead letter is as large as its record."""

    loop_turns: int = 4
    """Turns of the event loop between two stretches: fetching a chunk and publishing take several each, and with one
    turn per stretch they would take several stretches."""

    waiting_chunks: int = 2
    """When this many wait, no more are fetched."""

    defect_patience_s: float = 5.0
    """How long the outputs of what was folded before a defect may take to be published."""

    first_pause_s: float = 0.1
    longest_pause_s: float = 5.0
    """After a doubt; each pause is twice the one before, unless something was published in between."""

    fenced_s: float = 15.0
    """After a fence without a new assignment: the other owner may have been a passing one, or the broker timed us
    out."""

    def patience_s(self, waited_s: float, share: float) -> float:
        """How much longer records that have waited may wait, for the good of the whole."""
        return min(waited_s * share, self.longest_patience_s)

    def next_pause_s(self, before_s: float) -> float:
        """The pause after one that has not helped."""
        return min(before_s * 2, self.longest_pause_s)
