"""Bad records of every class among good ones: each is one dead letter, and nothing else is different."""

from __future__ import annotations

import random

from models.learner import Learner
from schemas.events import OF_COMMANDS, Reason
from schemas.records import DeadLetter, ModelVersion, Prediction
from tests import builders, strategies

GAUGE = builders.gauge(
    '[record]\nmax_bytes = 2000\nunknown_fields = "reject"\n'
    '[features]\na = "number"\nb = { type = "number", optional = true }\n'
    'site = { type = "category", optional = true, values = '
    '["north", "south", "east", "west", "ünten", "0", "7", "new york", "' + "x" * 40 + '"] }\n'
    "[label]\nhorizon_events = 30\nearly_horizon_events = 10\n"
    '[drift]\nfalse_alarms = "1 per 100 events"\n[retraining]\nevery_labels = 200\nwarm_up_labels = 10',
    candidates=["logistic_regression", "hoeffding_tree"],
)


def bad_record(rng: random.Random) -> tuple[Reason, bytes | None]:
    number = rng.randrange(10**6)
    event = {"id": f"bad{number}", "a": 1.0}
    text = b'{"id": "x", "at": "2024-01-01T00:00:00Z", "a": %s}'
    kinds: list[tuple[Reason, bytes | None]] = [
        (Reason.TOMBSTONE, None),
        (Reason.EMPTY, b""),
        (Reason.NOT_JSON, b"pump 7 is hot"),
        (Reason.NOT_JSON, text % (b"[" * 500 + b"]" * 500)),
        (Reason.NOT_AN_OBJECT, b"[1, 2, 3]"),
        (Reason.TOO_LARGE, builders.record(**event, site="x" * 2_000)),
        (Reason.MISSING_FIELD, builders.record(f"bad{number}")),
        (Reason.UNKNOWN_FIELD, builders.record(**event, c=1)),
        (Reason.WRONG_TYPE, builders.record(**{**event, "a": "1.0"})),
        (Reason.WRONG_TYPE, builders.record(**{**event, "a": {"a": 1}})),
        (Reason.OUT_OF_RANGE, text % b"NaN"),
        (Reason.OUT_OF_RANGE, text % b"-Infinity"),
        (Reason.OUT_OF_RANGE, text % b"1e999"),
        (Reason.OUT_OF_RANGE, text % b"1e308"),
        (Reason.UNKNOWN_CATEGORY, builders.record(**event, site="nowhere")),
        (Reason.UNKNOWN_LABEL, builders.record(**event, y="ugly")),
        (Reason.UNKNOWN_LABEL, builders.label(f"bad{number}", "ugly")),
        (Reason.BAD_ID, builders.record(a=1.0)),
        (Reason.BAD_TIME, builders.record(**event, at="9024-01-01T00:00:00Z")),
        (Reason.BAD_TIME, builders.record(**event, at="soon")),
    ]
    return rng.choice(kinds)


def test_one_bad_record_in_a_hundred_leaves_every_prediction_on_good_ones_as_it_was():
    rng = random.Random(8)
    good = strategies.stream(GAUGE, strategies.Plan(seed=5, events=4_000, flips=(1_500, 2_500), odd=0, bad=0))
    mixed: list[tuple[Reason | None, bytes | None]] = []
    for value in good:
        if rng.random() < 0.01:
            mixed.append(bad_record(rng))
        mixed.append((None, value))
    reasons = [(position, reason) for position, (reason, _) in enumerate(mixed) if reason is not None]
    assert len(reasons) > 40

    clean, effects = builders.run(GAUGE, good)
    learner = Learner(GAUGE)
    others = builders.flat(builders.fold(learner, builders.decoded(GAUGE, [value for _, value in mixed])))

    # Labels that come too late are orphans in either run, and the very same ones.
    letters = [letter for letter in builders.dead_letters(others) if letter.reason is not Reason.ORPHAN_LABEL]
    assert [(letter.position, letter.reason) for letter in letters] == reasons
    assert [letter.raw for letter in letters] == [value for reason, value in mixed if reason is not None]
    assert [story(effect) for effect in others if effect not in letters] == [story(effect) for effect in effects]
    assert len(builders.versions(effects)) > 10  # there was something that could have been different
    assert len(builders.dead_letters(effects)) > 10
    assert learner.board.served.figures() == clean.board.served.figures()


def test_every_class_of_bad_record_is_among_them():
    rng = random.Random(0)
    kinds = {bad_record(rng)[0] for _ in range(1_000)}

    by_the_state = {Reason.DUPLICATE_ID, Reason.DUPLICATE_LABEL, Reason.ORPHAN_LABEL}
    assert kinds == set(Reason) - by_the_state - {Reason.SKIPPED} - OF_COMMANDS


def story(effect):
    """An effect without its place in the log."""
    if isinstance(effect, Prediction):
        return effect._replace(position=0)
    if isinstance(effect, DeadLetter):
        return effect._replace(position=0, source=0)
    if isinstance(effect, ModelVersion):
        return effect._replace(position=0, learned_first=0, learned_last=0)
    return effect._replace(position=0, first=0, last=0)
