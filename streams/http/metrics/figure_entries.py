"""A figure of a status as families: all its parts, by the one table of `streams.http.metrics.figures`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from prometheus_client.core import GaugeMetricFamily

from schemas.evaluated import Figure
from schemas.status import Status
from streams.http.metrics.catalogue import Entry, Reading, Samples
from streams.http.metrics.figures import PARTS

Labelled: TypeAlias = Iterable[tuple[tuple[str, ...], Figure]]
"""Figures by the values of a family's own labels."""


def figure_entries(
    name: str, meaning: str, read: Callable[[Status], Labelled], labels: tuple[str, ...]
) -> tuple[Entry, ...]:
    """Families that begin with ``name``, one for each part of the figures that ``read`` finds in a status."""

    def part(field: str) -> Callable[[Reading], Samples]:
        def samples(reading: Reading) -> Samples:
            figures = () if reading.status is None else read(reading.status)
            return [(of, getattr(figure, field)) for of, figure in figures] or [((), None)]

        return samples

    return tuple(
        Entry(f"{name}{ending}", GaugeMetricFamily, said or meaning, part(field), labels)
        for ending, field, said in PARTS
    )
