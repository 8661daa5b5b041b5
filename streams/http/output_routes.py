"""What the gauge has published and how it stands, as JSON: the forms of the commands, without feature values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Query, Response
from pydantic_core import to_json

from schemas.events import Reason
from streams.http.metrics.catalogue import Reading
from streams.http.problems import Problem, not_yet, responses
from streams.http.scores.answers import without_values
from streams.http.turns import in_turns
from streams.view import shown
from streams.view.view import View

MOST: Final = 200
"""Entries of one answer; the newest come first."""

Limit = Annotated[int, Query(ge=1, le=MOST, description="Entries at most, the newest first.")]
_PROBLEMS: Final = responses()


class Outputs(Protocol):
    """What reads the output topics; see `streams.http.outputs.Outputs`."""

    async def view(self) -> View:
        """What is published."""


def output_routes(
    gauge: str, outputs: Callable[[], Outputs | None], readings: Callable[[], Iterable[Reading]]
) -> APIRouter:
    """The routes, for what reads the topics and the shards as soon as there is something."""
    routes = APIRouter(prefix="/v1", tags=["outputs"])

    async def view() -> View:
        found = outputs()
        if found is None:
            raise not_yet("the worker is starting")
        return await found.view()

    @routes.get("/status", summary="How this worker's partitions stand.", responses=_PROBLEMS)
    async def status() -> Response:
        partitions: dict[str, Any] = {}
        async for one in in_turns(readings()):
            partitions |= statuses([one])
        return _json({"gauge": gauge, "partitions": partitions})

    @routes.get("/versions", summary="Model versions and their steps.", responses=_PROBLEMS)
    async def versions(limit: Limit = MOST) -> Response:
        seen = await view()
        lives = seen.versions.newest_first()[:limit]
        return _json(
            {"versions": [shown.version(life, leads=seen.versions.champion(life.partition) is life) for life in lives]}
        )

    @routes.get("/versions/{version}", summary="One version.", responses=_PROBLEMS)
    async def version(version: str) -> Response:
        seen = await view()
        life = seen.versions.get(version)
        if life is None:
            raise Problem(404, "there is no such version among those that were read")
        return _json(shown.version(life, leads=seen.versions.champion(life.partition) is life))

    @routes.get("/alerts", summary="Drift episodes, open ones and closed ones.", responses=_PROBLEMS)
    async def alerts(limit: Limit = MOST, open: bool = False) -> Response:
        seen = await view()
        episodes = seen.episodes.open() if open else seen.episodes.newest_first()
        return _json({"alerts": [shown.episode(one) for one in episodes[:limit]]})

    @routes.get("/alerts/{episode}", summary="One episode.", responses=_PROBLEMS)
    async def alert(episode: str) -> Response:
        one = (await view()).episodes.get(episode)
        if one is None:
            raise Problem(404, "there is no such episode among those that were read")
        return _json(shown.episode(one))

    @routes.get("/reports", summary="Reports of held-out windows.", responses=_PROBLEMS)
    async def reports(limit: Limit = MOST) -> Response:
        seen = await view()
        return _json({"reports": [shown.report(one) for one in seen.reports.newest_first()[:limit]]})

    @routes.get("/dead-letters", summary="Refused records, without what they held.", responses=_PROBLEMS)
    async def dead_letters(limit: Limit = MOST, reason: Reason | None = None) -> Response:
        letters = (await view()).dead_letters
        kept = [one for one in letters.newest_first() if reason in (None, one.letter.reason)]
        counts = {str(one): count for one, count in sorted(letters.counts.items())}
        return _json({"counts": counts, "dead_letters": [letter_shown(one) for one in kept[:limit]]})

    return routes


def letter_shown(letter: Any) -> dict[str, Any]:
    """A dead letter without what it held: its words too may show a value."""
    told = shown.dead_letter(letter)
    return {**told, "detail": without_values(told["detail"])}


def statuses(readings: Iterable[Reading]) -> dict[str, Any]:
    """How partitions stand; ``status`` is null while one is being restored."""
    return {
        str(one.partition): {
            "position": one.position,
            "published": one.published,
            "durable": one.durable,
            "replaying": one.replaying,
            "lag": one.lag,
            "status": plain(one.status),
        }
        for one in readings
    }


def plain(value: Any) -> Any:
    """Dataclasses and named tuples as JSON's objects, at every depth."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain({name: getattr(value, name) for name in value.__dataclass_fields__})
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return value


def _json(content: dict[str, Any]) -> Response:
    return Response(to_json(content, inf_nan_mode="null"), media_type="application/json")
