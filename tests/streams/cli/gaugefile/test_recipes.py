"""``rivergauge recipes`` lists what a gauge file may name, in words that are true of the models."""

from __future__ import annotations

import json

import pytest
from river import compose
from typer.testing import CliRunner

from models.candidates import build
from models.recipes import RECIPES
from models.recipes.inputs import FILLED, INDICATED, Filled, OneHot
from schemas.gauge import Task
from streams.cli.app import app
from tests import builders


def rivergauge(*arguments):
    return CliRunner().invoke(app, ["recipes", *arguments])


def test_every_recipe_is_listed_with_tasks_parameters_and_what_it_does_with_data():
    done = rivergauge()

    assert done.exit_code == 0
    for recipe in RECIPES.values():
        assert f"{recipe.name}  {', '.join(recipe.tasks)}" in done.stdout
        assert recipe.missing in done.stdout
        assert recipe.categories in done.stdout
        assert all(f"{name} " in done.stdout for name in recipe.parameters)


@pytest.mark.parametrize("task", list(Task))
def test_as_json_they_are_one_object_and_can_be_of_one_task(task):
    told = json.loads(rivergauge("--json", "--task", task).stdout)["recipes"]

    assert [recipe["name"] for recipe in told] == [name for name, recipe in RECIPES.items() if task in recipe.tasks]
    assert list(told[0]) == ["name", "tasks", "summary", "parameters", "missing", "categories"]
    assert next(r for r in told if r["name"] == "knn")["parameters"] == {"n_neighbors": 5, "window_events": 1000}


def test_an_unknown_task_is_refused_with_the_known_ones():
    done = rivergauge("--task", "ranking")

    assert done.exit_code == 2
    assert all(task in done.stderr for task in Task)


@pytest.mark.parametrize("name", RECIPES)
def test_what_is_told_of_missing_values_is_what_the_model_is_made_of(name):
    recipe = RECIPES[name]
    for task in recipe.tasks:
        model = build(builders.gauge(task=task, candidates=[name]).candidates[0], builders.gauge(task=task))
        steps = list(model.steps.values()) if isinstance(model, compose.Pipeline) else []

        assert (recipe.missing == FILLED) == any(isinstance(step, Filled) for step in steps)
        assert (recipe.missing == INDICATED["missing"]) == any(isinstance(step, OneHot) for step in steps)
