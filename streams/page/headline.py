"""What the page says first: whether anything must be done, and the command to begin with."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.alerts import DriftKind, Severity, moved_words
from schemas.evaluated import Verdict, VerdictKind
from schemas.plurals import count
from schemas.records import DriftAlert
from streams.page.commands import command
from streams.page.tile import Sources, State
from streams.page.words import began, duration, named, number, share, until
from streams.view.episodes import Episode


class Headline(NamedTuple):
    """A sentence; ``tone`` is ``good``, ``bad``, ``warn`` or nothing. ``command`` is where to begin, if anywhere.

    ``advice`` is what is wrong in more words, and what to do about it.
    """

    words: str
    tone: str = ""
    command: str | None = None
    advice: str = ""


REFUSED: Final = 0.05
"""The share of refused records, of those of the last minute, from which on somebody is to look at them."""
BEHIND_S: Final = 30.0
"""Reading what is yet unread takes longer: the worker is behind."""
_ADVICE: Final = {
    DriftKind.PERFORMANCE: "serve the baseline, roll back, or bring another candidate",
    DriftKind.FAIRNESS: "decide with those who are accountable for the use",
    DriftKind.MODELS: "fix the model or the data; a baseline answers meanwhile",
}
"""What to do about alerts that bring no advice, as docs/alerts.md has it."""
_KINDS: Final = {
    VerdictKind.BETTER: Headline("Nothing to do.", "good"),
    VerdictKind.BETTER_NOW: Headline("Nothing to do.", "good"),
    VerdictKind.WORSE: Headline("Needs attention: a baseline serves better.", "bad"),
    VerdictKind.WORSE_NOW: Headline("Needs attention: a baseline has served better recently.", "bad"),
    VerdictKind.NOT_SURE: Headline("Nothing to do, but not clearly better than a baseline so far."),
    VerdictKind.NO_DIFFERENT: Headline("Nothing to do, but no gain: no different from a baseline."),
    VerdictKind.TOO_EARLY: Headline("Nothing to do: too early to tell."),
    VerdictKind.NO_LABELS: Headline("No labels yet: nothing can be learned or measured.", "warn"),
    VerdictKind.NO_BASELINE: Headline("Nothing to do."),
}


def headline(sources: Sources, verdict: Verdict) -> Headline:
    """The first that holds, from what hides all else to the verdict."""
    memory, lag = sources.memory, sources.lag
    if sources.state is State.RESTORING:
        return Headline(f"Not up to date: {sources.waits}.", "warn")
    if sources.state is State.STALE:
        return Headline(f"No events for {duration(sources.quiet_s)}.", "warn")
    if memory.refused_share >= REFUSED:
        begin = command(sources.gauge, "dlq list", "--partition", sources.partition)
        return Headline(
            f"Needs attention: {share(memory.refused_share)} of the newest records were refused.", "bad", begin
        )
    episodes = [one for one in sources.view.episodes.open() if one.partition == sources.partition]
    waits = proposal(sources)
    if episodes:
        return _alerts(sources, episodes, waits)
    if waits is not None:
        return waits
    if sources.status is not None and (held := sources.status.versions.policy.held) is not None:
        return Headline(f"Learning is on hold: {held.why}.", "warn", _resume(sources))
    if sources.status is not None and not sources.status.events:
        return Headline("Waiting for the first event.")
    if lag and memory.events_per_s and lag / memory.events_per_s > BEHIND_S:
        return Headline(f"Behind: {until(lag, 'record', memory.events_per_s)}.", "warn")
    return _KINDS[verdict.kind]


def _resume(sources: Sources) -> str | None:
    paused = sources.view.versions.paused(sources.partition)
    if paused is None or "pause" not in sources.gauge.operators.allow:
        return None
    return command(sources.gauge, "command resume", "--partition", sources.partition)


def proposal(sources: Sources) -> Headline | None:
    """That a version waits for an operator's word, and until when."""
    life, status = sources.view.versions.proposed(sources.partition), sources.status
    if life is None:
        return None
    words = f"Version {life.name} awaits approval"
    if status is not None and (proposed := status.versions.proposed) is not None:
        left = until(proposed.labels_left, "label", sources.memory.labels_per_s)
        words += f"; it is declined after {left}"
    approve = "approve" in sources.gauge.operators.allow
    return Headline(f"{words}.", "warn", command(sources.gauge, "command approve", life.name) if approve else None)


def _alerts(sources: Sources, episodes: list[Episode], waits: Headline | None) -> Headline:
    worst = max(episodes, key=lambda one: one.last.severity.rank)
    kinds = ", ".join(sorted({named(one.last.drift) for one in episodes}))
    words = f"Needs attention: {count(len(episodes), 'open alert')} ({kinds}), the worst is {worst.last.severity}."
    if len(episodes) == 1:
        words = f"Needs attention: 1 {worst.last.severity} alert is open ({kinds})."
    if sources.status is not None and sources.status.versions.on_trial:
        words += f" {count(sources.status.versions.on_trial, 'new version')} on trial."
    words += "" if waits is None else f" {waits.words}"
    tone = "warn" if worst.last.severity is Severity.MINOR else "bad"
    return Headline(words, tone, command(sources.gauge, "alerts show", worst.name), _advice(worst))


def _advice(episode: Episode) -> str:
    """What is wrong, and what to do, of the alert that comes first."""
    alert = episode.last
    said = []
    moved = moved_words(episode.moved, most=1)
    if alert.loss_before is not None and alert.loss_now is not None:
        losses = f"{number(alert.loss_before, 3)} before, {number(alert.loss_now, 3)} now"
        said.append(f"{began(_cause(alert))[:-1]} ({losses}).")
    elif moved is None:
        said.append(began(_cause(alert)))
    if moved is not None:
        said.append(f"{moved}.")  # it begins with a column's name
    if advice := alert.advice or _ADVICE.get(alert.drift):
        said.append(began(advice))
    return " ".join(said)


def _cause(alert: DriftAlert) -> str:
    return alert.cause if alert.subject is None or alert.subject in alert.cause else f"{alert.cause} ({alert.subject})"
