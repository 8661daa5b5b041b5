"""The examples in docstrings run."""

from __future__ import annotations

import doctest

import pytest

from streams.delivery import ledger
from streams.orders import orders
from streams.snapshots import fingerprint
from streams.snapshots.stores import store


@pytest.mark.parametrize("module", [orders, fingerprint, ledger, store], ids=lambda module: module.__name__)
def test_examples_are_right(module):
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
