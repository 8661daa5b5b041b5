"""Free ports are free and follow each other."""

from __future__ import annotations

import socket

import pytest

from streams.here import ports


def test_ports_that_follow_each_other_can_all_be_listened_on():
    found = ports.free_ports(4)

    assert len(found) == 4
    assert ports.FIRST <= found[0] <= found[-1] <= ports.LAST
    listening = [socket.create_server(("127.0.0.1", port)) for port in found]
    for server in listening:
        server.close()


def test_ports_with_a_taken_one_among_them_are_passed_over(monkeypatch):
    free = ports.free_ports(4)
    drawn = iter([free[0], free[2]])
    monkeypatch.setattr(ports, "_draw", lambda _first, _last: next(drawn))

    with socket.create_server(("127.0.0.1", free[1])):
        assert ports.free_ports(2) == free[2:]


def test_where_nothing_can_be_listened_on_the_search_ends(monkeypatch):
    monkeypatch.setattr(ports, "_all_free", lambda _: False)

    with pytest.raises(OSError, match="no 2 free ports"):
        ports.free_ports(2)
