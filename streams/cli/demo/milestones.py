"""Drift alerts and version events as lines for people, and a long story cut down to what matters, with a count."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rich.text import Text

from schemas.alerts import DriftKind, Moved, moved_words, severity_words, share_words
from schemas.figure_words import figure

MOST_LINES: Final = 12

_INDENT: Final = 11
_RANKS: Final = (
    "version promoted",
    "drift opened",
    "models alert opened",
    "data fault alert opened",
    "drift updated",
    "version on trial",
)
"""What is shown first where not everything can be; what is not named here comes last."""

_COLOURS: Final = {"drift opened": "red", "drift updated": "red", "drift closed": "green"}


class Milestone(NamedTuple):
    """One thing that happened: ``kind`` is what it is counted under."""

    position: int
    kind: str
    head: str
    rest: str

    def text(self, width: int) -> Text:
        """The line, broken at words where it is wider than ``width`` columns."""
        line = textwrap.fill(
            f"{self.position:>{_INDENT - 2},}  {self.head}{self.rest}",
            width,
            subsequent_indent=" " * _INDENT,
            drop_whitespace=True,
            break_long_words=False,
            break_on_hyphens=False,
        )
        text = Text(line)
        text.stylize(_COLOURS.get(self.kind, "cyan"), _INDENT, _INDENT + len(self.head))
        return text


def milestones(alerts: Sequence[dict[str, Any]], versions: Sequence[dict[str, Any]]) -> list[Milestone]:
    """What the records of the alerts and versions topics tell, in the order in which it happened."""
    told = [_alert(alert) for alert in alerts]
    told += [_version(version) for version in versions if version["step"] != "registered"]
    return sorted(told, key=lambda item: item.position)


def shortened(told: Sequence[Milestone], width: int) -> list[Text]:
    """All of it; or the `MOST_LINES` that matter most, in order, and how many of what kind are left out."""
    ranked = sorted(told, key=lambda item: _RANKS.index(item.kind) if item.kind in _RANKS else len(_RANKS))
    kept = {id(item) for item in ranked[:MOST_LINES]}
    lines = [item.text(width) for item in told if id(item) in kept]
    left_out = Counter(item.kind for item in told if id(item) not in kept)
    if left_out:
        counts = ", ".join(f"{kind} ({n})" for kind, n in left_out.most_common())
        lines.append(Text(textwrap.fill(f"and {left_out.total():,} more: {counts}", width), style="dim"))
    return lines


def _alert(alert: dict[str, Any]) -> Milestone:
    losses = (alert["loss_before"], alert["loss_now"])
    facts = "" if losses == (None, None) else f"loss {figure(losses[0])} -> {figure(losses[1])}"
    if alert["status"] != "closed":
        facts = ", ".join([alert["severity"], *([facts] if facts else [])])
    kind = alert["drift"]
    head = f"{'drift' if kind == DriftKind.CONCEPT else kind.replace('_', ' ') + ' alert'} {alert['status']}"
    argued = [alert["cause"], share_words(alert.get("expected_share")), alert.get("advice")]
    if alert["status"] != "closed":
        argued[1:1] = [
            severity_words(alert.get("severity_by")),
            moved_words([Moved(**one) for one in alert.get("moved") or ()]),
        ]
    told = "; ".join(words for words in argued if words is not None)
    return Milestone(alert["position"], head, head, f": {told}" + (f" ({facts})" if facts else ""))


def _version(version: dict[str, Any]) -> Milestone:
    step = version["step"].replace("_", " ")
    rest = f" ({version['candidate']}): {version['reason']}"
    return Milestone(version["position"], f"version {step}", f"version {version['version']} {step}", rest)
