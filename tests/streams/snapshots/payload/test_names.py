"""The table of names is what the states of learners need, and says what each name is."""

from __future__ import annotations

import importlib
import inspect
import warnings
from functools import reduce

import pytest

from models import stateful
from models.recipes.allowed import ALLOWED
from models.stateful_river import RARE
from streams.snapshots.payload import names
from tests.streams.snapshots import census

FUNCTIONS = {
    ("copy", "deepcopy"),
    ("models.recipes.bayes", "_counters"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.random._pickle", "__bit_generator_ctor"),
    ("numpy.random._pickle", "__randomstate_ctor"),
    ("river._river_rust.vectordict", "euclidean_distance_tuple"),
    ("river.forest.online_extra_trees", "ExtraTrees._detection_mode_all"),
    ("river.forest.online_extra_trees", "ExtraTrees._detection_mode_drop"),
    ("river.forest.online_extra_trees", "ExtraTrees._detection_mode_off"),
    *(("river.metrics.mutual_info", f"_average_{how}") for how in ("arithmetic", "geometric")),
    ("river.naive_bayes.gaussian", "GaussianNB._make_gaussian"),
    ("river.tree.splitter.ebst_splitter", "EBSTNode._update_estimator_univariate"),
    ("river.tree.splitter.nominal_splitter_reg", "NominalSplitterReg._update_estimator_univariate"),
    ("streams.snapshots.payload.references", "bound_method"),
    ("streams.snapshots.payload.references", "gauge_part"),
}
"""Every name that is no class. Look at what it does before it comes here."""


def found(module: str, name: str) -> object:
    return reduce(getattr, name.split("."), importlib.import_module(module))


def missing(counted: census.Census) -> dict[tuple[str, ...], str]:
    """Names and methods that states hold and the tables do not, with who needs them."""
    lacking = {name: who for name, who in counted.names.items() if name not in names.NAMES}
    return {**lacking, **{method: who for method, who in counted.methods.items() if method not in stateful.METHODS}}


@pytest.fixture(scope="module")
def counted() -> census.Census:
    """All that a gauge file can ask for but declared pipelines."""
    counted = census.Census()
    census.of_recipes(counted)
    census.of_metrics(counted)
    census.of_detectors(counted)
    census.of_decisions(counted)
    census.of_recalibrated(counted)
    census.of_uncertainty(counted)
    census.of_failures(counted)
    census.of_fairness(counted)
    census.of_columns(counted)
    census.of_slices(counted)
    census.of_late_metrics(counted)
    census.of_contests(counted)
    census.of_roles(counted)
    return counted


def test_every_recipe_metric_and_detector_needs_only_what_the_table_has(counted):
    assert missing(counted) == {}


def test_every_recipe_metric_and_detector_comes_back_as_pythons_unpickler_reads_it(counted):
    assert counted.changed == []


@pytest.mark.slow
def test_with_every_declared_pipeline_it_needs_what_the_table_has_and_all_of_it(counted):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # River's own, of numbers that overflow
        census.of_declared(counted)

    rare = {(module, name) for module, listed in RARE for name in listed.split()}
    assert missing(counted) == {}
    assert names.NAMES - rare - set(counted.names) == set()
    assert rare & set(counted.names) == set()


def test_the_census_declares_every_class_that_may_be_declared():
    declared = set().union(*(census.uses(steps) for _, steps in census.declared()))

    assert set(ALLOWED) - declared == set()


def test_every_class_that_may_be_declared_is_in_the_table():
    assert {(cls.__module__, cls.__qualname__) for cls in ALLOWED.values()} - names.NAMES == set()


@pytest.mark.parametrize("pair", sorted(names.NAMES), ids=".".join)
def test_a_name_stands_where_the_thing_is_defined(pair):
    # A name that a module merely imported could be anything, tomorrow if not today.
    thing = found(*pair)

    assert inspect.isclass(thing) != (pair in FUNCTIONS)
    assert getattr(thing, "__module__", None) in (pair[0], *_KNOWN_AS.get(pair, ()))


_KNOWN_AS = {
    ("numpy._core.multiarray", "scalar"): ("numpy", "numpy._core.multiarray"),
    ("numpy._core.numeric", "_frombuffer"): ("numpy",),
}


@pytest.mark.parametrize("method", sorted(stateful.METHODS), ids=".".join)
def test_a_method_exists(method):
    module, owner, name = method

    assert inspect.isroutine(getattr(found(module, owner), name))
    assert (module, owner) in names.NAMES
