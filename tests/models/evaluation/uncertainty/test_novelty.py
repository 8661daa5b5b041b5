"""How much of an event was never met: against the plain definition."""

from __future__ import annotations

from models.evaluation.uncertainty.novelty import Novelty
from models.vocabulary import Vocabulary
from schemas.gauge import Gauge
from tests import builders

FEATURES = """
[features]
a = "number"
b = { type = "number", optional = true }
truth = { type = "boolean", optional = true }
site = { type = "category", optional = true, max_values = 3 }
kind = { type = "category", optional = true, values = ["x", "y"] }
"""


class Watched:
    """Novelty with its vocabulary, as the service uses them."""

    def __init__(self, gauge: Gauge) -> None:
        self.novelty, self.vocabulary = Novelty(gauge), Vocabulary(gauge)

    def meets(self, **x) -> float:
        share = self.novelty.share(x, self.vocabulary)
        self.novelty.learn(self.vocabulary.encode(x, learn=True))
        return share


def test_a_number_is_novel_outside_the_range_met_so_far():
    watched = Watched(builders.gauge(FEATURES))

    assert watched.meets(a=1.0) == 1.0  # nothing was met yet
    assert watched.meets(a=3.0) == 1.0
    assert [watched.meets(a=a) for a in (1.0, 2.0, 3.0)] == [0.0, 0.0, 0.0]
    assert watched.meets(a=0.5) == 1.0
    assert watched.meets(a=0.75) == 0.0


def test_a_category_is_novel_that_is_neither_declared_nor_met():
    watched = Watched(builders.gauge(FEATURES))
    watched.meets(a=1.0)

    assert watched.meets(a=1.0, kind="x") == 0.0
    assert watched.meets(a=1.0, site="north") == 0.5
    assert watched.meets(a=1.0, site="north") == 0.0


def test_categories_that_no_longer_fit_stay_novel():
    watched = Watched(builders.gauge(FEATURES))
    for site in ("one", "two", "three", "four"):
        watched.meets(a=1.0, site=site)

    assert watched.meets(a=1.0, site="three") == 0.0
    assert watched.meets(a=1.0, site="four") == 0.5


def test_the_share_is_of_what_the_event_has():
    watched = Watched(builders.gauge(FEATURES))
    watched.meets(a=1.0, b=1.0, truth=True, site="north")

    assert watched.meets(a=2.0, b=1.0, truth=False, site="south") == 0.5
    assert watched.meets(a=9.0) == 1.0
    assert watched.novelty.share({}, watched.vocabulary) == 0.0


def test_asking_remembers_nothing():
    watched = Watched(builders.gauge(FEATURES))

    assert [watched.novelty.share({"a": 1.0, "site": "s"}, watched.vocabulary) for _ in range(3)] == [1.0] * 3
