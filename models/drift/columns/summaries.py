"""From a block of values to its sums, which add up over blocks, and from sums to summaries."""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from models.drift.columns.arrays import BINS, VALUES, Flags, Floats, Ints, Layout
from models.drift.columns.transform import Transform

RECENT_BLOCKS: Final = 32
"""Base blocks that a value must be old before it belongs to the range, or to the known ones."""

NEVER: Final = 2**31 - 1
MARGIN: Final = 0.1
FAR: Final = 3.0
FASTEST: Final = 0.06
"""How fast a shape, relations and frequencies are followed."""
LEAST: Final = 4
"""Values that a summary needs at least."""


class Sums(NamedTuple):
    """What is known of a stretch of events: additive sums, and the longest run at the end of a base block."""

    added: Floats
    runs: Floats


class Context:
    """What a block is held against besides the transform: what came just before, ranges, known values.

    Parameters
    ----------
    numbers, codes
        The rows of the warm-up.
    slots
        How many codes are told apart.
    """

    def __init__(self, numbers: Floats, codes: Ints, slots: int) -> None:
        self.blocks = 0
        self.last = numbers[-1].copy()
        self.last_codes = codes[-1].copy()
        low, high = _extremes(numbers)
        none = low > high
        self.low, self.high = np.where(none, 0.0, low), np.where(none, 0.0, high)
        self.recent: list[tuple[Floats, Floats]] = []
        self.runs = np.zeros(numbers.shape[1] + codes.shape[1])
        self.first = np.full((codes.shape[1], slots), NEVER, np.int32)
        """The block in which each code was first seen."""
        for column, own in enumerate(self.first):
            own[np.unique(codes[codes[:, column] >= 0, column])] = -RECENT_BLOCKS - 1


def sums_of(
    numbers: Floats, codes: Ints, transform: Transform, context: Context, at: Layout
) -> Generator[None, None, Sums]:
    """The sums of one base block, in portions; the context takes the block in with the last of them."""
    n = len(numbers) if at.numbers else len(codes)
    added = np.zeros(at.size)
    added[0] = n
    runs = context.runs.copy()
    low, high = context.low, context.high
    recent = context.recent
    if at.numbers:
        counted = np.empty((8, n, at.numbers))  # what each event adds: to be summed at once
        there = np.isfinite(numbers)
        since = np.concatenate((context.last[None], numbers))
        scaled = np.arcsinh((since - transform.centre) / transform.scale)
        filled = np.where(there, scaled[1:], 0.0)
        counted[0], counted[1], counted[2] = there, filled, filled * filled
        yield
        steps = np.abs(scaled[:-1] - scaled[1:])
        both = np.isfinite(steps)
        counted[3], counted[4] = np.where(both, steps, 0.0), both
        counted[7] = equal = since[:-1] == numbers
        runs[: at.numbers] = _runs(equal, context.runs[: at.numbers])
        yield
        out = _beyond(numbers, low, high, MARGIN)
        counted[5] = out
        counted[6] = _beyond(numbers, low, high, FAR) if out.any() else out
        counts = counted.sum(axis=1)
        added[at.counts] = counts.ravel()
        recent = [*recent, _extremes(numbers)]
        if len(recent) > RECENT_BLOCKS:
            (oldest_low, oldest_high), *recent = recent
            low, high = np.minimum(low, oldest_low), np.maximum(high, oldest_high)
        yield
        above = (numbers[None] > transform.edges[:, None]).sum(axis=1)
        hist = added[at.hist].reshape(BINS, at.numbers)
        hist[0] = counts[0] - above[0]
        hist[1:-1] = above[:-1] - above[1:]
        hist[-1] = above[-1]
        related = filled[:, : at.related]
        yield
        # Not a product of matrices: what a BLAS adds up depends on its threads.
        added[at.products] = np.einsum("ni,nj->ij", related, related).ravel()
        yield
    if at.categories:
        counts = added[at.category_counts].reshape(3, at.categories)
        known = codes >= 0
        slot = np.where(known, np.minimum(codes, context.first.shape[1] - 1), 0)
        column = np.arange(at.categories)
        first = context.first[column, slot]
        is_new = known & (first > context.blocks + 1 - RECENT_BLOCKS)
        counts[0] = n - known.sum(axis=0)
        counts[1] = is_new.sum(axis=0)
        before_codes = np.concatenate((context.last_codes[None], codes[:-1]))
        same = before_codes == codes
        counts[2] = same.sum(axis=0)
        yield
        where = np.where(known, transform.places[column, slot].astype(np.int64) + column * VALUES, -1)
        there_codes = where[known]
        values = np.bincount(there_codes, minlength=VALUES * at.categories).reshape(at.categories, VALUES)
        added[at.values] = values.T.ravel()
        runs[at.numbers :] = _runs(same, context.runs[at.numbers :])
        unseen_rows, unseen_columns = np.nonzero(known & (first == NEVER))
        yield
        context.first[unseen_columns, slot[unseen_rows, unseen_columns]] = context.blocks + 1
        context.last_codes = codes[-1].copy()
    if at.numbers:
        context.last = numbers[-1].copy()
    context.low, context.high, context.recent, context.runs = low, high, recent, runs
    context.blocks += 1
    return Sums(added, np.log1p(runs))


class Reference:
    """What the summaries of one block length are distances to: shapes, correlations, frequencies; followed slowly."""

    def __init__(self, at: Layout) -> None:
        self.shape = np.zeros((BINS, at.numbers))
        self.relations = np.zeros((at.related, at.related))
        self.frequencies = np.zeros((VALUES, at.categories))
        self.seen = np.zeros(at.numbers + at.categories)
        """Blocks since each column's began."""

    def restart(self, columns: Flags) -> None:
        """These columns' transform is another: begin anew."""
        self.seen = np.where(columns, 0.0, self.seen)


def summarise(sums: Sums, reference: Reference, at: Layout) -> Generator[None, None, tuple[Floats, Floats]]:
    """The summaries of a stretch, and the least deviation that each is believed, in portions.

    NaN where there is nothing to summarise. The reference follows with the last portion.
    """
    added = sums.added
    n = float(added[0])
    parts: list[Floats] = []
    seen, shape, relations, frequencies = reference.seen, reference.shape, reference.relations, reference.frequencies
    speed = np.maximum(FASTEST, 1.0 / (seen + 1.0))
    if at.numbers:
        there, total, squares, steps, pairs, out, far, repeats = added[at.counts].reshape(8, at.numbers)
        enough = there >= LEAST
        some = np.maximum(there, 1.0)
        began = seen[: at.numbers] > 0
        mean = total / some
        deviation = np.sqrt(np.maximum(squares / some - mean * mean, 0.0))
        location = np.where(enough, mean, np.nan)
        scale = np.where(enough, np.log(deviation + 0.02), np.nan)
        rough = np.where(pairs >= LEAST, np.log(steps / np.maximum(pairs, 1.0) + 0.02), np.nan)
        yield
        shares = (added[at.hist].reshape(BINS, at.numbers) + 0.5) / (some + 0.5 * BINS)
        distance = np.where(enough & began, _hellinger(shares, shape), np.nan)
        angles = _angles(
            np.concatenate((n - there, out, repeats, far)),
            np.concatenate((np.full(at.numbers, n), some, np.full(at.numbers, n), some)),
        ).reshape(4, at.numbers)
        yield
        r = at.related
        wide = deviation[:r] + 0.05
        correlation = added[at.products].reshape(r, r) / n - mean[:r, None] * mean[None, :r]
        correlation = np.minimum(np.maximum(correlation / (wide[:, None] * wide[None, :]), -1.0), 1.0)
        apart = correlation - relations
        apart.flat[:: r + 1] = 0.0
        related = np.full(at.numbers, np.nan)
        related[:r] = np.where(began[:r], np.sqrt((apart * apart).sum(axis=1) / r), np.nan)
        yield
        new = seen[: at.numbers] == 0
        k = speed[: at.numbers]
        shape = np.where(new, shares, shape + k * (shares - shape))
        relations = np.where(new[None, :r], correlation, relations + k[None, :r] * apart)
        runs = sums.runs[: at.numbers]
        parts += [location, scale, rough, distance, angles[0], angles[1], angles[2], related, runs, angles[3]]
        yield
    if at.categories:
        lacking, unseen, repeats = added[at.category_counts].reshape(3, at.categories)
        there = n - lacking
        shares = (added[at.values].reshape(VALUES, at.categories) + 0.5) / (there + 0.5 * VALUES)
        new, k = seen[at.numbers :] == 0, speed[at.numbers :]
        distance = np.where((there >= LEAST) & ~new, _hellinger(shares, frequencies), np.nan)
        whole = np.full(at.categories, n)
        counts = np.concatenate((unseen, lacking, repeats))
        angles = _angles(counts, np.concatenate((there, whole, whole))).reshape(3, at.categories)
        yield
        frequencies = np.where(new, shares, frequencies + k * (shares - frequencies))
        parts += [distance, angles[0], angles[1], angles[2], sums.runs[at.numbers :]]
        yield
    reference.shape, reference.relations, reference.frequencies = shape, relations, frequencies
    reference.seen = seen + 1.0
    return np.concatenate(parts), _floors(at.numbers, at.categories, n).copy()


_NUMBER_FLOORS: Final = (0.1, 0.1, 0.1, 0.1, 0.25, 0.25, 0.25, 0.05, 0.2, 0.25)
_IS_RUN: Final = np.array([name == 8 for name in range(10)])
_CATEGORY_FLOORS: Final = (0.1, 0.25, 0.25, 0.25, 0.2)
_IS_CATEGORY_RUN: Final = np.array([name == 4 for name in range(5)])


@lru_cache(maxsize=64)
def _floors(numbers: int, categories: int, events: float) -> Floats:
    root = 1.0 / np.sqrt(events)
    of_number = np.array(_NUMBER_FLOORS) * np.where(_IS_RUN, 1.0, root)
    of_category = np.array(_CATEGORY_FLOORS) * np.where(_IS_CATEGORY_RUN, 1.0, root)
    floors = np.concatenate((np.repeat(of_number, numbers), np.repeat(of_category, categories)))
    floors.flags.writeable = False
    return floors


def _hellinger(shares: Floats, reference: Floats) -> Floats:
    distance: Floats = np.sqrt(np.maximum(1.0 - np.sqrt(shares * reference).sum(axis=0), 0.0))
    return distance


def _angles(counts: Floats, of: Floats) -> Floats:
    angles: Floats = np.arcsin(np.sqrt(np.minimum(np.maximum(counts / np.maximum(of, 1.0), 0.0), 1.0)))
    return angles


def _beyond(numbers: Floats, low: Floats, high: Floats, share: float) -> Flags:
    """Which values lie outside of a range by more than a share of its width."""
    room = (high - low) * share + 1e-12
    beyond: Flags = (numbers > high + room) | (numbers < low - room)
    return beyond


def _extremes(numbers: Floats) -> tuple[Floats, Floats]:
    there = np.isfinite(numbers)
    low = np.where(there, numbers, np.inf).min(axis=0, initial=np.inf)
    return low, np.where(there, numbers, -np.inf).max(axis=0, initial=-np.inf)


def _runs(same: Flags, before: Floats) -> Floats:
    """How many events ago the current run of equal values began, at the end of a block."""
    n = len(same)
    changed = ~same
    return np.where(changed.any(axis=0), changed[::-1].argmax(axis=0), before + n)
