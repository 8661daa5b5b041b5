"""What keeps a worker from its work, reported in one place: to the log, to ``/readyz`` and, in the end, to the worker.

Each part reports a trouble under a name of its own, and reports when it is over; a trouble that is not reported again
is forgotten after a while. `streams.kafka.client_errors` knows what an error means. Rules: the worker waits without
limit for a broker that is away, because brokers restart. It waits `LASTING_S` for what a person has to mend (rights,
credentials, topics), because those are rotated, granted and created by hand. A different log ends it at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import monotonic
from typing import Final, NamedTuple

from streams.here.failures import (
    BrokerUnreachableError,
    NotAllowedError,
    StateRefusedError,
    TopicsError,
    WorkerError,
)
from streams.here.logs import Log
from streams.kafka.client_errors import as_worker_error

LASTING_S: Final = 60.0
"""How long a running worker waits where it is refused, or where a topic is missing."""

REPEAT_S: Final = 10.0
"""How often a trouble that lasts is logged."""

FORGOTTEN_S: Final = 45.0
"""A trouble that was last reported this long ago is over: longer than a commit may take until it fails again."""

_PHRASES: Final[dict[type[WorkerError], str]] = {
    BrokerUnreachableError: "broker unreachable",
    NotAllowedError: "broker refuses",
    TopicsError: "topics missing",
    StateRefusedError: "snapshots out of reach",
}
_BORNE: Final = (BrokerUnreachableError, StateRefusedError)

_log = Log("troubles")


class _Trouble(NamedTuple):
    error: WorkerError
    kind: type[WorkerError]
    told: float


class Troubles:
    """The troubles of one worker.

    Parameters
    ----------
    fail
        Told what ends the worker.
    lasting_s
        How long what a person has to mend is borne, in seconds.
    clock
        Monotonic seconds.
    """

    def __init__(
        self,
        fail: Callable[[BaseException], None],
        *,
        lasting_s: float = LASTING_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._fail = fail
        self._lasting_s = lasting_s
        self._clock = clock
        self._now: dict[str, _Trouble] = {}
        self._since: dict[type[WorkerError], float] = {}
        self._logged: dict[type[WorkerError], float] = {}
        self._began: float | None = None

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._now)

    def tell(self, source: str, error: BaseException) -> None:
        """``source`` meets this, now or still; it replaces an earlier one. What cannot be borne ends the worker."""
        trouble, now = as_worker_error(error), self._clock()
        kind = _kind(trouble)
        if kind is None:
            self._fail(trouble)
            return
        if self._began is None:
            self._began = now
        self._now[source] = _Trouble(trouble, kind, now)
        self._since.setdefault(kind, now)
        self._report(trouble, kind, now)
        self.review()

    def well(self, *sources: str) -> None:
        """These have no trouble any more."""
        if any(self._now.pop(source, None) is not None for source in sources):
            self.review()

    def known(self) -> Collection[str]:
        """Who is in trouble."""
        return self._now.keys()

    def reasons(self, kind: type[WorkerError] = WorkerError) -> list[str]:
        """Each, if it is of a kind, in a sentence, without repetition."""
        errors = [trouble.error for _, trouble in sorted(self._now.items())]
        return list(dict.fromkeys(str(error) for error in errors if isinstance(error, kind)))

    def review(self) -> None:
        """Forget what is over, and end the worker when patience is; to be called every few seconds."""
        now = self._clock()
        self._now = {source: trouble for source, trouble in self._now.items() if now - trouble.told < FORGOTTEN_S}
        kinds = {trouble.kind for trouble in self._now.values()}
        self._since = {kind: since for kind, since in self._since.items() if kind in kinds}
        if not self._now and self._began is not None:
            _log.info("trouble is over", lasted_s=f"{now - self._began:.0f}")
            self._began = None
            self._logged.clear()
        for kind, since in self._since.items():
            if not issubclass(kind, _BORNE) and now - since >= self._lasting_s:
                why = "; ".join(self.reasons(kind))
                self._fail(kind(f"{why} (waited {self._lasting_s:g} s for that to change)"))

    def _report(self, trouble: WorkerError, kind: type[WorkerError], now: float) -> None:
        if now - self._logged.get(kind, -REPEAT_S) < REPEAT_S:
            return
        self._logged[kind] = now
        left = "never" if issubclass(kind, _BORNE) else f"{max(self._since[kind] + self._lasting_s - now, 0):.0f}"
        _log.warning(_PHRASES[kind], reason=trouble, gives_up_in_s=left)


def _kind(trouble: WorkerError) -> type[WorkerError] | None:
    """Under which of `_PHRASES` it is borne: its own kind, or the nearest that it is one of; None if it cannot be."""
    return next((kind for kind in type(trouble).__mro__ if kind in _PHRASES), None)
