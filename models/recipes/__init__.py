"""The recipes: models that a gauge file names and that prepare its features as they need them.

Where all features are required numbers, a recipe for classification is River's plain published pipeline. Where some are
categories or may be missing, and in regression where the target has a scale, it does what the model needs and no more.
"""

from __future__ import annotations

from typing import Final

from models.recipes.baselines import MAJORITY, MEAN, NO_CHANGE
from models.recipes.bayes import NAIVE_BAYES
from models.recipes.forests import ADAPTIVE_RANDOM_FOREST, AMF, LEVERAGING_BAGGING, STREAMING_RANDOM_PATCHES
from models.recipes.linear import LINEAR_REGRESSION, LOGISTIC_REGRESSION
from models.recipes.margins import ALMA, PASSIVE_AGGRESSIVE
from models.recipes.neighbours import KNN
from models.recipes.recipe import Recipe
from models.recipes.trees import HOEFFDING_ADAPTIVE_TREE, HOEFFDING_TREE
from schemas.gauge import Candidate

RECIPES: Final[dict[str, Recipe]] = {
    recipe.name: recipe
    for recipe in (
        LOGISTIC_REGRESSION,
        LINEAR_REGRESSION,
        HOEFFDING_TREE,
        HOEFFDING_ADAPTIVE_TREE,
        NAIVE_BAYES,
        KNN,
        ADAPTIVE_RANDOM_FOREST,
        LEVERAGING_BAGGING,
        STREAMING_RANDOM_PATCHES,
        AMF,
        PASSIVE_AGGRESSIVE,
        ALMA,
        NO_CHANGE,
        MAJORITY,
        MEAN,
    )
}

_BASELINES: Final = frozenset(recipe.name for recipe in (NO_CHANGE, MAJORITY, MEAN))


def is_baseline(candidate: Candidate) -> bool:
    """Whether a candidate looks at no feature."""
    return candidate.recipe in _BASELINES


def keeps_no_memory(candidate: Candidate) -> bool:
    """Whether a fresh model of a candidate answers as an old one does, from the first label on."""
    return candidate.recipe == NO_CHANGE.name
