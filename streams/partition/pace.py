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
    """So may longer turns of other partitions, with a smaller share, for it comes back: who waits longer for a turn is
    more patient then."""

    longest_patience_s: float = 2.0
    """However far it is behind: a partition that has records commits, and folds, at least so often. When it has nothing
    left to fold, or its draft is full, it commits at once."""

    commit_records: int = 5_000
    """Folding waits for the broker when the next commit would publish what has come from so many records."""

    commit_bytes: int = 16 * 1024 * 1024
    """And when the records of the chunks that it has come from have so many: dead letters are as large as they are."""

    loop_turns: int = 4
    """Turns of the event loop between two stretches: fetching a chunk and publishing take several each, and with one
    turn per stretch they would take several stretches."""

    waiting_chunks: int = 2
    """With so many waiting there is no room for more."""

    defect_patience_s: float = 5.0
    """So long the outputs of what was folded before a defect may take to be published."""

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
