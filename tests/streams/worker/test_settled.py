"""What a worker's imports leave behind is not looked at for cycles again."""

from __future__ import annotations

import gc
from typing import Any

from streams.worker.worker import _settled


def test_all_that_loading_brought_is_out_of_the_collectors_sight():
    def make(fail: Any) -> Any:
        return fail

    try:
        assert _settled(lambda: make)() is make
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
