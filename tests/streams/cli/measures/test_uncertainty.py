"""The cover as it is printed."""

from __future__ import annotations

import pytest

from schemas.evaluated import Figure, UncertaintyFigures
from streams.cli.measures.uncertainty import show_uncertainty

COVER = Figure(value=0.9, n=500, effective_n=400.0, low=0.87, high=0.92)


@pytest.mark.parametrize(("delay", "is_said"), [(0.0, False), (123.4, True)])
def test_late_labels_come_with_what_no_method_covers(capsys, delay: float, is_said: bool):
    show_uncertainty(
        UncertaintyFigures(wanted=0.9, cover=COVER, recent=COVER, size=Figure(value=1.3, n=500), delay=delay)
    )

    said = "labels come 123 predictions late on average: no method covers a change that is younger"
    assert (said in capsys.readouterr().out) is is_said
