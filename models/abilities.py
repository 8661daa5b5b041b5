"""What a River model can be asked for, read off its last step."""

from __future__ import annotations

from typing import Any

from river import base, compose


def gives_probabilities(model: Any) -> bool:
    """Whether ``predict_proba_one`` answers: false for regressors and for classifiers that give labels only."""
    last = last_step(model)
    if not isinstance(last, base.Classifier):
        return False
    own = type(last).predict_proba_one is not base.Classifier.predict_proba_one
    if own and isinstance(last, base.Wrapper) and isinstance(last._wrapped_model, base.Classifier | compose.Pipeline):
        return gives_probabilities(last._wrapped_model)
    return own


def label_follows_probabilities(model: Any) -> bool:
    """Whether a classifier's label is River's default, the likeliest class of ``predict_proba_one``: one call gives
    both then. A pipeline's last step decides.
    """
    return type(last_step(model)).predict_one is base.Classifier.predict_one


def last_step(model: Any) -> Any:
    """The step of a pipeline that predicts; a model that is no pipeline is its own."""
    while isinstance(model, compose.Pipeline):
        model = next(reversed(model.steps.values()))
    return model
