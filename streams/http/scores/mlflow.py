"""What clients of MLflow's scoring server, of SageMaker's containers and of KServe's first protocol ask.

``/invocations`` takes a data frame as JSON (``dataframe_split``, ``dataframe_records``, ``instances``, ``inputs``) or
CSV, and answers ``{"predictions": [...]}``, the labels as the gauge names them. Errors have MLflow's form.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic_core import to_json

from streams.http.problems import Problem, responses
from streams.http.scores.answers import Answers, state_of
from streams.http.scores.bodies import model_named, object_of
from streams.http.scores.routes import Partition, answering
from streams.http.scores.rows import Row, Rows, answered

_FORMS: Final = ("dataframe_split", "dataframe_records", "instances", "inputs")
_TYPES: Final = ("application/json", "text/csv")
_PREDICTIONS: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["predictions"],
    "properties": {"predictions": {"type": "array"}},
}
_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error_code", "message"],
    "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
}
_PROBED: Final[dict[int | str, dict[str, Any]]] = {503: {"description": "Not yet.", "content": {"text/plain": {}}}}
_IN_ITS_FORM: Final = {"application/json": {"schema": _ERROR}}
_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    # What does not get as far as the route has the form of all others.
    status: {**said, "content": {**said["content"], **_IN_ITS_FORM}}
    for status, said in responses().items()
} | {415: {"description": "Another content type.", "content": {"text/plain": {}}}}


def mlflow_routes(answers: Callable[[], Answers | None], version: str) -> APIRouter:
    """The routes, for what answers as soon as there is something."""
    routes = APIRouter(tags=["mlflow, sagemaker, kserve v1"])

    @routes.get("/ping", response_class=PlainTextResponse, summary="Whether it can answer.", responses=_PROBED)
    @routes.get("/health", response_class=PlainTextResponse, summary="Whether it can answer.", responses=_PROBED)
    async def ping() -> Response:
        found = answers()
        ready = found is not None and bool(found.leaders())
        return PlainTextResponse("\n", 200 if ready else 503)

    @routes.get("/version", response_class=PlainTextResponse, summary="The server's version.")
    async def its_version() -> Response:
        return PlainTextResponse(version)

    @routes.post(
        "/invocations",
        summary="Answer a data frame.",
        responses={
            **_ERRORS,
            200: {"description": "Labels.", "content": {"application/json": {"schema": _PREDICTIONS}}},
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"oneOf": [{"type": "object", "required": [form]} for form in _FORMS]}
                    },
                    "text/csv": {"schema": {"type": "string"}},
                },
            }
        },
    )
    async def invocations(request: Request, partition: Partition = None) -> Response:
        try:
            kind = _type_of(request.headers.get("content-type", ""))
            found = answering(answers)
            body = await request.body()
            return await _predictions(
                found, _csv(found, body) if kind == "text/csv" else _frame(found, body), partition
            )
        except Problem as problem:
            if problem.status == 415:
                return PlainTextResponse(problem.detail, 415)
            code = {400: "BAD_REQUEST", 503: "TEMPORARILY_UNAVAILABLE", 500: "INTERNAL_ERROR"}.get(problem.status)
            error = {"error_code": code or "INVALID_PARAMETER_VALUE", "message": problem.detail}
            return Response(to_json(error), problem.status, problem.headers, media_type="application/json")

    # Before the model's own path, which this one fits too.
    @routes.post(
        "/v1/models/{model}:predict",
        summary="Answer instances.",
        responses={
            **responses(),
            200: {"description": "Labels.", "content": {"application/json": {"schema": _PREDICTIONS}}},
        },
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["instances"],
                            "properties": {"instances": {"type": "array", "minItems": 1}},
                        }
                    }
                },
            }
        },
    )
    async def predict(request: Request, model: str, partition: Partition = None) -> Response:
        found = model_named(answering(answers), model)
        content = object_of(await request.body())
        return await _predictions(found, _records(Rows(found.gauge).columns, content.get("instances")), partition)

    @routes.get("/v1/models/{model}", summary="Whether the gauge, as a model, can answer.", responses=responses())
    async def model_ready(model: str) -> Response:
        found = model_named(answering(answers), model)
        ready = bool(found.leaders())
        return Response(to_json({"name": model, "ready": ready}), 200 if ready else 503, media_type="application/json")

    return routes


def _type_of(content_type: str) -> str:
    """JSON or CSV, in UTF-8; MLflow knows no other parameter than ``charset``, and takes nothing else for a body."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if kind not in _TYPES:
        raise Problem(415, f"this predictor only supports the content types {', '.join(_TYPES)}")
    if not {*parameters} <= {"charset=utf-8", ""}:
        raise Problem(415, f"the content type {kind} may only have the parameter charset=utf-8")
    return kind


async def _predictions(answers: Answers, rows: Sequence[Row], partition: int | None) -> Response:
    said = await answered(answers, rows, partition)
    predictions = to_json({"predictions": [one.prediction.y_pred for one in said]})
    return Response(predictions, headers=state_of(said), media_type="application/json")


def _frame(answers: Answers, body: bytes) -> list[Row]:
    content = object_of(body)
    forms = [form for form in _FORMS if form in content]
    if len(forms) != 1:
        raise Problem(400, f"the body must have exactly one of {', '.join(_FORMS)}")
    [form] = forms
    names, frame = Rows(answers.gauge).columns, content[form]
    if form == "dataframe_split":
        if not isinstance(frame, dict) or not isinstance(frame.get("data"), list):
            raise Problem(400, "dataframe_split must be an object with columns and data")
        columns = frame.get("columns", list(names))
        if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
            raise Problem(400, "dataframe_split.columns must be a list of names")
        return _records(columns, frame["data"])
    if isinstance(frame, dict):
        return _columns(frame)
    return _records(names, frame)


def _records(names: Sequence[str], rows: Any) -> list[Row]:
    """Rows that are objects, or lists of values in the order of ``names``."""
    if not isinstance(rows, list) or not rows:
        raise Problem(400, "there must be a list of rows")
    made: list[Row] = []
    for number, row in enumerate(rows):
        if isinstance(row, dict):
            made.append(row)
        elif isinstance(row, list) and len(row) == len(names):
            made.append(dict(zip(names, row, strict=True)))
        else:
            raise Problem(400, f"row {number} (from 0) must be an object, or a list of {len(names)} values")
    return made


def _columns(columns: dict[str, Any]) -> list[Row]:
    """Rows of an object of columns."""
    lists = {name: column if isinstance(column, list) else [column] for name, column in columns.items()}
    lengths = {len(column) for column in lists.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise Problem(400, "all columns must have as many values, and at least one")
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _csv(answers: Answers, body: bytes) -> list[Row]:
    try:
        # Blank lines are none, as MLflow's server has it.
        lines = [line for line in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Problem(400, "the body must be CSV in UTF-8 with a header") from error
    if len(lines) < 2:
        raise Problem(400, "the body must have a header and at least one row")
    header, rows = lines[0], Rows(answers.gauge)
    for number, line in enumerate(lines[1:]):
        if len(line) != len(header):
            raise Problem(400, f"row {number} (from 0) must have {len(header)} cells, got {len(line)}")
    return [rows.read(dict(zip(header, line, strict=True))) for line in lines[1:]]
