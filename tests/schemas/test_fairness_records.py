"""Golden bytes of gaps between groups, in alerts and in reports."""

from __future__ import annotations

from pydantic_core import to_json

from schemas.evaluated import EqualisedOdds, FairnessFigures, Figure, GapFigure, Parity, ProtectedAttribute
from schemas.records import AlertStatus, DriftAlert

GAP = Figure(value=-0.25, n=400, effective_n=320.0, low=-0.375, high=-0.125)
GAP_BYTES = b'{"value":-0.25,"n":400,"effective_n":320.0,"low":-0.375,"high":-0.125,"missing":null,"coverage":null}'
ALERT = DriftAlert(
    position=900,
    time=None,
    episode="0-fairness-1",
    status=AlertStatus.OPENED,
    cause="the gap exceeds the tolerance",
    severity="major",
    drift="fairness",
    detector="gap bets",
    statistic=22.5,
    threshold=21.0,
    loss_before=None,
    loss_now=None,
    version="0-1",
    first=0,
    last=900,
    labels=880,
    coverage=0.875,
    subject="sex: f against m, demographic parity",
    figure=GAP,
)
SHARES = Parity(
    rates={"f": Figure(value=0.25, n=500), "m": Figure(value=0.5, n=500)},
    difference=0.25,
    gaps=[
        GapFigure(
            group="f",
            against="m",
            gap=GAP,
            recent=-0.5,
            e_value=22.5,
            threshold=21.0,
            alarmed_at=900,
            episode="0-fairness-1",
        )
    ],
)
NONE = Parity(rates={}, difference=None, gaps=[])
FIGURES = FairnessFigures(
    favourable="approved",
    tolerance=0.05,
    attributes={
        "sex": ProtectedAttribute(
            demographic_parity=SHARES,
            equal_opportunity=NONE,
            equalised_odds=EqualisedOdds(difference=None, false_positives=NONE),
        )
    },
)


def test_an_alert_says_of_whom_it_is_and_how_large_the_gap_is():
    assert ALERT.body() == (
        b'{"position":900,"episode":"0-fairness-1","status":"opened","cause":"the gap exceeds the tolerance",'
        b'"severity":"major","drift":"fairness","detector":"gap bets","statistic":22.5,"threshold":21.0,'
        b'"loss_before":null,"loss_now":null,"version":"0-1","first":0,"last":900,"labels":880,"coverage":0.875,'
        b'"subject":"sex: f against m, demographic parity","figure":'
        + GAP_BYTES
        + b',"chance":null,"moved":null,"expected_share":null,"advice":null,"severity_by":null}'
    )


def test_figures_have_rates_differences_and_gaps_of_every_attribute():
    none = b'{"rates":{},"difference":null,"gaps":[]}'

    assert to_json(FIGURES) == (
        b'{"favourable":"approved","tolerance":0.05,"attributes":{"sex":{"demographic_parity":{"rates":{'
        b'"f":{"value":0.25,"n":500,"effective_n":null,"low":null,"high":null,"missing":null,"coverage":null},'
        b'"m":{"value":0.5,"n":500,"effective_n":null,"low":null,"high":null,"missing":null,"coverage":null}},"difference":0.25,'
        b'"gaps":[{"group":"f","against":"m","gap":' + GAP_BYTES + b',"recent":-0.5,"e_value":22.5,"threshold":21.0,'
        b'"alarmed_at":900,"episode":"0-fairness-1"}]},"equal_opportunity":' + none + b","
        b'"equalised_odds":{"difference":null,"false_positives":' + none + b"}}}}"
    )
