"""What requests have in common, whatever the protocol: a JSON object, and the one model that is meant."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from streams.http.problems import Problem
from streams.http.scores.answers import Answers


def object_of(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is.

    Raises
    ------
    Problem
        If it is none.
    """
    try:
        content = from_json(body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise Problem(400, "the body must be a JSON object")
    return content


def model_named(answers: Answers, model: str) -> Answers:
    """What answers as a model of this name: the gauge.

    Raises
    ------
    Problem
        If the gauge has another name.
    """
    if model != answers.gauge.name:
        raise Problem(404, f"there is one model here: {answers.gauge.name}")
    return answers
