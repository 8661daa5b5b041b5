"""The client of scores, against a server that answers what a test says. Oracle: what that server was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from streams.http.client import Client, ServerAwayError, ServerRefusedError

NOT_YET = (503, {"Retry-After": "7"}, {"detail": "the worker is starting"})
ANSWERS = (200, {}, {"answers": [{"id": "1"}]})


class Server:
    """Answers one request after the other from ``script``; whoever's name is asked for is told by nobody."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, str], Any]] = []
        self.asked: list[tuple[str, str | None, bytes]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, content = (200, {}, {})
                if not self.path.endswith(":predict"):
                    server.asked.append((self.path, self.headers.get("Authorization"), body))
                    status, headers, content = server.script.pop(0)
                said = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(said)), **headers}.items():
                    if name != "Drop":
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)
                self.close_connection = "Drop" in headers

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = Thread(target=made.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()


def test_who_is_told_to_come_later_comes_when_it_was_told_to(server):
    server.script = [NOT_YET, (429, {}, {"detail": "too much"}), ANSWERS]
    waited: list[float] = []

    with closing(Client("pumps", server.url, "token", rest=waited.append)) as client:
        assert client.score([b'{"id":"1"}']) == [{"id": "1"}]

    assert waited == [7.0, 1.0]
    assert server.asked == [("/v1/score", "Bearer token", b'{"events":[{"id":"1"}]}')] * 3


def test_who_is_never_ready_is_given_up_with_its_reason(server):
    server.script = [(503, {"Retry-After": "3600"}, {"detail": "the worker is starting"})]

    with (
        closing(Client("pumps", server.url, rest=lambda _: None)) as client,
        pytest.raises(ServerAwayError, match="cannot answer: the worker is starting"),
    ):
        client.score([b"{}"])


def test_a_connection_that_the_server_has_ended_is_made_anew(server):
    server.script = [(200, {"Drop": "yes"}, ANSWERS[2]), ANSWERS]

    with closing(Client("pumps", server.url)) as client:
        assert client.score([b"{}"]) == client.score([b"{}"]) == [{"id": "1"}]


def test_no_redirection_is_followed_and_no_other_server_believed(server):
    elsewhere = (307, {"Location": "http://elsewhere.invalid/"}, b"")
    for answer in (elsewhere, (404, {}, b"<html>"), (200, {}, {"answers": []}), (200, {}, b"[]")):
        server.script = [answer]
        with (
            closing(Client("pumps", f"{server.url}/behind/", "SECRET")) as client,
            pytest.raises(ServerRefusedError, match=f"is no server of Rivergauge: it answered {answer[0]}"),
        ):
            client.score([b"{}"], partition=3)

    assert {path for path, *_ in server.asked} == {"/behind/v1/score?partition=3"}


def test_what_is_no_json_is_sent_as_it_is(server):
    server.script = [(422, {}, {"reason": "not_json", "detail": "expected JSON"})]

    with closing(Client("pumps", server.url)) as client:
        assert client.score([b"{broken"]) == [{"reason": "not_json", "detail": "expected JSON"}]

    assert server.asked[0][2] == b"{broken"


def test_where_no_tls_is_spoken_nobody_answers(server):
    with (
        closing(Client("pumps", server.url.replace("http:", "https:"))) as client,
        pytest.raises(ServerAwayError, match="nobody answers"),
    ):
        client.score([b"{}"])


@pytest.mark.parametrize(
    ("given", "waits"), [("Fri, 02 Jan 2026 03:04:11 GMT", 7.0), ("Fri, 02 Jan 2026 03:00:00 GMT", 0.1), ("soon", 1.0)]
)
def test_a_server_may_say_by_the_clock_when_to_come_again(server, given, waits):
    server.script = [(503, {"Retry-After": given}, {"detail": "the worker is starting"}), ANSWERS]
    waited: list[float] = []
    at = datetime(2026, 1, 2, 3, 4, 4, tzinfo=UTC)

    with closing(Client("pumps", server.url, rest=waited.append, now=lambda: at)) as client:
        client.score([b"{}"])

    assert waited == [waits]
