"""A Kafka behind SASL and TLS, whose authorities and certificates are made here, and which tells who asked for what.

The broker's own log of its decisions is the answer that rights are checked against: what a user was denied, and which
right was needed for what it was allowed.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import pytest
from confluent_kafka.admin import (
    ScramMechanism,
)

from tests.streams.secured import LOGIN, SecuredKafka

_MORE = """sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config={login}
listener.name.misnamed.scram-sha-512.sasl.jaas.config={login}
ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={directory}/secure.pem
listener.name.misnamed.ssl.keystore.type=PEM
listener.name.misnamed.ssl.keystore.location={directory}/misnamed.pem
"""

_LOGGING = """status = error
appender.audit.type = File
appender.audit.name = audit
appender.audit.fileName = {directory}/audit.log
appender.audit.layout.type = PatternLayout
appender.audit.layout.pattern = %m%n
appender.console.type = Console
appender.console.name = console
rootLogger.level = error
rootLogger.appenderRef.console.ref = console
logger.authorizer.name = kafka.authorizer.logger
logger.authorizer.level = debug
logger.authorizer.additivity = false
logger.authorizer.appenderRef.audit.ref = audit
"""

_DECISION = re.compile(
    r"Principal = User:(?P<user>\S+) is (?P<verdict>\w+) operation = (?P<operation>\w+) from host = \S+ "
    r"on resource = (?P<kind>\w+):LITERAL:(?P<name>\S+) for request"
)


class Need(NamedTuple):
    """An operation that somebody asked to do to something that has a name, of a kind as Kafka names it."""

    kind: str
    name: str
    operation: str


class AuditedKafka(SecuredKafka):
    """Doors: ``open``; ``secure``, SASL_SSL with SCRAM-SHA-512 and a certificate for 127.0.0.1; ``misnamed``, the same
    with the certificate of another host. The authority of both is ``ca.pem`` in the broker's directory."""

    DOORS: ClassVar[Mapping[str, str]] = {"open": "PLAINTEXT", "secure": "SASL_SSL", "misnamed": "SASL_SSL"}
    SCRAM: ClassVar[ScramMechanism] = ScramMechanism.SCRAM_SHA_512

    def start(self, timeout_s: float = 60.0) -> None:
        """As any broker, with a log of what it allows and denies."""
        self.directory.mkdir(parents=True, exist_ok=True)
        logging = self.directory / "log4j2.properties"
        logging.write_text(_LOGGING.format(directory=self.directory))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("JDK_JAVA_OPTIONS", f"-Dlog4j2.configurationFile={logging}")
            super().start(timeout_s)

    @property
    def authority(self) -> Path:
        """The certificate of who signed the brokers'."""
        return self.directory / "ca.pem"

    def decisions(self, user: str) -> Mapping[str, set[Need]]:
        """What the broker has ``Allowed`` and ``Denied`` to a user until now."""
        found: dict[str, set[Need]] = {"Allowed": set(), "Denied": set()}
        for line in (self.directory / "audit.log").read_text().splitlines():
            decision = _DECISION.match(line)
            if decision is not None and decision["user"] == user:
                need = Need(decision["kind"], decision["name"], decision["operation"])
                found[decision["verdict"]].add(need)
        return found

    def _more(self) -> str:
        sign_certificates(self.directory, {"secure": "IP:127.0.0.1", "misnamed": "DNS:kafka.example"})
        return _MORE.format(login=LOGIN, directory=self.directory)


def sign_certificates(directory: Path, servers: Mapping[str, str]) -> None:
    """Make an authority, ``ca.pem``, and for each server key and certificate in one file for its alternative name."""
    new = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    )

    def openssl(*more: str) -> None:
        subprocess.run([*new, *more], cwd=directory, check=True, capture_output=True)

    openssl("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority")
    for name, alternative in servers.items():
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}")
        openssl(*by, "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out", "certificate.pem")
        parts = [(directory / part).read_text() for part in ("key.pem", "certificate.pem", "ca.pem")]
        (directory / f"{name}.pem").write_text("".join(parts))
