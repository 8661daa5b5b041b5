"""What the labels that were served by ``[decision]`` come to."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.evaluated.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFigures:
    """The decision in force, and precision, recall and cost of the labels that were served since it was declared.

    ``by`` is the key of ``[decision]``, and ``wanted`` the precision or recall that is wanted. ``threshold`` is what
    the version that leads decides by now: for costs of two classes the one that comes to the same, ``None`` where none
    does. ``reached`` is what the precision or recall of that threshold has been on the version's scores of late;
    while ``missing`` says what is needed first, it is ``None`` and the threshold plain. ``precision`` and ``recall``
    are of the positive class of a binary task, ``cost`` is the mean per answer where costs are declared.
    """

    by: str
    wanted: float | None = None
    threshold: float | None = None
    reached: float | None = None
    missing: str | None = None
    precision: Figure | None = None
    recall: Figure | None = None
    cost: Figure | None = None
