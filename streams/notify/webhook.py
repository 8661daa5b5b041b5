"""One webhook: a request made until it is taken, refused for good, or given up.

Tried again: no answer, 408, 429 and 5xx; after 1, 2, 4, ... seconds and at most a minute, or after as long as the
receiver asks for (``Retry-After``). Everything else that is no success is a refusal, redirections too: a secret goes
where it was meant to go. Every attempt at a step has the same ``Idempotency-Key``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import aiohttp

from streams.here import logs
from streams.http import retry_after
from streams.notify.told import Outcome

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
ANSWER_S: Final = 10.0
"""How long an answer may take."""

_AGAIN: Final = frozenset({408, 429})
_TOLD_CHARACTERS: Final = 200
"""Of a receiver's answer that is no success, so many are logged."""

_log = logs.Log("notify")


class Message(NamedTuple):
    """What is posted. ``id`` is the same however often it is."""

    id: str
    content_type: str
    body: bytes


class Delivery(NamedTuple):
    """What became of a message: ``code`` is the HTTP status of the last attempt, None without an answer."""

    outcome: Outcome
    attempts: int
    code: int | None


class _Answer(NamedTuple):
    code: int | None
    why: str
    retry_after_s: float | None

    @property
    def is_taken(self) -> bool:
        return self.code is not None and 200 <= self.code < 300

    @property
    def may_change(self) -> bool:
        return self.code is None or self.code in _AGAIN or self.code >= 500


class Clock(NamedTuple):
    """Time, as it passes and as people tell it; tests have one of their own."""

    now: Callable[[], float] = monotonic
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class Webhook:
    """Delivers to one address.

    Parameters
    ----------
    name
        The receiver's, for the log.
    url, headers
        Secrets: in no line that is written.
    give_up_after_s
        So long after the first attempt at a message no other begins.
    session
        Makes the requests.
    """

    def __init__(
        self,
        name: str,
        url: str,
        headers: Mapping[str, str],
        *,
        give_up_after_s: float,
        session: aiohttp.ClientSession,
        clock: Clock | None = None,
    ) -> None:
        self._name = name
        self._url = url
        self._headers = headers
        self._give_up_after_s = give_up_after_s
        self._session = session
        self._clock = Clock() if clock is None else clock
        self.attempts = 0
        """Requests made so far."""
        self._pausing: asyncio.Future[None] | None = None
        self._leaving = False
        self._trying_since: float | None = None

    @property
    def trying_s(self) -> float:
        """How long the message that is being delivered has been tried; 0 if none is."""
        return 0.0 if self._trying_since is None else self._clock.now() - self._trying_since

    async def deliver(self, message: Message) -> Delivery:
        """Post a message until there is an outcome."""
        self._trying_since = begin = self._clock.now()
        try:
            attempts, pause_s = 0, FIRST_PAUSE_S
            while True:
                attempts += 1
                answer = await self._ask(message)
                if answer.is_taken:
                    return Delivery(Outcome.DELIVERED, attempts, answer.code)
                told: dict[str, Any] = {
                    "receiver": self._name,
                    "id": message.id,
                    "attempt": attempts,
                    "why": answer.why,
                }
                if not answer.may_change:
                    _log.error("receiver refused an alert", **told)
                    return Delivery(Outcome.REFUSED, attempts, answer.code)
                wait_s = max(pause_s, answer.retry_after_s or 0.0)
                if self._clock.now() - begin + wait_s > self._give_up_after_s:
                    _log.error("alert given up", **told)
                    return Delivery(Outcome.GIVEN_UP, attempts, answer.code)
                _log.warning("alert not delivered yet", **told, again_in_s=f"{wait_s:g}")
                await self._pause(wait_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        finally:
            self._trying_since = None

    def leave(self) -> None:
        """Try nothing again: a delivery that comes to it, or waits for it, is cancelled."""
        self._leaving = True
        if self._pausing is not None:
            self._pausing.cancel()

    async def _pause(self, seconds: float) -> None:
        if self._leaving:
            raise asyncio.CancelledError
        self._pausing = asyncio.ensure_future(self._clock.pause(seconds))
        try:
            await self._pausing
        finally:
            self._pausing.cancel()
            self._pausing = None

    async def _ask(self, message: Message) -> _Answer:
        self.attempts += 1
        headers = {**self._headers, "Content-Type": message.content_type, "Idempotency-Key": message.id}
        try:
            async with (
                asyncio.timeout(ANSWER_S),
                self._session.post(
                    self._url, data=message.body, headers=headers, allow_redirects=False, proxy=_proxy(self._url)
                ) as response,
            ):
                if 200 <= response.status < 300:
                    return _Answer(response.status, "", None)
                said = await response.content.read(_TOLD_CHARACTERS)
                after = retry_after.seconds_of(response.headers.get("Retry-After"), self._clock.wall())
                return _Answer(response.status, f"{response.status} {self._discreet(said)}".strip(), after)
        except TimeoutError:
            return _Answer(None, f"no answer within {ANSWER_S:g} s", None)
        except aiohttp.ClientConnectorCertificateError:
            return _Answer(None, "its certificate is not one that this machine trusts", None)
        except (aiohttp.ClientError, OSError) as error:
            return _Answer(None, f"no connection: {type(error).__name__}", None)

    def _discreet(self, said: bytes) -> str:
        """A receiver's words, unless it repeats a secret."""
        text = " ".join(said.decode(errors="replace").split())
        secrets = (self._url, *self._headers.values())
        return "" if any(secret in text for secret in secrets) else "".join(c for c in text if c.isprintable())


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for it; aiohttp's own way would look for passwords in .netrc too."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc):
        return None
    return getproxies_environment().get(parts.scheme)
