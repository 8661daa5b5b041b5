"""What is told when MLflow is away, refuses, or is another server. Against a server of the test's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from streams.export.failures import MlflowAwayError, MlflowRefusedError
from streams.export.rest import Rest
from streams.here.ports import free_port

ANSWERS = {
    "/api/2.0/mlflow/experiments/get": (200, b'{"experiment": {}}'),
    "/api/2.0/mlflow/absent": (404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}'),
    "/api/2.0/mlflow/wrong": (400, b'{"error_code": "INVALID_PARAMETER_VALUE", "message": "no such filter"}'),
    "/api/2.0/mlflow/mine": (401, b"who?"),
    "/api/2.0/mlflow/page": (200, b"<html>"),
}


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        status, body = ANSWERS.get(path, (404, b"<html>not here</html>"))
        if path.endswith("/pages"):
            found = {"found": [3]} if "page_token=more" in query else {"found": [1, 2], "next_page_token": "more"}
            status, body = 200, json.dumps(found).encode()
        if path.endswith("/echo"):
            status, body = 200, json.dumps({"authorization": self.headers.get("Authorization")}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def uri() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_an_answer_is_an_object_and_what_is_absent_is_none(uri):
    rest = Rest(uri, {})

    assert rest.get("experiments/get") == {"experiment": {}}
    assert rest.find("absent") is None


def test_all_pages_of_an_answer_are_read(uri):
    assert [*Rest(uri, {}).pages("pages", "found", filter="x")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("wrong", r"refuses \(400\): INVALID_PARAMETER_VALUE no such filter"),
        ("absent", r"refuses \(404\): RESOURCE_DOES_NOT_EXIST none"),
        ("mine", "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"),
        ("page", "answers, but not as MLflow does"),
        ("nowhere", "is it another server"),
    ],
)
def test_a_refusal_is_told_in_a_sentence(uri, path, words):
    with pytest.raises(MlflowRefusedError, match=words):
        Rest(uri, {}).get(path)


def test_nobody_answers():
    with pytest.raises(MlflowAwayError, match="no MLflow server answers at http://127"):
        Rest(f"http://127.0.0.1:{free_port()}", {}).get("experiments/get")


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, None),
        ({"MLFLOW_TRACKING_TOKEN": "t", "MLFLOW_TRACKING_USERNAME": "u"}, "Bearer t"),
        ({"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"}, "Basic dTpw"),
    ],
)
def test_who_asks_is_told_as_mlflows_client_tells_it(uri, environ, wanted):
    assert Rest(uri, environ).get("echo") == {"authorization": wanted}


@pytest.mark.parametrize("uri", ["mlruns", "sqlite:///mlflow.db", "databricks", "http://u:secret@host:5000", "http://"])
def test_an_address_of_no_server_is_refused_without_its_password(uri):
    with pytest.raises(MlflowRefusedError, match="must be the http or https address") as refused:
        Rest(uri, {})

    assert "secret" not in str(refused.value)
