"""``POST /v1/score``: one event, or many, answered as Kafka would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import from_json, to_json

from streams.http.problems import SCHEMA, Problem, not_yet, responses
from streams.http.scores.answers import Answer, Answers, Refusal, shown, state_of

Partition = Annotated[int | None, Query(ge=0, description="The input partition; by default where the key leads.")]

_ANSWER: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["position", "id", "y_pred", "probabilities", "version", "held_out", "partition", "lag"],
    "properties": {
        "position": {"type": "integer", "description": "Every record below it is folded: the answer's as-of offset."},
        "id": {"type": "string"},
        "y_pred": {"description": "The prediction; null before the model has something to say."},
        "probabilities": {"type": ["object", "null"], "additionalProperties": {"type": "number"}},
        "version": {"type": "string", "description": "The model version that answered."},
        "held_out": {"type": "boolean", "description": "Whether an event of this id is held out from learning."},
        "interval": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "set": {"type": ["array", "null"]},
        "abstained": {"type": ["string", "null"]},
        "partition": {"type": "integer"},
        "lag": {"type": ["integer", "null"], "description": "Offsets from there to the end of the log."},
        "as_of": {"type": "string", "description": "Event time of the newest record in a replica's state."},
    },
}
_MANY: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["answers"],
    "properties": {"answers": {"type": "array", "items": {"anyOf": [_ANSWER, SCHEMA]}}},
}
_EVENT: Final[dict[str, Any]] = {"type": "object", "description": "A record of the input topic."}
_EVENTS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["events"],
    "additionalProperties": False,
    "properties": {"events": {"type": "array", "items": _EVENT}},
}


def score_routes(answers: Callable[[], Answers | None]) -> APIRouter:
    """The route, for what answers as soon as there is something."""
    routes = APIRouter(prefix="/v1", tags=["scores"])

    @routes.post(
        "/score",
        summary="Answer events without side effects.",
        responses={
            **responses(),
            200: {
                "description": "An answer, or one for each event of several; of an event that is refused the problem.",
                "content": {"application/json": {"schema": {"anyOf": [_ANSWER, _MANY]}}},
            },
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"anyOf": [_EVENT, _EVENTS]}}},
            }
        },
    )
    async def score(request: Request, partition: Partition = None) -> Response:
        scorer = answering(answers)
        body = await request.body()
        events = _several(body)
        if events is not None:
            found = await scorer.score(events, partition)
            several = [shown(one) if isinstance(one, Answer) else one.problem() for one in found]
            return _json({"answers": several}, found)
        [one] = await scorer.score([body], partition)
        if isinstance(one, Answer):
            return _json(shown(one), [one])
        raise Problem(422, one.detail, reason=one.reason)

    return routes


def answering(answers: Callable[[], Answers | None]) -> Answers:
    """What answers.

    Raises
    ------
    Problem
        If the worker is still starting.
    """
    found = answers()
    if found is None:
        raise not_yet("the worker is starting")
    return found


def _several(body: bytes) -> list[bytes] | None:
    """The events of ``{"events": [...]}``; None of a body that is one event, or nothing."""
    if b'"events"' not in body:
        return None
    try:
        content = from_json(body)
    except ValueError:
        return None
    if not isinstance(content, dict) or content.keys() != {"events"} or not isinstance(content["events"], list):
        return None
    return [to_json(event, inf_nan_mode="constants") for event in content["events"]]


def _json(content: dict[str, Any], said: Sequence[Answer | Refusal]) -> Response:
    return Response(to_json(content), headers=state_of(said), media_type="application/json")
