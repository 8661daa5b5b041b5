"""From figures to a verdict: is the service better than the simplest baselines, by how much, and how sure is that.

A pure function of figures: it looks at nothing else, so that the command, the log, the reports and the status say the
same of the same figures. A baseline that is surely better decides; to be better than both takes both intervals.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import hypot
from typing import Final, NamedTuple

from models.evaluation.verdict.differing import Differing
from models.evaluation.verdict.words import Found, Unit, words
from schemas.evaluated import Figure, Verdict, VerdictKind

ERROR: Final = "error"
"""What a lead is in where the leading metric does not decide."""


class Compared(NamedTuple):
    """What a verdict is made of.

    ``service`` and ``baselines`` are the leading metric's figures. ``leads`` are a baseline's error less the service's,
    on the same labels, with intervals that hold however often one looks; ``recent`` the same over the newest labels.
    ``differing`` has the baselines from which the service hardly differs in error.
    ``is_the_error`` says whether the leading metric is made of that very error, ``error_unit`` is the error's unit and
    ``unit`` that of the leading metric.
    """

    metric: str
    is_the_error: bool
    bigger_is_better: bool
    unit: Unit
    error_unit: Unit
    service: Figure
    baselines: Mapping[str, Figure]
    leads: Mapping[str, Figure]
    recent: Mapping[str, Figure]
    differing: Mapping[str, Differing]
    labels: int
    coverage: float


def verdict(compared: Compared) -> Verdict:
    """The verdict of these figures."""
    found = _now(_over_life(compared), compared)
    return Verdict(
        kind=found.kind,
        words=words(found, labels=compared.labels, coverage=compared.coverage),
        metric=found.metric,
        baseline=found.baseline,
        lead=found.lead,
        recent=found.recent,
        labels=compared.labels,
        coverage=compared.coverage,
    )


def _over_life(compared: Compared) -> Found:
    if not compared.labels:
        return Found(VerdictKind.NO_LABELS, compared.metric, compared.unit, None, None)
    leads = {name: lead for name, lead in compared.leads.items() if lead.value is not None}
    if not leads:
        return Found(VerdictKind.NO_BASELINE, compared.metric, compared.unit, None, None)
    if compared.is_the_error:
        kind, baseline = decide(leads, compared.differing)
        little = compared.differing.get(baseline)
        return Found(kind, compared.metric, compared.unit, baseline, leads[baseline], differing=little)
    by_metric = _metric_leads(compared)
    if by_metric:
        kind, baseline = decide(by_metric)
        if kind in _SURE:
            return Found(kind, compared.metric, compared.unit, baseline, by_metric[baseline])
    return _by_the_error(compared, leads, by_metric)


def decide(leads: Mapping[str, Figure], differing: Collection[str] = ()) -> tuple[VerdictKind, str]:
    """What leads say together, and of which baseline; each lead has a value.

    ``differing`` names the baselines from which the service hardly differs.

    >>> decide({"no_change": Figure(value=0.1, n=500, low=0.05, high=0.15)})
    (<VerdictKind.BETTER: 'better'>, 'no_change')
    """
    worse = {name: lead for name, lead in leads.items() if lead.high is not None and lead.high < 0}
    hardest = min(worse or leads, key=lambda name: leads[name].value or 0.0)
    if worse:
        return VerdictKind.WORSE, hardest
    if hardest in differing:
        return VerdictKind.NO_DIFFERENT, hardest
    if leads[hardest].low is None:
        return VerdictKind.TOO_EARLY, hardest
    if all(lead.low is None or lead.low > 0 for lead in leads.values()):
        return VerdictKind.BETTER, hardest
    return VerdictKind.NOT_SURE, hardest


def _metric_leads(compared: Compared) -> dict[str, Figure]:
    return {
        name: _apart(compared.service, figure) if compared.bigger_is_better else _apart(figure, compared.service)
        for name, figure in compared.baselines.items()
        if figure.value is not None and compared.service.value is not None
    }


def _apart(above: Figure, below: Figure) -> Figure:
    """How far one figure is above another, with an interval from both figures' own.

    It holds for independent figures, and is too wide for two that rise and fall together, as on the same events.

    References
    ----------
    Zou, Donner (2008). Construction of confidence limits about effect measures: a general approach. Statistics in
    Medicine 27.
    """
    assert above.value is not None
    assert below.value is not None
    apart = above.value - below.value
    low = high = None
    if above.low is not None and above.high is not None and below.low is not None and below.high is not None:
        low = apart - hypot(above.value - above.low, below.high - below.value)
        high = apart + hypot(above.high - above.value, below.value - below.low)
    return Figure(
        value=apart,
        n=min(above.n, below.n),
        effective_n=min((f.effective_n for f in (above, below) if f.effective_n is not None), default=None),
        low=low,
        high=high,
        missing=above.missing or below.missing,
    )


def _by_the_error(compared: Compared, leads: Mapping[str, Figure], by_metric: Mapping[str, Figure]) -> Found:
    # A sure lead in the error counts unless the leading metric points the other way: on a stream of rare classes the
    # commonest class is seldom wrong and of no use.
    kind, baseline = decide(leads, compared.differing)
    contradicted = kind in _SURE and _contradicts(kind, baseline, by_metric)
    alike = kind is VerdictKind.NO_DIFFERENT and _has_the_same(compared, by_metric.get(baseline))
    if by_metric and not alike and (contradicted or kind not in _SURE):
        hardest = decide(by_metric)[1]
        if by_metric[hardest].low is not None:
            return Found(VerdictKind.NOT_SURE, compared.metric, compared.unit, hardest, by_metric[hardest])
    beside = None
    other = compared.baselines.get(baseline)
    if not alike and other is not None and other.value is not None and compared.service.value is not None:
        beside = compared.metric, compared.service.value, other.value
    kind = VerdictKind.NOT_SURE if contradicted else kind
    little = compared.differing.get(baseline)
    return Found(kind, ERROR, compared.error_unit, baseline, leads[baseline], beside=beside, differing=little)


def _has_the_same(compared: Compared, by_metric: Figure | None) -> bool:
    """Whether the leading metric of two that err alike has nothing to add.

    Numbers with the same errors have the same figures, but for the first label, which a baseline cannot answer. Of
    classes the scores may differ.
    """
    return compared.error_unit is Unit.PLAIN or (by_metric is not None and not by_metric.value)


def _contradicts(kind: VerdictKind, baseline: str, by_metric: Mapping[str, Figure]) -> bool:
    if kind is VerdictKind.BETTER:
        return any((lead.value or 0.0) < 0 for lead in by_metric.values())
    return baseline in by_metric and (by_metric[baseline].value or 0.0) > 0


def _now(found: Found, compared: Compared) -> Found:
    recent = {name: lead for name, lead in compared.recent.items() if lead.value is not None}
    if found.lead is None or not recent:
        return found
    kind, baseline = decide(recent)
    is_error = compared.is_the_error
    turned = _TURNED.get((found.kind, kind))
    if turned is None or (not is_error and _contradicts(kind, baseline, _metric_leads(compared))):
        return found._replace(recent=recent.get(found.baseline or ""))
    return Found(
        kind=turned,
        metric=compared.metric if is_error else ERROR,
        unit=compared.error_unit,
        baseline=baseline,
        lead=compared.leads[baseline],
        recent=recent[baseline],
    )


_SURE: Final = frozenset({VerdictKind.BETTER, VerdictKind.WORSE})
_TURNED: Final = {
    (VerdictKind.BETTER, VerdictKind.WORSE): VerdictKind.WORSE_NOW,
    (VerdictKind.NOT_SURE, VerdictKind.WORSE): VerdictKind.WORSE_NOW,
    (VerdictKind.NO_DIFFERENT, VerdictKind.WORSE): VerdictKind.WORSE_NOW,
    (VerdictKind.WORSE, VerdictKind.BETTER): VerdictKind.BETTER_NOW,
    (VerdictKind.NOT_SURE, VerdictKind.BETTER): VerdictKind.BETTER_NOW,
}
"""Where the newest labels say otherwise than the whole life does."""
