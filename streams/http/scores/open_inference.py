"""The Open Inference Protocol, version 2, over REST: what KServe, Triton and Seldon clients speak.

The model is the gauge, its versions are model versions. Inputs are columns; a text is BYTES, null is a missing value.
Each output has a value for each row: the prediction, and with it the version, the as-of offset, whether the event is
held out; for classes the probabilities, for a regression the interval where the gauge declares one. ``parameters`` tell
those of the last row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from schemas.gauge import Gauge, Task, class_name
from schemas.records import Prediction
from streams.http.problems import Problem, not_yet, responses
from streams.http.scores.answers import MOST_EVENTS, Answer, Answers, state_of
from streams.http.scores.bodies import model_named, object_of
from streams.http.scores.routes import Partition, answering
from streams.http.scores.rows import answered

_OF_TYPE: Final = {"number": "FP64", "boolean": "BOOL", "category": "BYTES"}
_DATATYPES: Final = frozenset(
    {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"}
)
_TENSOR: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name", "shape", "datatype", "data"],
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer"}},
        "datatype": {"enum": sorted(_DATATYPES)},
        "parameters": {"type": "object"},
        "data": {"type": "array"},
    },
}
_ASKED: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "parameters": {"type": "object"},
        "inputs": {"type": "array", "items": _TENSOR, "minItems": 1},
        "outputs": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    },
}
_JSON_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _ASKED}}}
}
_PROBLEMS: Final = responses()


def open_inference_routes(answers: Callable[[], Answers | None], version: str) -> APIRouter:
    """The protocol's routes, for what answers as soon as there is something."""
    routes = APIRouter(prefix="/v2", tags=["open inference protocol"])

    def is_ready() -> bool:
        found = answers()
        return found is not None and bool(found.leaders())

    @routes.get("", summary="The server.")
    async def server() -> Response:
        return _json({"name": "rivergauge", "version": version, "extensions": []})

    @routes.get("/health/live", summary="Whether the server lives.")
    async def live() -> Response:
        return _json({"live": True})

    @routes.get("/health/ready", summary="Whether it can answer.", responses=responses())
    async def ready() -> Response:
        return _json({"ready": is_ready()}, 200 if is_ready() else 503)

    def described_now(model: str, version: str | None = None) -> Response:
        found = _model(answering(answers), model, version)
        return _json(described(found.gauge, found.leaders()))

    def ready_now(model: str, version: str | None = None) -> Response:
        found = _model(answering(answers), model, version)
        if not found.leaders():
            raise not_yet("no partition is restored yet")
        return _json({"name": found.gauge.name, "ready": True})

    async def inferred(request: Request, partition: int | None, model: str, version: str | None = None) -> Response:
        found = _model(answering(answers), model, version)
        if "inference-header-content-length" in request.headers:
            raise Problem(400, "binary tensors are not read: send data as JSON (binary_data = false)")
        asked = object_of(await request.body())
        said = await answered(found, rows_of(asked.get("inputs")), partition)
        if version is not None and any(one.prediction.version != version for one in said):
            raise Problem(404, f"version {version} does not lead any more")
        return _json(response_of(found.gauge, asked, said), headers=state_of(said))

    @routes.get("/models/{model}", summary="The gauge as a model.", responses=_PROBLEMS)
    async def metadata(model: str) -> Response:
        return described_now(model)

    @routes.get("/models/{model}/versions/{version}", summary="A version that leads now.", responses=_PROBLEMS)
    async def version_metadata(model: str, version: str) -> Response:
        return described_now(model, version)

    @routes.get("/models/{model}/ready", summary="Whether the model can answer.", responses=_PROBLEMS)
    async def model_ready(model: str) -> Response:
        return ready_now(model)

    @routes.get("/models/{model}/versions/{version}/ready", summary="Whether it leads now.", responses=_PROBLEMS)
    async def version_ready(model: str, version: str) -> Response:
        return ready_now(model, version)

    @routes.post("/models/{model}/infer", summary="Answer rows.", responses=_PROBLEMS, openapi_extra=_JSON_BODY)
    async def infer(request: Request, model: str, partition: Partition = None) -> Response:
        return await inferred(request, partition, model)

    @routes.post(
        "/models/{model}/versions/{version}/infer",
        summary="Answer rows, if that version leads.",
        responses=_PROBLEMS,
        openapi_extra=_JSON_BODY,
    )
    async def version_infer(request: Request, model: str, version: str, partition: Partition = None) -> Response:
        return await inferred(request, partition, model, version)

    return routes


def _model(answers: Answers, model: str, version: str | None) -> Answers:
    leaders = model_named(answers, model).leaders()
    if version is not None and version not in leaders.values():
        raise Problem(404, f"this version does not lead; now: {', '.join(str(one) for one in leaders.values())}")
    return answers


class Output(NamedTuple):
    """A column of the answers: ``of`` gives a row's value, or its values where there are several (``width``)."""

    name: str
    datatype: str
    of: Callable[[Prediction], list[Any]]
    width: tuple[int, ...] = ()
    parameters: dict[str, str] | None = None

    def column(self, predictions: Sequence[Prediction]) -> dict[str, Any]:
        """The answers to all rows."""
        told = {} if self.parameters is None else {"parameters": self.parameters}
        data = [value for one in predictions for value in self.of(one)]
        column = {"name": self.name, "datatype": self.datatype, "shape": [len(predictions), *self.width]}
        return {**column, **told, "data": data}


def outputs_of(gauge: Gauge) -> list[Output]:
    """What a gauge answers: the metadata name these, and each request gets them."""
    outputs = [
        Output("y_pred", _label_type(gauge), lambda one: [one.y_pred]),
        Output("version", "BYTES", lambda one: [one.version]),
        Output("position", "INT64", lambda one: [one.position]),
        Output("held_out", "BOOL", lambda one: [one.held_out]),
    ]
    if gauge.task is not Task.REGRESSION:
        names = [class_name(one) for one in gauge.classes]
        # A parameter is no list: the classes, in the columns' order, are JSON.
        classes = {"classes": to_json(names).decode()}
        of_classes = partial(_probabilities, names)
        outputs.append(Output("probabilities", "FP64", of_classes, (len(names),), classes))
    elif gauge.uncertainty.cover is not None:
        outputs.append(Output("interval", "FP64", _interval, (2,)))
    return outputs


def _probabilities(names: Sequence[str], one: Prediction) -> list[float | None]:
    return [(one.probabilities or {}).get(name) for name in names]


def _interval(one: Prediction) -> list[float | None]:
    interval = None if one.doubt is None else one.doubt.interval
    return [None, None] if interval is None else [*interval]


def described(gauge: Gauge, leaders: Mapping[int, str | None]) -> dict[str, Any]:
    """A gauge's metadata."""
    inputs = [
        {"name": name, "datatype": _OF_TYPE[feature.type], "shape": [-1]} for name, feature in gauge.features.items()
    ]
    return {
        "name": gauge.name,
        "versions": [version for version in leaders.values() if version is not None],
        "platform": "rivergauge",
        "inputs": inputs,
        "outputs": [
            {"name": one.name, "datatype": one.datatype, "shape": [-1, *one.width]} for one in outputs_of(gauge)
        ],
    }


def rows_of(inputs: Any) -> list[dict[str, Any]]:
    """The rows of columns.

    Raises
    ------
    Problem
        If they are none.
    """
    if not isinstance(inputs, list) or not inputs:
        raise Problem(400, "inputs must be a list of columns")
    columns: dict[str, list[Any]] = {}
    for number, one in enumerate(inputs):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise Problem(400, f"input {number} (from 0) must be an object with a name")
        if not isinstance(one.get("datatype"), str) or one["datatype"] not in _DATATYPES:
            raise Problem(400, f"input {number} (from 0) must have a datatype: one of {', '.join(sorted(_DATATYPES))}")
        columns[one["name"]] = _column(one.get("data"), one.get("shape"), number)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1:
        raise Problem(400, f"all inputs must have as many values, got {sorted(lengths)}")
    [count] = lengths
    if not 0 < count <= MOST_EVENTS:
        raise Problem(413 if count else 400, f"a request may have 1 to {MOST_EVENTS:,} rows, got {count:,}")
    return [{name: column[row] for name, column in columns.items()} for row in range(count)]


def _column(data: Any, shape: Any, number: int) -> list[Any]:
    if not isinstance(data, list) or not isinstance(shape, list) or not all(type(size) is int for size in shape):
        raise Problem(400, f"input {number} (from 0) must have a shape and data, as JSON")
    flat = [value for one in data for value in (one if isinstance(one, list) else [one])]
    if shape not in ([len(flat)], [len(flat), 1]):
        raise Problem(400, f"input {number} (from 0) must be a column of the shape [{len(flat)}], as its data are")
    return flat


def response_of(gauge: Gauge, asked: Mapping[str, Any], said: list[Answer]) -> dict[str, Any]:
    """The answers as columns."""
    last = said[-1]
    predictions = [one.prediction for one in said]
    outputs = [one.column(predictions) for one in outputs_of(gauge)]
    doubt = last.prediction.doubt
    interval = None if doubt is None else doubt.interval
    wanted = asked.get("outputs")
    if isinstance(wanted, list) and wanted:
        asked_for = [one.get("name") if isinstance(one, dict) else None for one in wanted]
        outputs = [one for one in outputs if one["name"] in asked_for]
    parameters: dict[str, Any] = {
        "version": last.prediction.version,
        "position": last.prediction.position,
        "partition": last.partition,
        "held_out": last.prediction.held_out,
    }
    if interval is not None:
        parameters |= {"interval_low": interval[0], "interval_high": interval[1]}
    identity = {"id": asked["id"]} if isinstance(asked.get("id"), str) else {}
    name = {"model_name": gauge.name, "model_version": last.prediction.version}
    return {**name, **identity, "parameters": parameters, "outputs": outputs}


def _label_type(gauge: Gauge) -> str:
    if gauge.task is Task.REGRESSION:
        return "FP64"
    types = {type(one) for one in gauge.classes}
    return "BOOL" if types == {bool} else "INT64" if types == {int} else "BYTES"


def _json(content: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(to_json(content), status, headers, media_type="application/json")
