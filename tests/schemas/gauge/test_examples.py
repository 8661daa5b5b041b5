"""The examples in the docstrings of the gauge file's package run."""

from __future__ import annotations

import doctest

from schemas import gauge


def test_the_examples_in_the_docstrings():
    result = doctest.testmod(gauge)

    assert (result.attempted > 0, result.failed) == (True, 0)
