"""A broker that is away, told in one line now and then instead of the client's line for each attempt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

CLIENT: Final = "aiokafka"
SHORT_S: Final = 2.0
"""Trouble that is over sooner is told of by nobody, or by the error that ends the command."""
AGAIN_S: Final = 30.0
_APART_S: Final = 10.0
"""Without a line for so long, the next one begins another outage."""


class Outage(logging.Handler):
    """Takes the client's lines, and calls ``tell`` once they have come for `SHORT_S`, and every `AGAIN_S` from then."""

    def __init__(self, tell: Callable[[], None], clock: Callable[[], float] = monotonic) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell
        self._clock = clock
        self._newest = -_APART_S
        self._due = 0.0

    def emit(self, _: logging.LogRecord) -> None:
        """See the class."""
        now = self._clock()
        if now - self._newest >= _APART_S:
            self._due = now + SHORT_S
        self._newest = now
        if now >= self._due:
            self._due = now + AGAIN_S
            self._tell()


@contextmanager
def told_of_outages(tell: Callable[[], None]) -> Iterator[None]:
    """The client's own lines are not printed meanwhile."""
    logger, handler = logging.getLogger(CLIENT), Outage(tell)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
