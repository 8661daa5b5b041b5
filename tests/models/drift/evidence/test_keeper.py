"""What the keeper holds of the past is bounded, deterministic and a fair sample."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from models.drift.evidence.keeper import BEFORE_EVENTS, Keeper


def kept(block: int, blocks: int, columns: int = 1) -> Keeper:
    """A keeper of columns that count the events."""
    keeper = Keeper(columns)
    for n in range(blocks):
        keeper.add(np.repeat(np.arange(n * block, (n + 1) * block, dtype=float)[:, None], columns, axis=1))
    return keeper


@pytest.mark.parametrize("block", [16, 64, 256, 512])
def test_before_ends_thirty_two_blocks_before_after_begins(block: int) -> None:
    keeper = kept(block, 12_000 // block + 64)
    total = block * (12_000 // block + 64)

    before, after = keeper.stretches(after_blocks=4, gap_events=32 * block)

    assert after.events == 4 * block
    assert after.sketch(0, codes=False).low == total - 4 * block
    end = total - 4 * block - 32 * block
    assert end - 128 < (before.sketch(0, codes=False).high or 0) < end
    assert BEFORE_EVENTS <= before.events < BEFORE_EVENTS + max(128, block)


@pytest.mark.parametrize("block", [16, 64, 256])
def test_its_size_is_bounded_whatever_the_length_of_blocks(block: int) -> None:
    keeper = kept(block, 600, columns=50)

    assert len(pickle.dumps(keeper, 5)) < 340_000


def test_a_period_is_not_mistaken_for_a_constant() -> None:
    keeper = Keeper(1)
    for _ in range(100):
        keeper.add(np.tile([0.0, 1.0, 2.0, 3.0], 64)[:, None])

    before, after = keeper.stretches(after_blocks=4, gap_events=32 * 256)

    for stretch in (before, after):
        shares = stretch.sketch(0, codes=True).shares
        assert all(share == pytest.approx(0.25, abs=0.06) for share in shares.values())
        assert len(shares) == 4


def test_counts_of_missing_values_runs_and_extremes_are_exact() -> None:
    x = np.random.default_rng(1).standard_normal((6_400, 1)) + 1e9
    x[np.random.default_rng(2).random((6_400, 1)) < 0.3] = np.nan
    keeper = Keeper(1)
    for start in range(0, 6_400, 64):
        keeper.add(x[start : start + 64])

    after = keeper.stretches(after_blocks=5, gap_events=2_048)[1].sketch(0, codes=False)

    late = x[-320:, 0]
    assert after.missing == np.isnan(late).mean()
    assert after.low == pytest.approx(np.nanmin(late), rel=1e-12)
    assert after.quantiles == pytest.approx(np.nanpercentile(late, [10, 25, 50, 75, 90]), abs=0.2)


def test_it_continues_the_same_from_any_cut() -> None:
    x = np.random.default_rng(3).standard_normal((200, 16, 3))
    whole, cut = Keeper(3), Keeper(3)
    for block in x:
        whole.add(block)
        cut.add(block)
        cut = pickle.loads(pickle.dumps(cut, 5))

    ours = cut.stretches(after_blocks=5, gap_events=512)
    theirs = whole.stretches(after_blocks=5, gap_events=512)
    for a, b in zip(ours, theirs, strict=True):
        assert a.sketch(1, codes=False) == b.sketch(1, codes=False)


def test_columns_can_be_dropped_added_and_moved() -> None:
    x = np.random.default_rng(4).normal([0.0, 10.0, 20.0], size=(100, 64, 3))
    keeper, alone = Keeper(3), Keeper(1)
    for block in x[:80]:
        keeper.add(block)
        alone.add(block[:, 2:])

    keeper.rearrange([2, None])
    for block in x[80:]:
        keeper.add(block[:, [2, 0]])
        alone.add(block[:, 2:])

    before, after = keeper.stretches(after_blocks=5, gap_events=2_048)
    expected = alone.stretches(after_blocks=5, gap_events=2_048)
    assert before.sketch(0, codes=False) == expected[0].sketch(0, codes=False)
    assert before.sketch(1, codes=False).quantiles is None
    assert after.sketch(1, codes=False).missing == 0.0


def test_nothing_but_missing_values_has_no_quantiles() -> None:
    keeper = Keeper(1)
    for _ in range(60):
        keeper.add(np.full((64, 1), np.nan))

    sketch = keeper.stretches(after_blocks=5, gap_events=2_048)[0].sketch(0, codes=False)

    assert (sketch.missing, sketch.quantiles, sketch.low, sketch.median) == (1.0, None, None, None)
