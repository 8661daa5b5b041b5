"""What a receiver is sent of an alert: the CloudEvent that stands on the topic, or a message for people.

Nothing is added to what was published but where its page is: what is private is not on the topics either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from schemas.figure_words import figure
from schemas.gauge import Form, Notify
from schemas.records import AlertStatus, DriftAlert
from streams.delivery.envelope import rfc3339
from streams.notify.webhook import Message
from streams.view.alert_words import what_of
from streams.view.published import Published

CLOUDEVENTS: Final = "application/cloudevents+json; charset=utf-8"
_HEADER_CHARACTERS: Final = 150
_TEXT_CHARACTERS: Final = 2_900
"""Slack takes at most 150 characters of a header and 3,000 of a section's text."""

_HAPPENED: Final = {AlertStatus.OPENED: "opened", AlertStatus.UPDATED: "worse", AlertStatus.CLOSED: "resolved"}


def message(form: Form, gauge: str, notify: Notify, published: Published, alert: DriftAlert) -> Message:
    """The message of one step of an episode of the gauge of this name."""
    return _FORMS[form](gauge, notify, published, alert)


def runbook(notify: Notify, alert: DriftAlert) -> str:
    """Where the page tells what this kind of alert means."""
    return f"{notify.runbook}#{alert.drift}"


def _cloudevent(gauge: str, notify: Notify, published: Published, alert: DriftAlert) -> Message:
    """CloudEvents 1.0.2, HTTP protocol binding, structured mode; ``runbook`` and ``page`` are extension attributes."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": published.id,
        "source": f"/rivergauge/{gauge}",
        "type": published.kind.ce_type,
        "datacontenttype": published.kind.content_type,
    }
    if alert.time is not None:
        event["time"] = rfc3339(alert.time).decode()
    event["runbook"] = runbook(notify, alert)
    if notify.page is not None:
        event["page"] = notify.page
    event["data"] = from_json(alert.body())
    return Message(published.id, CLOUDEVENTS, to_json(event, inf_nan_mode="null"))


def _slack(gauge: str, notify: Notify, published: Published, alert: DriftAlert) -> Message:
    """Text alone says all, for servers that take no blocks; Slack shows the blocks."""
    title = (
        f"{gauge}: {alert.severity} {alert.drift.replace('_', ' ')} {_HAPPENED[alert.status]}, episode {alert.episode}"
    )
    what = _escaped(what_of(alert))[:_TEXT_CHARACTERS]
    links = " · ".join(_links(notify, alert))
    fields = [{"type": "mrkdwn", "text": f"*{name}*\n{_escaped(words)}"} for name, words in _facts(published, alert)]
    blocks: list[Mapping[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:_HEADER_CHARACTERS], "emoji": False}},
        {"type": "section", "text": {"type": "mrkdwn", "text": what}, "fields": fields},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{links} · {_escaped(published.id)}"}]},
    ]
    text = f"*{_escaped(title)}*\n{what}\n{links}"
    return Message(published.id, "application/json; charset=utf-8", to_json({"text": text, "blocks": blocks}))


def _facts(published: Published, alert: DriftAlert) -> Iterator[tuple[str, str]]:
    yield "Partition", str(published.partition)
    yield "Position", f"{alert.position:,}"
    if alert.time is not None:
        yield "Event time", rfc3339(alert.time).decode()
    yield "Version", alert.version
    if alert.loss_before is not None or alert.loss_now is not None:
        yield "Loss", f"{figure(alert.loss_before)} before, {figure(alert.loss_now)} now"
    if alert.chance is not None:
        yield "By chance", alert.chance.words


def _links(notify: Notify, alert: DriftAlert) -> Iterator[str]:
    for name, where in (("what to do", runbook(notify, alert)), ("page", notify.page)):
        if where is not None:
            is_address = where.startswith(("http://", "https://"))
            yield f"<{_in_link(where)}|{name}>" if is_address else f"{name}: {_escaped(where)}"


def _escaped(text: str) -> str:
    """What Slack would take for a link, a mention or an entity is text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_link(address: str) -> str:
    return _escaped(address).replace("|", "%7C")


_FORMS: Final[Mapping[Form, Callable[[str, Notify, Published, DriftAlert], Message]]] = {
    Form.CLOUDEVENTS: _cloudevent,
    Form.SLACK: _slack,
}
