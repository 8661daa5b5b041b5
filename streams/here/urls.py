"""Where a server of ours is asked, by what it was told to listen on."""

from __future__ import annotations

from typing import Final

_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def url_of(host: str, port: int) -> str:
    """The server's address, without a slash at its end; of one that listens everywhere, on this machine.

    >>> url_of("ops.example", 8642), url_of("0.0.0.0", 8642), url_of("::", 8642)
    ('http://ops.example:8642', 'http://127.0.0.1:8642', 'http://[::1]:8642')
    """
    asked = _EVERYWHERE.get(host, host)
    return f"http://[{asked}]:{port}" if ":" in asked else f"http://{asked}:{port}"
