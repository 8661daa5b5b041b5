"""The time line: what each entry tells, and the commands that act on it.

Oracles: the records that are put on the wire, and the command line itself, which must take every command that is named.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from typer.main import get_command

from models.learner import Learner
from schemas.alerts import DriftKind
from schemas.events import Reason
from schemas.records import AlertStatus, DeadLetter, Effect, VersionStep
from schemas.status import ContestStatus, Held, Leading, Proposed
from streams.cli.app import app
from streams.page.board import tiles
from streams.page.memory import Memory
from streams.page.pictures import Shift
from streams.page.tile import Evidence, Tile
from tests.streams.delivery import test_envelope as golden
from tests.streams.page.test_tiles import GAUGE, NOW, sources
from tests.streams.view.test_view import view_of
from tests.streams.view.wire import on_the_wire

ALLOWED = GAUGE + '[operators]\nallow = ["promote", "roll_back", "retrain", "pause", "approve"]\n'
OPEN = golden.ALERT._replace(drift=DriftKind.CONCEPT)
LETTER = DeadLetter(7, None, 7, Reason.UNKNOWN_LABEL, "what", None, b"{}")


def board(*effects: Effect, text: str = GAUGE, **more: object) -> dict[str, Tile]:
    records = [on_the_wire(effect, n=n) for n, effect in enumerate(effects)]
    return {tile.key: tile for tile in tiles(sources(view_of(records), None, text, **more))}


def entries(*effects: Effect, text: str = GAUGE) -> dict[str, Evidence]:
    return {entry.key: entry for entry in board(*effects, text=text)["timeline"].evidence}


def step(name: VersionStep, **more: object) -> Effect:
    return golden.VERSION._replace(step=name, **more)


def test_an_alert_pictures_what_moved_and_says_no_more_than_there_is():
    [entry] = entries(OPEN).values()

    assert [*entry.pictures] == [Shift(words=m.words, before=m.before, after=m.after) for m in OPEN.moved or ()][:3]
    assert "rivergauge alerts show pumps.toml 2-1" in entry.commands
    assert dict(entry.facts)["opened at"].startswith("position ")
    assert "opened" not in dict(entry.facts)


def test_an_alert_that_was_closed_says_when():
    [entry] = entries(OPEN, OPEN._replace(status=AlertStatus.CLOSED, position=50)).values()

    assert "closed at" in dict(entry.facts)
    assert entry.title.startswith("Closed alert 2-1: concept")


def test_a_step_of_an_operator_tells_who_and_why():
    [entry] = entries(step(VersionStep.PROMOTED, who="ann@ops", why="the new sensor is calibrated")).values()

    assert entry.title == "Version 2-7 (naive_bayes): promoted by ann@ops"
    assert dict(entry.facts)["promoted by ann@ops at 41"] == "better by 0.1"
    assert dict(entry.facts)["why"] == "the new sensor is calibrated"


@pytest.mark.parametrize(
    ("effects", "text", "commands"),
    [
        ([step(VersionStep.PROMOTED)], GAUGE, ["versions diff pumps.toml 2-6 2-7"]),
        ([step(VersionStep.PROMOTED), step(VersionStep.RETIRED)], GAUGE, ["reset pumps.toml --version 2-7"]),
        ([step(VersionStep.PROMOTED), step(VersionStep.RETIRED)], ALLOWED, ["command roll-back pumps.toml 2-7"]),
        ([step(VersionStep.ON_TRIAL)], ALLOWED, ["command promote pumps.toml 2-7"]),
        ([step(VersionStep.PROMOTED), step(VersionStep.PAUSED)], ALLOWED, ["command resume pumps.toml --partition 0"]),
        (
            [step(VersionStep.PROPOSED)],
            ALLOWED,
            ["command approve pumps.toml 2-7", "command decline pumps.toml 2-7"],
        ),
        ([OPEN], ALLOWED, ["command retrain pumps.toml --partition 0"]),
        (
            [LETTER],
            GAUGE,
            [
                "dlq show pumps.toml 0 0",
                "dlq redrive pumps.toml --reason unknown_label --partition 0 --dry-run",
            ],
        ),
    ],
)
def test_each_entry_gives_the_commands_that_act_on_it(effects, text, commands):
    [entry] = entries(*effects, text=text).values()

    assert {f"rivergauge {one}" for one in commands} <= set(entry.commands)
    for one in entry.commands:
        assert is_taken(one), one


def is_taken(line: str) -> bool:
    """Whether the command line parses it."""
    _, *words = shlex.split(line)
    found = get_command(app)
    while hasattr(found, "commands"):
        found = found.commands[words.pop(0)]
    return Path("pumps.toml") in found.make_context("rivergauge", words).params.values()


def test_a_command_that_was_refused_is_not_sent_again():
    [entry] = entries(LETTER._replace(reason=Reason.COMMAND_REFUSED)).values()

    assert entry.commands == ("rivergauge dlq show pumps.toml 0 0",)


def test_that_learning_is_held_is_said_first_and_how_it_goes_on():
    status = Learner(sources(view_of([]), None, ALLOWED).gauge).status()
    policy = replace(status.versions.policy, held=Held(since=None, why="paused by ann@ops: maintenance"))
    held = replace(status, versions=replace(status.versions, policy=policy))
    paused = view_of([on_the_wire(step(VersionStep.PROMOTED)), on_the_wire(step(VersionStep.PAUSED), n=1)])

    made = {tile.key: tile for tile in tiles(sources(paused, held, ALLOWED))}

    assert made["verdict"].head == "Learning is on hold: paused by ann@ops: maintenance."
    assert made["verdict"].command == "rivergauge command resume pumps.toml --partition 0"


def test_a_version_that_waits_for_approval_is_said_first_with_the_word_and_until_when():
    status = Learner(sources(view_of([]), None, ALLOWED).gauge).status()
    memory = Memory()
    for n in (0, 1):
        memory.take(replace(status, events=100 * n, labels=100 * n), NOW - 10_000 + 10_000 * n)
    contests = {"2-7": ContestStatus(labels=90, gain=0.1, evidence=200.0, threshold=150.0)}
    versions = replace(
        status.versions,
        champion=Leading(version="2-6", candidate="naive_bayes"),
        proposed=Proposed(version="2-7", labels_left=600),
        contests=contests,
    )
    given = sources(
        view_of([on_the_wire(step(VersionStep.PROPOSED))]),
        replace(status, events=100, versions=versions),
        ALLOWED,
        memory=memory,
    )

    made = {tile.key: tile for tile in tiles(given)}

    words = "Version 2-7 awaits approval; it is declined after 600 more labels, about 60 s."
    for tile, told in ((made["verdict"], made["verdict"].head), (made["contest"], made["contest"].words)):
        assert told.startswith(words)
        assert (tile.tone, tile.command) == ("warn", "rivergauge command approve pumps.toml 2-7")
