"""The service beside its baselines: how far it leads, what that comes to, and the alert where it trails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from models.asked import Labelled
from models.drift.episodes import Episodes
from models.evaluation.metrics.forms import is_the_error
from models.evaluation.metrics.metric_set import Shown
from models.evaluation.metrics.metrics import bigger_is_better, make_metric
from models.evaluation.series import Series
from models.evaluation.verdict.differing import Differing
from models.evaluation.verdict.lead import Lead
from models.evaluation.verdict.losing import Losing
from models.evaluation.verdict.verdict import Compared, verdict
from models.evaluation.verdict.words import Unit
from models.turn import Turn
from schemas.evaluated import Verdict
from schemas.gauge import Gauge, Task


class Comparison:
    """The service's lead over each baseline; held-out events are never shown to it.

    Parameters
    ----------
    baselines
        The series of each baseline's answers, by name: the board's.
    """

    def __init__(self, gauge: Gauge, episodes: Episodes, baselines: Mapping[str, Series]) -> None:
        self._shown = Shown.of(gauge)
        self._counts = episodes.counts
        self._baselines = baselines
        self.leads = {name: Lead(gauge) for name in baselines}
        self._losing = Losing(gauge, episodes, self.leads)

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file from the next record on."""
        self._shown = Shown.of(gauge)
        self._losing.adopt(gauge)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        for name, lead in self.leads.items():
            yield from (f"lead over {name}: {what}" for what in lead.broken())
            if lead.n > self._counts.labels:
                yield f"the lead over {name} is over {lead.n} of {self._counts.labels} labels"
        yield from self._losing.broken()

    def extend(self, champion: str, labelled: Sequence[Labelled]) -> None:
        """Take in labels one after the other, of events that ``champion`` answered."""
        for name, lead in self.leads.items():
            both = [(y, asked.answers[champion][0], asked.baselines[name][0], at) for asked, y, at in labelled]
            self._losing.extend(name, lead.extend(both))

    def look(self, champion: str, ours: Series, turn: Turn) -> None:
        """Look whether a baseline would serve better, every `LOOK_EVERY` labels; ``ours`` is what was answered."""
        self._losing.look(champion, turn, lambda baseline: self._is_ahead(baseline, ours))

    def verdict(self, ours: Series) -> Verdict:
        """How the service stands, in words too."""
        metric, task = self._shown.metrics[0], self._shown.task
        numeric, bigger = task is Task.REGRESSION, bigger_is_better(metric, task)
        return verdict(
            Compared(
                metric=self._shown.leading,
                is_the_error=is_the_error(make_metric(metric, task)),
                bigger_is_better=bigger,
                unit=Unit.POINTS if bigger and not numeric else Unit.PLAIN,
                error_unit=Unit.PLAIN if numeric else Unit.POINTS,
                service=ours.measured_leading(),
                baselines={name: score.measured_leading() for name, score in self._baselines.items()},
                leads={name: lead.figure() for name, lead in self.leads.items()},
                recent=self._losing.recent(),
                differing=self._differing(),
                labels=self._counts.labels,
                coverage=self._counts.coverage,
            )
        )

    def _differing(self) -> dict[str, Differing]:
        """Of each baseline from which the service hardly differs, by how little."""
        found = {name: lead.differing(self._baselines[name].error()) for name, lead in self.leads.items()}
        return {name: little for name, little in found.items() if little is not None}

    def _is_ahead(self, baseline: str, ours: Series) -> bool:
        """Whether the leading metric, where it is no mean of the error, is on the service's side."""
        metric, task = self._shown.metrics[0], self._shown.task
        if is_the_error(make_metric(metric, task)):
            return False
        own, other = ours.leading_figure(), self._baselines[baseline].leading_figure()
        return own is not None and (other is None or (own > other) == bigger_is_better(metric, task))
