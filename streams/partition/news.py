"""What a worker tells its log of what one partition has published: each effect once, its predictions never.

Nothing of a record is told, neither a feature's value nor a byte: only what the alerts, versions and reports say, of a
dead letter its reason and where it stood, and of an unknown field its name. Dead letters may be as many as the records:
of each reason the first has a line, the others are counted and told together, at most every `QUIET_S` seconds. As
often it is looked whether the verdict on the service is another one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from schemas.alerts import moved_words, share_words
from schemas.evaluated import Figure, Verdict, VerdictKind
from schemas.events import Reason
from schemas.record_table import KIND_OF
from schemas.records import (
    AlertStatus,
    DeadLetter,
    DriftAlert,
    Effect,
    ModelVersion,
    Prediction,
    VersionStep,
    WindowReport,
)
from schemas.status import Failing, Held
from streams.here.logs import QUIET_S, Log

_log = Log("news")

_NOT_YET: Final = frozenset({VerdictKind.TOO_EARLY, VerdictKind.NO_LABELS, VerdictKind.NO_BASELINE})
_BAD: Final = frozenset({VerdictKind.WORSE, VerdictKind.WORSE_NOW})

_FAILED: Final = "the model failed"
"""How the reason begins of a version that was not retired for a better one."""


class Oddities(NamedTuple):
    """What is odd about a partition's records and models and leads to no output of its own.

    ``unknown_fields`` are top-level fields that the gauge does not name, with the records that had them, counted by
    this worker; ``failing`` are the live versions that have failed on an event, with what a person may know of it;
    ``warnings`` are intake's, of records that were read and probably mean something else. ``verdict`` works out how the
    service stands, in a thousandth of a second; ``None`` of a core that has none. ``held`` says why models do not learn
    at present, ``None`` while they do.
    """

    unknown_fields: Mapping[str, int]
    failing: Mapping[str, Failing]
    warnings: Sequence[str] = ()
    verdict: Callable[[], Verdict] | None = None
    held: Held | None = None


class News:
    """Tells what one partition has published.

    Parameters
    ----------
    partition
        The input partition, named in every line.
    later
        Calls a function after that number of seconds, and returns what cancels it; by default the event loop's.
    """

    def __init__(
        self, partition: int, later: Callable[[float, Callable[[], None]], Callable[[], None]] | None = None
    ) -> None:
        self._partition = partition
        self._later = _on_the_loop if later is None else later
        self._heard: set[Reason] = set()
        self._untold: Counter[Reason] = Counter()
        self._noticed: set[str] = set()
        self._failing: frozenset[str] = frozenset()
        self._held = False
        self._cancel: Callable[[], None] | None = None
        self._kind: VerdictKind | None = None
        self._cancel_look: Callable[[], None] | None = None
        self._lines: dict[type[Effect], Callable[[Any], None]] = {
            DriftAlert: self._alert,
            ModelVersion: self._version,
            WindowReport: self._report,
            DeadLetter: self._dead_letter,
        }
        """Kinds that have words of their own."""

    def tell(self, effects: Iterable[Effect]) -> None:
        """These are published."""
        for effect in effects:
            if not isinstance(effect, Prediction):
                self._lines.get(type(effect), self._other)(effect)

    def notice(self, oddities: Oddities) -> None:
        """Tell each unknown field, warning and failing version once; the verdict, and a hold, when they change."""
        if oddities.verdict is not None and self._cancel_look is None:
            self._cancel_look = self._later(QUIET_S, self._may_look)
            self._judged(oddities.verdict())
        if self._held is not (oddities.held is not None):
            self._held = not self._held
            if oddities.held is None:
                _log.info("learning released", partition=self._partition)
            else:
                _log.warning("learning held", partition=self._partition, why=oddities.held.why)
        for field in oddities.unknown_fields:
            if field not in self._noticed:
                self._noticed.add(field)
                _log.warning("unknown field ignored", partition=self._partition, field=field)
        for warning in oddities.warnings:
            if warning not in self._noticed:
                self._noticed.add(warning)
                _log.warning("records may mean something else", partition=self._partition, what=warning)
        for version, failing in oddities.failing.items():
            if version not in self._failing:
                _log.warning("model failing", partition=self._partition, version=version, **asdict(failing))
        self._failing = frozenset(oddities.failing)

    def close(self) -> None:
        """Tell what is counted, and nothing more."""
        for cancel in (self._cancel, self._cancel_look):
            if cancel is not None:
                cancel()
        self._tell_dead_letters()

    def _may_look(self) -> None:
        self._cancel_look = None

    def _judged(self, verdict: Verdict) -> None:
        if verdict.kind is self._kind or (self._kind is None and verdict.kind in _NOT_YET):
            return
        self._kind = verdict.kind
        tell = _log.warning if verdict.kind in _BAD else _log.info
        tell(f"verdict: {verdict.kind.replace('_', ' ')}", partition=self._partition, words=verdict.words)

    def _other(self, effect: Effect) -> None:
        kind = KIND_OF[type(effect)]
        _log.info(f"{kind.name} published", partition=self._partition, position=effect.position)

    def _alert(self, alert: DriftAlert) -> None:
        tell = _log.info if alert.status is AlertStatus.CLOSED else _log.warning
        tell(
            f"alert {alert.status}",
            partition=self._partition, episode=alert.episode, drift=alert.drift, **_subject(alert),
            severity=alert.severity, cause=alert.cause, detector=alert.detector, loss_before=_figure(alert.loss_before),
            loss_now=_figure(alert.loss_now), **_sure(alert.figure), version=alert.version, position=alert.position,
            **_argued(alert),
        )  # fmt: skip

    def _version(self, version: ModelVersion) -> None:
        failed = version.step is VersionStep.RETIRED and version.reason.startswith(_FAILED)
        tell = _log.warning if failed else _log.info
        tell(
            f"version {version.step}",
            partition=self._partition, version=version.version, candidate=version.candidate, trigger=version.trigger,
            reason=version.reason, position=version.position, **({} if version.who is None else {"who": version.who}),
        )  # fmt: skip

    def _report(self, report: WindowReport) -> None:
        figures: Mapping[str, float | None] = report.models.get(report.champion, {})
        leading = {name: _figure(value) for name, value in list(figures.items())[:1]}
        _log.info(
            "held-out window closed",
            partition=self._partition, window=report.window, labels=report.labels, champion=report.champion,
            **leading, position=report.position, **({} if report.verdict is None else {"verdict": report.verdict}),
        )  # fmt: skip
        if report.service.verdict is not None:
            self._kind = report.service.verdict.kind

    def _dead_letter(self, letter: DeadLetter) -> None:
        if letter.reason in self._heard:
            self._untold[letter.reason] += 1
            if self._cancel is None:
                self._cancel = self._later(QUIET_S, self._tell_dead_letters)
            return
        self._heard.add(letter.reason)
        _log.warning(
            "dead letter", partition=self._partition, reason=letter.reason, record=letter.record, offset=letter.source
        )

    def _tell_dead_letters(self) -> None:
        self._cancel = None
        if self._untold:
            counts: dict[str, Any] = {str(reason): count for reason, count in sorted(self._untold.items())}
            _log.warning("more dead letters", partition=self._partition, **counts)
            self._untold.clear()


def _subject(alert: DriftAlert) -> dict[str, str]:
    # Names of columns and of slices are public, and what is told of a private slice's groups are numbers.
    return {} if alert.subject is None else {"subject": alert.subject}


def _argued(alert: DriftAlert) -> dict[str, str]:
    told = {
        "severity_by": alert.severity_by,
        "moved": moved_words(alert.moved),
        "expected": share_words(alert.expected_share),
        "advice": alert.advice,
        "chance": None if alert.chance is None else alert.chance.words,
    }
    return {name: words for name, words in told.items() if words is not None}


def _sure(figure: Figure | None) -> dict[str, float | None]:
    return {} if figure is None else {name: _figure(getattr(figure, name)) for name in ("value", "low", "high")}


def _figure(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def _on_the_loop(seconds: float, function: Callable[[], None]) -> Callable[[], None]:
    return asyncio.get_running_loop().call_later(seconds, function).cancel
