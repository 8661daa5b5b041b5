"""Clients of other servers get the answers of ``/v1/score``, asked with the bodies that their documents show."""

from __future__ import annotations

from contextlib import asynccontextmanager
from math import prod
from typing import Any

import pytest

from models.learner import Learner
from tests import builders
from tests.streams.http.serving import served
from tests.streams.http.test_score import events

ROWS: list[dict[str, Any]] = [{"a": 0.2, "site": "north"}, {"a": 0.9, "site": None}, {"a": 0.9, "site": "south"}]
COLUMNS = [
    {"name": "a", "shape": [3], "datatype": "FP64", "data": [row["a"] for row in ROWS]},
    {"name": "site", "shape": [3, 1], "datatype": "BYTES", "data": [[row["site"]] for row in ROWS]},
]
INFER = "/v2/models/pumps/infer"


@asynccontextmanager
async def learned(task: str = "binary", text: str = "", n: int = 200):
    candidate = "linear_regression" if task == "regression" else "naive_bayes"
    gauge = builders.gauge(text, task=task, candidates=(candidate,))
    learner = Learner(gauge)
    builders.fold(learner, builders.decoded(gauge, events(task, n)))
    async with served(gauge, {0: learner}) as ask:
        yield ask


async def scored(ask) -> list[dict[str, Any]]:
    values = [{"id": "x", "at": "2024-01-01T00:00:00Z", **row} for row in ROWS]
    return (await ask.post("/v1/score", {"events": values}))[1]["answers"]


async def test_open_inference_answers_columns():
    async with learned() as ask:
        status, said = await ask.post(INFER, {"id": "42", "inputs": COLUMNS})
        wanted = await scored(ask)

    outputs = {one["name"]: one for one in said["outputs"]}
    assert status == 200
    assert (said["model_name"], said["id"], said["model_version"]) == ("pumps", "42", wanted[0]["version"])
    held_out = outputs["held_out"]["data"]
    assert said["parameters"] == {"version": "0-1", "position": 200, "partition": 0, "held_out": held_out[-1]}
    assert (outputs["y_pred"]["datatype"], outputs["y_pred"]["shape"]) == ("BYTES", [3])
    for name in ("y_pred", "version", "position"):
        assert outputs[name]["data"] == [one[name] for one in wanted]
    assert outputs["probabilities"]["shape"] == [3, 2]
    assert outputs["probabilities"]["data"] == [p for one in wanted for p in one["probabilities"].values()]


async def test_probabilities_stand_in_the_order_of_the_classes_whatever_these_are():
    gauge = builders.gauge("[label]\npositive = true\nnegative = false")
    learner = Learner(gauge)
    values = [builders.record(n, a=n % 7, y=n % 7 > 3) for n in range(200)]
    builders.fold(learner, builders.decoded(gauge, values))
    async with served(gauge, {0: learner}) as ask:
        _, said = await ask.post(INFER, {"inputs": COLUMNS})
        wanted = await scored(ask)

    probabilities = next(one for one in said["outputs"] if one["name"] == "probabilities")
    assert probabilities["parameters"] == {"classes": '["false","true"]'}
    assert probabilities["data"] == [p for one in wanted for p in one["probabilities"].values()]


async def test_open_inference_answers_with_the_interval_where_there_is_one():
    async with learned("regression", "[uncertainty]\ncover = 0.8") as ask:
        _, said = await ask.post(INFER, {"inputs": COLUMNS, "outputs": [{"name": "interval"}]})
        wanted = await scored(ask)

    [interval] = said["outputs"]
    assert interval["data"] == [end for one in wanted for end in one["interval"]]
    assert [said["parameters"]["interval_low"], said["parameters"]["interval_high"]] == wanted[-1]["interval"]


async def test_open_inference_describes_the_gauge_and_its_leading_version():
    async with learned() as ask:
        metadata = (await ask("GET", "/v2/models/pumps"))[1]
        paths = {
            "/v2": 200, "/v2/health/live": 200, "/v2/health/ready": 200, "/v2/models/pumps/ready": 200,
            "/v2/models/pumps/versions/0-1": 200, "/v2/models/pumps/versions/0-1/ready": 200,
            "/v2/models/pumps/versions/0-9": 404, "/v2/models/fans": 404,
        }  # fmt: skip

        assert {path: (await ask("GET", path))[0] for path in paths} == paths
        assert (await ask.post("/v2/models/pumps/versions/0-1/infer", {"inputs": COLUMNS}))[0] == 200
        assert (await ask.post("/v2/models/pumps/versions/0-9/infer", {"inputs": COLUMNS}))[0] == 404
    assert metadata["versions"] == ["0-1"]
    assert metadata["inputs"] == [
        {"name": "a", "datatype": "FP64", "shape": [-1]},
        {"name": "b", "datatype": "FP64", "shape": [-1]},
        {"name": "site", "datatype": "BYTES", "shape": [-1]},
    ]


@pytest.mark.parametrize("n", [0, 200])
@pytest.mark.parametrize(
    ("task", "text"),
    [
        ("binary", ""),
        ("multiclass", ""),
        ("regression", ""),
        ("regression", "[uncertainty]\ncover = 0.8"),
        ("regression", "[uncertainty.abstain]\nmissing = 0.5"),
        ("binary", "[uncertainty]\ncover = 0.8"),
    ],
)
async def test_the_metadata_name_what_infer_answers(task, text, n):
    async with learned(task, text, n) as ask:
        outputs = (await ask("GET", "/v2/models/pumps"))[1]["outputs"]
        _, said = await ask.post(INFER, {"inputs": COLUMNS})

    given = [(one["name"], one["datatype"], [-1, *one["shape"][1:]]) for one in said["outputs"]]
    assert [(one["name"], one["datatype"], one["shape"]) for one in outputs] == given
    for one in said["outputs"]:
        assert len(one["data"]) == prod(one["shape"])


async def test_versions_that_give_labels_only_answer_with_null_probabilities():
    voters = [{"use": "dummy.PriorClassifier"}, {"use": "dummy.NoChangeClassifier"}]
    plain = {"name": "plain", "pipeline": [{"use": "ensemble.VotingClassifier", "models": voters}]}
    gauge = builders.gauge(candidates=(plain,))
    learner = Learner(gauge)
    builders.fold(learner, builders.decoded(gauge, events("binary", 20)))
    async with served(gauge, {0: learner}) as ask:
        _, said = await ask.post(INFER, {"inputs": COLUMNS})
        wanted = await scored(ask)

    outputs = {one["name"]: one["data"] for one in said["outputs"]}
    assert outputs["y_pred"] == [one["y_pred"] for one in wanted]
    assert [one["probabilities"] for one in wanted] == [None] * 3
    assert outputs["probabilities"] == [None] * 6


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"inputs": []},
        {"inputs": [{"name": "a"}]},
        {"inputs": [{"name": "a", "shape": [1], "datatype": "FP99", "data": [1.0]}]},
        {"inputs": [{"name": "a", "shape": [1], "datatype": {}, "data": [1.0]}]},
        {"inputs": [{"name": "a", "shape": [2], "datatype": "FP64", "data": [1.0]}]},
        {"inputs": [{"name": "a", "shape": [0], "datatype": "FP64", "data": []}]},
        {"inputs": [COLUMNS[0], {"name": "site", "shape": [1], "datatype": "BYTES", "data": ["x"]}]},
        {"inputs": [{"name": "a", "shape": [1], "datatype": "BYTES", "data": ["secret"]}]},
    ],
)
async def test_open_inference_refuses_what_is_no_request(body):
    async with learned() as ask:
        status, said = await ask.post(INFER, body)

    assert (status, said["status"]) == (400, 400)
    assert "secret" not in said["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": ["a", "site"], "data": [[row["a"], row["site"]] for row in ROWS]}},
        {"dataframe_split": {"index": [0, 1, 2], "columns": ["a", "site"], "data": [[*r.values()] for r in ROWS]}},
        {"dataframe_records": ROWS},
        {"instances": ROWS},
        {"instances": [[row["a"], None, row["site"]] for row in ROWS]},
        {"inputs": {"a": [row["a"] for row in ROWS], "site": [row["site"] for row in ROWS]}},
        b"a,site\n0.2,north\n0.9,\n0.9,south\n",
        b"\na,site\r\n0.2,north\r\n\r\n0.9,\r\n0.9,south\r\n\r\n",
    ],
)
async def test_mlflow_answers_every_form_of_a_data_frame(body):
    async with learned() as ask:
        if isinstance(body, bytes):
            found = await ask("POST", "/invocations", data=body, headers={"Content-Type": "text/csv"})
        else:
            found = await ask.post("/invocations", body)
        wanted = await scored(ask)

    assert found == (200, {"predictions": [one["y_pred"] for one in wanted]})


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"{}", 400),
        ("application/json", b'{"instances": [], "inputs": {}}', 400),
        ("application/json", b'{"instances": [[1.0]]}', 400),
        ("application/json", b'{"dataframe_records": [{"a": "secret"}]}', 400),
        ("text/csv", b"a,site\n1\n", 400),
        ("text/csv", b"\xff", 400),
    ],
)
async def test_mlflow_is_refused_in_its_own_form(content_type, body, status):
    async with learned() as ask:
        found, said = await ask("POST", "/invocations", data=body, headers={"Content-Type": content_type})

    assert (found, said.keys()) == (status, {"error_code", "message"})
    assert "secret" not in said["message"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=latin-1", "text/csv; header=absent"])
async def test_mlflow_is_refused_another_content_type_in_words(content_type):
    async with learned() as ask:
        status, said = await ask("POST", "/invocations", data=b"a", headers={"Content-Type": content_type})

    assert status == 415
    assert said.startswith(("this predictor only supports the content types", "the content type"))


async def test_probes_of_mlflow_and_sagemaker_wait_for_a_partition():
    async with learned() as ask:
        assert [(await ask("GET", path))[0] for path in ("/ping", "/health", "/version")] == [200, 200, 200]
    async with served(builders.gauge(), {}) as ask:
        assert [(await ask("GET", path))[0] for path in ("/ping", "/health", "/v2/health/ready")] == [503, 503, 503]


async def test_kserves_first_protocol_answers_instances():
    async with learned() as ask:
        wanted = [one["y_pred"] for one in await scored(ask)]

        assert await ask.post("/v1/models/pumps:predict", {"instances": ROWS}) == (200, {"predictions": wanted})
        assert await ask("GET", "/v1/models/pumps") == (200, {"name": "pumps", "ready": True})
        assert (await ask.post("/v1/models/fans:predict", {"instances": ROWS}))[0] == 404
        assert (await ask.post("/v1/models/pumps:predict", {}))[0] == 400
