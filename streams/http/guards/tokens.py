"""Tokens of HTTP clients: who may read, score, send or control. Only their SHA-256 is kept.

``RIVERGAUGE_TOKENS`` holds them, separated by white space, or the file that ``RIVERGAUGE_TOKENS_FILE`` names, one a
line (``#`` begins a comment): ``NAME:SCOPE,SCOPE:SHA256``. A token is as secret as it is random: 32 characters or more.

``RIVERGAUGE_OPEN`` names what needs none, wherever the server listens: ``score``, or ``read,score``. It is for places
where something else decides who gets through, such as SageMaker's endpoints, whose callers cannot send a token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple, Self

from streams.here.failures import SettingsError

VARIABLE: Final = "RIVERGAUGE_TOKENS"
FILE_VARIABLE: Final = "RIVERGAUGE_TOKENS_FILE"
OPEN_VARIABLE: Final = "RIVERGAUGE_OPEN"

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_FORM: Final = "NAME:SCOPE,SCOPE:SHA256, with the scopes read, score, send, control, and 64 hex digits"


class Scope(StrEnum):
    """What a token allows; none includes another."""

    READ = "read"
    SCORE = "score"
    SEND = "send"
    CONTROL = "control"


MAY_BE_OPEN: Final = frozenset({Scope.READ, Scope.SCORE})
"""What changes nothing."""


class Token(NamedTuple):
    """Who has it, what it allows, and its hash."""

    name: str
    scopes: frozenset[Scope]
    sha256: bytes


class Tokens(NamedTuple):
    """All tokens of one server; there may be none. ``open`` is what is allowed without."""

    tokens: tuple[Token, ...] = ()
    open: frozenset[Scope] = frozenset()

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Those that the environment names.

        Raises
        ------
        SettingsError
            If one is malformed, or the file cannot be read.
        """
        found = [(VARIABLE, entry) for entry in environ.get(VARIABLE, "").split()]
        path = environ.get(FILE_VARIABLE)
        if path:
            try:
                lines = Path(path).read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{FILE_VARIABLE}: {path} cannot be read: {error}") from error
            entries = [line.partition("#")[0].strip() for line in lines]
            found += [(f"{path}, line {number}", entry) for number, entry in enumerate(entries, 1) if entry]
        return cls(tuple(_token(where, entry) for where, entry in found), _open(environ.get(OPEN_VARIABLE, "")))

    def holder(self, given: str) -> Token | None:
        """Whose token this is."""
        digest = hashlib.sha256(given.encode()).digest()
        # All are compared, so that the time says nothing of them.
        matching = [token for token in self.tokens if hmac.compare_digest(token.sha256, digest)]
        return matching[0] if matching else None


def _open(text: str) -> frozenset[Scope]:
    words = text.replace(",", " ").split()
    if not {*words} <= {*MAY_BE_OPEN}:
        raise SettingsError(
            f"{OPEN_VARIABLE} must be read, score, or both, got {text!r}: what else there is needs a token"
        )
    return frozenset(map(Scope, words))


def _token(where: str, entry: str) -> Token:
    parts = entry.split(":")
    scopes = parts[1].split(",") if len(parts) == 3 else []
    if len(parts) != 3 or not parts[0] or not {*scopes} <= {*Scope} or _SHA256.fullmatch(parts[2]) is None:
        # Nothing of it is shown: it may be a token that was taken for its hash.
        raise SettingsError(f"{where}: a token must be written as {_FORM}; make the hash with sha256sum")
    return Token(parts[0], frozenset(map(Scope, scopes)), bytes.fromhex(parts[2]))
