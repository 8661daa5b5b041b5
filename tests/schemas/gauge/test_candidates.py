"""`[[candidates]]`: a recipe, a pipeline or an entry point."""

from __future__ import annotations

import pytest

from schemas.gauge import parse
from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text(root="candidates = [3]"), "candidates.0", "must be a recipe's name or a table, got 3"),
    (text('[[candidates]]\nrecipe = "knn"\nseed = true'), "candidates.0.seed", "valid integer, got True"),
    (text(root="candidates = []"), "candidates", "must hold at least 1 item, and holds 0"),
    (text('[[candidates]]\nname = "x"'), "candidates.0", "exactly one of recipe, pipeline, entry_point; got none"),
    (
        text('[[candidates]]\nname = "x"\nrecipe = "amf"\nentry_point = "mine"'),
        "candidates.0",
        "got recipe and entry_point",
    ),
    (
        text('[[candidates]]\nname = "x"\npipeline = [{ use = "a.B" }]\nparams = { c = 1 }'),
        "candidates.0",
        "params belong to a recipe or an entry point",
    ),
    (text('[[candidates]]\npipeline = [{ use = "a.B" }]'), "candidates.0.name", "required"),
    (text('[[candidates]]\nname = "x"\npipeline = [{ use = "os" }]'), "candidates.0.pipeline.0.use", "match pattern"),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)


def test_a_pipelines_step_keeps_its_parameters():
    steps = parse(text('[[candidates]]\nname = "x"\npipeline = [{ use = "a.B", lr = 0.1, by = { use = "c.D" } }]'))

    assert steps.candidates[0].pipeline[0].params == {"lr": 0.1, "by": {"use": "c.D"}}
