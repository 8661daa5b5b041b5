"""River's trees with two decisions taken from their log instead of from Python's memory.

A restored model must go on bit by bit. Two places in River 0.26's Hoeffding trees do not promise it:

- a nominal splitter keeps its values in a set and the first of equally good splits wins, but a set of integers that
  was pickled may iterate in another order;
- the size limit asks ``sys.getsizeof``, and restored dictionaries have other sizes than grown ones.

Until the first size check (after a million labels) a tree here without nominal attributes is River's, split by split.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from river import base, forest, tree
from river.forest.adaptive_random_forest import BaseTreeClassifier, BaseTreeRegressor
from river.tree.splitter.nominal_splitter_classif import NominalSplitterClassif
from river.tree.utils import BranchFactory

LEAF_BYTES = 1_000
ENTRY_BYTES = 350
"""A leaf, and one entry of one of its splitters (a distribution, a category's count, a slot): rough figures, since
what counts is that every process reckons alike."""


class SteadyNominalSplitter(NominalSplitterClassif):  # type: ignore[misc]
    """Splits "this value or any other", values in the order in which they came.

    River's own tries the same splits in O(values²), this one in O(values). It makes no multiway splits: one branch per
    value of a feature with hundreds of them scatters the stream over leaves that never learn enough.
    """

    def __init__(self) -> None:
        super().__init__()
        self._att_values: dict[Any, None] = {}
        self._class_weight: dict[Any, float] = {}

    def update(self, att_val: Any, target_val: Any, w: float) -> None:
        """Count one value."""
        self._att_values[att_val] = None
        counts = self._att_dist_per_class[target_val]
        counts[att_val] = counts.get(att_val, 0.0) + w
        self._class_weight[target_val] = self._class_weight.get(target_val, 0.0) + w
        self._total_weight_observed += w

    def cond_proba(self, att_val: Any, target_val: Any) -> float:
        """The value's share of the class's weight; 0 if the class never had it."""
        weight = self._class_weight.get(target_val, 0.0)
        if weight == 0:
            return 0.0
        return float(self._att_dist_per_class[target_val].get(att_val, 0.0) / weight)

    def best_evaluated_split_suggestion(
        self, criterion: Any, pre_split_dist: Any, att_idx: Any, binary_only: bool
    ) -> Any:
        """The best "value or any other"; of equals, the value that came first."""
        best = BranchFactory()
        for value in self._att_values:
            here, elsewhere = {}, {}
            for label, counts in self._att_dist_per_class.items():
                if value in counts:
                    here[label] = counts[value]
                rest = self._class_weight[label] - counts.get(value, 0.0)
                if rest > 0:
                    elsewhere[label] = rest
            merit = criterion.merit_of_split(pre_split_dist, [here, elsewhere])
            if merit > best.merit:
                best = BranchFactory(
                    merit, att_idx, value, [here, elsewhere], numerical_feature=False, multiway_split=False
                )
        return best


class _CountedSize:
    """The size limit from counts: the same after a restore."""

    def _estimate_model_size(self: Any) -> None:
        leaves = [(leaf.is_active(), _bytes(leaf)) for leaf in self._find_leaves()]
        active = sum(size for is_active, size in leaves if is_active)
        inactive = sum(size for is_active, size in leaves if not is_active)
        if active > 0 and self._n_active_leaves > 0:
            self._active_leaf_size_estimate = active / self._n_active_leaves
        if inactive > 0 and self._n_inactive_leaves > 0:
            self._inactive_leaf_size_estimate = inactive / self._n_inactive_leaves
        if active + inactive > self._max_byte_size:
            self._enforce_size_limit()


def _bytes(leaf: Any) -> int:
    splitters = leaf.splitters.values() if leaf.is_active() else ()
    return LEAF_BYTES + ENTRY_BYTES * sum(sum(_entries(splitter)) for splitter in splitters)


def _entries(splitter: Any) -> Iterator[int]:
    yield 1
    yield len(getattr(splitter, "_quantizer", ()))
    yield len(getattr(splitter, "_statistics", ()))
    for counts in getattr(splitter, "_att_dist_per_class", {}).values():
        yield len(counts) if isinstance(counts, dict) else 1


class _SteadySplits(_CountedSize):
    def _new_leaf(self, initial_stats: Any = None, parent: Any = None) -> Any:
        leaf = super()._new_leaf(initial_stats, parent)  # type: ignore[misc]
        leaf.new_nominal_splitter = SteadyNominalSplitter
        return leaf


class Tree(_SteadySplits, tree.HoeffdingTreeClassifier):  # type: ignore[misc]
    """River's Hoeffding tree, made steady."""


class AdaptiveTree(_SteadySplits, tree.HoeffdingAdaptiveTreeClassifier):  # type: ignore[misc]
    """River's adaptive Hoeffding tree, made steady."""


class TreeRegressor(_CountedSize, tree.HoeffdingTreeRegressor):  # type: ignore[misc]
    """River's Hoeffding tree for regression, made steady."""


class AdaptiveTreeRegressor(_CountedSize, tree.HoeffdingAdaptiveTreeRegressor):  # type: ignore[misc]
    """River's adaptive Hoeffding tree for regression, made steady."""


class _ForestTree(_SteadySplits, BaseTreeClassifier):  # type: ignore[misc]
    pass


class _ForestTreeRegressor(_CountedSize, BaseTreeRegressor):  # type: ignore[misc]
    pass


class Forest(forest.ARFClassifier):  # type: ignore[misc]
    """River's adaptive random forest, of steady trees."""

    def _new_base_model(self) -> Any:
        return _made_steady(super()._new_base_model(), _ForestTree)


class ForestRegressor(forest.ARFRegressor):  # type: ignore[misc]
    """River's adaptive random forest for regression, of steady trees."""

    def _new_base_model(self) -> Any:
        return _made_steady(super()._new_base_model(), _ForestTreeRegressor)


def _made_steady(untrained: Any, steady: Any) -> Any:
    return steady(**{name: getattr(untrained, name) for name in inspect.signature(type(untrained)).parameters})


class SortedCodes(set[int]):
    """A set of class codes that iterates in order, whatever its history; River's sets of classes are summed over."""

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(super().__iter__()))


def with_sorted_classes(model: Any, attribute: str = "classes") -> base.Classifier:
    """``model``, untrained, with the set of classes it keeps in ``attribute`` in order."""
    setattr(model, attribute, SortedCodes())
    return model
