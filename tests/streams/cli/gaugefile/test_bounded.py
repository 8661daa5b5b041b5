"""`check` on gauge files that mean no good, or know no better: an answer in words, soon."""

from __future__ import annotations

import pytest
import typer

from streams.cli.gaugefile import check
from streams.cli.gaugefile.bounded import OverrunError, bounded
from streams.cli.gaugefile.examination import Examination
from streams.cli.gaugefile.loading import GaugeFileError, checked
from streams.cli.terminal.ending import end
from tests import builders

HEAD = 'name = "basin"\ntask = "binary"\n[label]\nfield = "full"\npositive = 1\nnegative = 0\n'
HEAD += '[features]\nlevel = "number"\n'


def spin(_note):
    while True:
        pass


def swallow(_note):
    return bytearray(8_000_000_000)


def test_work_that_does_not_end_is_ended():
    with pytest.raises(OverrunError):
        bounded(spin, seconds=1)


def test_work_that_sleeps_is_ended_too():
    import time

    with pytest.raises(OverrunError) as caught:
        bounded(lambda note: (note("began"), time.sleep(600)), seconds=0.3)

    assert caught.value.notes == ["began"]


def test_work_answers():
    assert bounded(lambda note: {"a": 1}, seconds=5) == {"a": 1}


@pytest.mark.parametrize("recipe", ["leveraging_bagging", "adaptive_random_forest"])
def test_a_model_of_a_thousand_million_parts_is_refused_in_words(recipe):
    gauge = builders.gauge(candidates=[{"recipe": recipe, "params": {"n_models": 10**9}}, "naive_bayes"])

    ((where, what),) = Examination().problems(gauge)

    assert where == f"candidates.0 ({recipe})"
    assert what.startswith("the model could not be made within 3 s and 4 GB of memory") or "MemoryError" in what


def test_every_command_examines_within_the_same_bounds(tmp_path):
    file = tmp_path / "gauge.toml"
    params = "params = { n_models = 1_000_000_000 }"
    file.write_text(f'{HEAD}[[candidates]]\nrecipe = "leveraging_bagging"\n{params}\n')

    with pytest.raises(GaugeFileError, match=r"candidates 1 \(leveraging_bagging\): "):
        checked(file)


def test_a_gauge_with_nothing_wrong_has_no_problems_and_its_warnings_are_kept():
    examination = Examination()

    assert examination.problems(builders.gauge()) == []
    assert examination.warnings == []
    wide = builders.gauge('[features]\na = "number"\nc = { type = "category", max_values = 100000 }')
    forest = {"recipe": "streaming_random_patches", "params": {"n_models": 2}}
    wide = wide.model_copy(update={"candidates": builders.gauge(candidates=[forest]).candidates})
    assert examination.problems(wide) == []
    ((where, what),) = examination.warnings
    assert where == "features"
    assert "100,000 categories" in what


HOSTILE = {
    "deep list": HEAD + "x = " + "[" * 5_000 + "]" * 5_000,
    "deep table": HEAD + "x = " + "{a = " * 3_000 + "1" + "}" * 3_000,
    "deep keys": HEAD + ".".join(["x"] * 20_000) + " = 1",
    "many features": HEAD + "\n".join(f'f{n} = "number"' for n in range(3_000)),
    "many unknown keys": "\n".join(f"{'key' * 30}{n} = 1" for n in range(2_000)) + "\n" + HEAD,
    "huge list": HEAD + f"[record]\nignore = {['x' * 20] * 100_000}",
    "unicode": HEAD + '"\\u202e\\u0000🜏" = "number"',
    "deep part": HEAD
    + '[[candidates]]\nname = "m"\npipeline = [{ use = "linear_model.LogisticRegression", optimizer = '
    + "{ use = 'optim.Averager', optimizer = " * 300
    + "1"
    + "}" * 300
    + " }]",
    "huge window": HEAD
    + '[[drift.detectors]]\nuse = "drift.KSWIN"\nwindow_size = 100000000000\nstat_size = 50000000000',
    "huge number": HEAD + f'[[candidates]]\nrecipe = "knn"\nparams = {{ n_neighbors = 1{"0" * 4000} }}',
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_answered_in_words(kind, tmp_path, capfd):
    path = tmp_path / "gauge.toml"
    path.write_text(HOSTILE[kind], encoding="utf-8")

    with pytest.raises(typer.Exit) as ended:
        end(lambda: check.run(path, against=None, against_state=False, as_json=False))

    said, code = capfd.readouterr(), ended.value.exit_code
    assert code in (0, 2)
    assert (said.out if code == 0 else said.err).strip()
    assert "Traceback" not in said.err
    assert len(said.err) < 200_000
