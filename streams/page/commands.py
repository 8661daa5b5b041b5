"""The commands that the page names, as they are typed."""

from __future__ import annotations

from schemas.gauge import Gauge
from schemas.records import VersionStep
from streams.view.versions import Life


def command(gauge: Gauge, name: str, *arguments: str | int) -> str:
    """A command of Rivergauge about a gauge, whose file has its name.

    >>> from tests import builders
    >>> command(builders.gauge(), "alerts show", "0-2")
    'rivergauge alerts show pumps.toml 0-2'
    """
    return " ".join(["rivergauge", name, f"{gauge.name}.toml", *map(str, arguments)])


def is_paused(champion: Life) -> bool:
    """Whether an operator has paused learning; that is a step of the version that leads."""
    said = [step.step for step in champion.steps if step.step in (VersionStep.PAUSED, VersionStep.RESUMED)]
    return bool(said) and said[-1] is VersionStep.PAUSED
