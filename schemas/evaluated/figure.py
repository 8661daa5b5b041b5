"""A figure that says how sure it is: a value, how much is behind it, and an interval."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A metric over one population.

    ``value`` is ``None`` where the metric is not defined. ``n`` labels are behind it, which say as much as
    ``effective_n`` independent ones would; of a gap between groups ``n`` counts pairs of outcomes, of the share of
    answers that selected (demographic parity) answers, with labels or without. ``low`` to ``high`` is a 95 % interval
    unless said otherwise. While the data cannot carry one, both are ``None``, and ``missing`` says in words what is
    needed first; it is ``None`` too where the figure never has one. ``coverage`` is the share of the
    population's predictions whose label has come; ``None`` where that is not counted.
    """

    value: float | None
    n: int
    effective_n: float | None = None
    low: float | None = None
    high: float | None = None
    missing: str | None = None
    coverage: float | None = None
