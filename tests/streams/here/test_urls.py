from __future__ import annotations

import pytest

from streams.here.urls import url_of


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8642"),
        ("0.0.0.0", "http://127.0.0.1:8642"),
        ("::", "http://[::1]:8642"),
        ("2001:db8::7", "http://[2001:db8::7]:8642"),
        ("a.b", "http://a.b:8642"),
    ],
)
def test_a_server_is_asked_where_it_can_be_reached(host, url):
    assert url_of(host, 8642) == url
