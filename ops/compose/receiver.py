"""Stands for a pager: prints what it is told, and says yes."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Answers a webhook."""

    def do_POST(self) -> None:
        """Print the body."""
        print(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode(errors="replace"), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the body is the log."""


if __name__ == "__main__":
    host, port = sys.argv[1:]
    ThreadingHTTPServer((host, int(port)), Receiver).serve_forever()
