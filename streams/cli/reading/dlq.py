"""``rivergauge dlq``: the records that were refused, one of them whole, and sending them again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from schemas.events import Reason
from schemas.gauge import Gauge
from schemas.plurals import count
from schemas.printable import printable
from streams.cli.gaugefile.loading import read
from streams.cli.reading.lists import print_list
from streams.cli.reading.look import Look, looked_at
from streams.cli.terminal.at_broker import at_broker
from streams.cli.terminal.consent import Consent, ask
from streams.cli.terminal.output import out, print_json, refuse, styled, told_time
from streams.cli.terminal.tables import Cell, print_table
from streams.here.exit_codes import ExitCode
from streams.here.user import user_here
from streams.kafka.connection import client_settings
from streams.redrive.audit import Redriven
from streams.redrive.letters import Whole, fetched
from streams.redrive.redrive import Plan, Wish, carry_out, plan
from streams.view import shown
from streams.view.dead_letters import Letter

_KINDS: Final = ["dead_letter"]


def list_(path: Path, *, reason: Reason | None, partition: int | None, limit: int, past: int, as_json: bool) -> int:
    """Print the newest dead letters, without what they held."""

    def show(look: Look) -> int:
        found = [
            one
            for one in look.view.dead_letters.newest_first()
            if reason in (None, one.letter.reason) and partition in (None, one.published.partition)
        ]
        print_list(
            look,
            "dead letters",
            found,
            limit=limit,
            header=["partition", "offset", "of position", "record", "reason", "detail"],
            row=_row,
            shown_as=shown.dead_letter,
            as_json=as_json,
        )
        return ExitCode.OK

    return looked_at(path, show, kinds=_KINDS, past=past, as_json=as_json)


def show(path: Path, partition: int, offset: int, *, as_json: bool) -> int:
    """Print one dead letter with its record, whole."""
    gauge = read(path)
    one = at_broker(gauge.connection, _fetched(gauge, partition, offset))
    if one is None:
        return refuse(
            f"{gauge.topics.dead_letters}/{partition} holds no dead letter at offset {offset}: rivergauge dlq list "
            "shows those there are, by their offset in that topic and not in the input",
            as_json=as_json,
        )
    letter = Letter(one.published, one.letter)
    if as_json:
        print_json({**shown.dead_letter(letter, raw=True), "cut": one.is_cut})
        return ExitCode.OK
    out.print(styled((f"{gauge.topics.dead_letters}/{partition}, offset {offset}", "bold"), f": {one.letter.reason}"))
    print_table("why", ["", "value"], [[name, words] for name, words in _facts(one)], prose=True)
    cut = ", cut when it was published: the input has it whole, if it still has it" if one.is_cut else ""
    out.print(styled(("the record", "italic"), cut))
    out.print(_told(one.letter.raw))
    return ExitCode.OK


def redrive(path: Path, wish: Wish, *, dry_run: bool, consent: Consent, as_json: bool) -> int:
    """Send dead letters again, once the user has seen which and agrees."""
    gauge = read(path)
    settings = client_settings(gauge.connection, os.environ)
    planned = at_broker(gauge.connection, plan(gauge, settings, wish))
    forecast = _forecast(gauge, planned, wish)
    sent: list[Redriven] = []
    if not dry_run and planned.letters:
        if consent is Consent.ASKED:
            ask("Send them? [yes, no]", forecast, undone="nothing was sent")
        who = user_here()
        try:
            at_broker(gauge.connection, carry_out(gauge, settings, planned, who=who, heard=sent.append))
        finally:
            if not as_json:
                out.print(f"{count(len(sent), 'record')} sent to {gauge.topics.input}, recorded as sent by {who}")
    elif not as_json:
        for line in forecast:
            out.print(line)
    if as_json:
        print_json(_result(planned, sent))
    return ExitCode.OK


async def _fetched(gauge: Gauge, partition: int, offset: int) -> Whole | None:
    settings = client_settings(gauge.connection, os.environ)
    async with aclosing(fetched(gauge, settings, [(partition, offset)])) as found:
        return await anext(found, None)


def _forecast(gauge: Gauge, planned: Plan, wish: Wish) -> list[str]:
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in planned.by_reason.most_common())
    told = [
        f"{count(len(planned.letters), 'dead letter')} to send to {gauge.topics.input} again: {reasons}"
        if planned.letters
        else f"no dead letter to send to {gauge.topics.input} again"
    ]
    others = {
        f"{planned.more:,} more are left: --limit {wish.limit:,}": planned.more,
        f"{planned.done:,} were sent before, and are not sent twice": planned.done,
        f"{planned.spent:,} have had their {count(wish.attempts, 'attempt')} and were refused each time: "
        "--attempts allows more": planned.spent,
        f"{planned.cut:,} were too large for {gauge.topics.dead_letters} and are there in part only: send them "
        f"again from where they came": planned.cut,
    }
    return told + [words for words, n in others.items() if n]


def _result(planned: Plan, sent: list[Redriven]) -> dict[str, Any]:
    return {
        "letters": [letter._asdict() for letter in planned.letters],
        "left_out": planned.more,
        "sent_before": planned.done,
        "out_of_attempts": planned.spent,
        "cut": planned.cut,
        "redriven": [record.model_dump(mode="json") for record in sent],
    }


def _row(one: Letter) -> list[Cell]:
    letter = one.letter
    return [
        str(one.published.partition),
        f"{one.published.offset:,}",
        f"{letter.source:,}",
        letter.record,
        str(letter.reason),
        letter.detail,
    ]


def _facts(one: Whole) -> Iterator[tuple[str, str]]:
    letter = one.letter
    yield "detail", letter.detail
    yield "record", letter.record
    yield "of position", f"{letter.source:,}"
    if letter.position != letter.source:
        yield "refused at", f"{letter.position:,}"
    if letter.time is not None:
        yield "event time", told_time(letter.time)
    yield "id", one.published.id
    yield "key", _told(letter.key)


def _told(content: bytes | None) -> str:
    """Somebody else's bytes, for a terminal that must not obey them."""
    if content is None:
        return "none"
    return printable(content.decode(errors="backslashreplace"), keep="\n\t")
