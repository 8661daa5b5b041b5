"""Copies of a part of the state, which live on by themselves but share the gauge."""

from __future__ import annotations

from copy import deepcopy
from typing import TypeVar

from schemas.gauge import Gauge, Section

_Part = TypeVar("_Part")


def copied(part: _Part, gauge: Gauge) -> _Part:
    """A deep copy that shares the gauge and its tables: they never change, and there is one gauge for a whole state.

    Whatever the part's own way of being copied raises passes through.
    """
    shared = (gauge, *(table for _, table in gauge if isinstance(table, Section)))
    return deepcopy(part, {id(one): one for one in shared})
