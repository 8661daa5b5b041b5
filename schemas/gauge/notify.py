"""``[notify]``: who is told of alerts, where, how, and of which."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.alerts import DriftKind, Severity
from schemas.gauge.conditions import each_once
from schemas.gauge.cost import NONE
from schemas.gauge.names import Name
from schemas.gauge.section import Section

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADDRESS: Final = re.compile(
    r"https?://(?P<user>[^/?#@\s]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?#@:\s\[\]]+)(?::(?P<port>[0-9]{1,5}))?(?:[/?#]\S*)?"
)
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS: Final = frozenset({"content-type", "content-length", "host", "idempotency-key", "transfer-encoding"})
_SECRET_PATHS: Final = ("hooks.slack.com",)


class Form(StrEnum):
    """What a webhook is sent: a CloudEvent in structured mode, or a message of Slack's incoming webhooks."""

    CLOUDEVENTS = "cloudevents"
    SLACK = "slack"


def _discreet(what: str) -> PydanticCustomError:
    """An error that is told without what was given: it may be a secret."""
    return PydanticCustomError("secret", what)


def _variable(value: str) -> str:
    if _VARIABLE.fullmatch(value) is None:
        raise _discreet("must name a variable of the environment, as in 'OPS_WEBHOOK'; secrets are never in the file")
    return value


def _header(value: str) -> str:
    if _HEADER.fullmatch(value) is None or value.lower() in _OURS:
        raise ValueError(f"must be the name of a header that is not ours to set ({', '.join(sorted(_OURS))})")
    return value


def webhook_url(value: str) -> str:
    """A webhook's address as it is given.

    Raises
    ------
    ValueError
        If it is none. The message does not repeat it, for it may be a secret.
    """
    found = _ADDRESS.fullmatch(value)
    if found is None or not value.isprintable() or not 0 < int(found["port"] or 80) < 65_536:
        raise _discreet("must be an address that begins with http:// or https://, and name a host")
    if found["user"] is not None:
        raise _discreet("must not hold a name or password: give the header Authorization by headers_from")
    return value


def _no_secret(value: str) -> str:
    found = _ADDRESS.fullmatch(webhook_url(value))
    if found is not None and found["host"].lower() in _SECRET_PATHS:
        raise _discreet(
            "is a secret: whoever knows it can post there. Put it into the environment, and its variable's name into "
            "url_from"
        )
    return value


Variable = Annotated[str, AfterValidator(_variable)]


class Receiver(Section):
    """One webhook. ``kinds`` and ``severity`` say of what it hears: by default of everything.

    Secrets are in the environment: ``url_from`` and the values of ``headers_from`` name variables.
    """

    url: Annotated[str | None, AfterValidator(lambda url: url and _no_secret(url)), NONE] = None
    url_from: Annotated[Variable | None, NONE] = None
    form: Annotated[Form, NONE] = Field(default=Form.CLOUDEVENTS, strict=False)
    kinds: Annotated[list[Annotated[DriftKind, Field(strict=False)]], AfterValidator(each_once), NONE] = Field(
        default_factory=lambda: [*DriftKind], min_length=1, max_length=len(DriftKind)
    )
    severity: Annotated[Severity, NONE] = Field(default=Severity.MINOR, strict=False)
    headers_from: Annotated[dict[Annotated[str, AfterValidator(_header)], Variable], NONE] = Field(
        default_factory=dict, max_length=20
    )

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if (self.url is None) == (self.url_from is None):
            raise ValueError("needs url, or url_from (the variable of the environment that holds it): one of the two")
        return self


class Notify(Section):
    """What ``rivergauge notify`` does.

    A step that a receiver has not taken ``give_up_after_seconds`` after it was first tried is given up. ``runbook`` is
    where people find the page that tells what each kind of alert asks for, ``page`` where the gauge's own page is.
    """

    receivers: Annotated[dict[Name, Receiver], NONE] = Field(default_factory=dict, max_length=50)
    give_up_after_seconds: Annotated[float, NONE] = Field(default=86_400.0, ge=0, le=1e7)
    runbook: Annotated[str, NONE] = Field(default="docs/alerts.md", min_length=1, max_length=1_000)
    page: Annotated[str | None, AfterValidator(lambda url: url and webhook_url(url)), NONE] = None
