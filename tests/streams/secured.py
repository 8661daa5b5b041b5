"""A Kafka that asks who one is, and lets nobody do what was not allowed: one broker, a door of each kind.

Behind the door ``open`` everybody may do everything: tests change passwords and rights there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from streams.broker.kafka import KafkaBroker, KafkaUnavailableError
from streams.here.ports import free_port
from tests.conftest import Require

SELF_SIGNED = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIjwYN2FbgDZLI2fv
RF1NpphVp+tCB0tXSLaqma2L+5OhRANCAASzoI31t2AotnSOdWxEDbpttqNOpkTy
4wFy+5D7rpygJWDCS3MFHCth3gReMWzh4pmGe4q1f1qSFx8N52YA4Ubt
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUNmAGCqBzpufvGqG7O9SeqmjmQAcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjE3MTg1MloYDzIxMjYxMDI5
MTcxODUyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASzoI31t2AotnSOdWxEDbpttqNOpkTy4wFy+5D7rpygJWDCS3MFHCth
3gReMWzh4pmGe4q1f1qSFx8N52YA4Ubto28wbTAdBgNVHQ4EFgQUX0RoL2cjPc3D
NFJHwvzF23fbOs8wHwYDVR0jBBgwFoAUX0RoL2cjPc3DNFJHwvzF23fbOs8wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgbPaGQvZcvoeXlR3KmEiNT6BIZlDaymg1e+dxcRvkUh4CIEOt
jvlUTaOPJ4J78DQ9WtsyZVqhb3YCJIc1tJ7eKrn1
-----END CERTIFICATE-----
"""
"""A throw-away key and its certificate for localhost, signed by nobody else; used nowhere but in tests."""

LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
_SESSION_MS = 1_500

_GUARDED = """inter.broker.listener.name=PLAINTEXT
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""

_MORE = """sasl.enabled.mechanisms=SCRAM-SHA-256
listener.name.sasl.scram-sha-256.sasl.jaas.config={login}
listener.name.short.scram-sha-256.sasl.jaas.config={login}
listener.name.short.scram-sha-256.connections.max.reauth.ms={session_ms}
ssl.keystore.type=PEM
ssl.keystore.location={pem}
ssl.truststore.type=PEM
ssl.truststore.location={pem}
listener.name.mtls.ssl.client.auth=required
"""


class SecuredKafka(KafkaBroker):
    """Doors: ``open``; ``sasl`` (SCRAM over plain text); ``short``, the same, where a session lasts 1.5 s; ``mtls``,
    which wants a certificate; ``tls``, which wants none."""

    DOORS: ClassVar[Mapping[str, str]] = {
        "open": "PLAINTEXT",
        "sasl": "SASL_PLAINTEXT",
        "short": "SASL_PLAINTEXT",
        "mtls": "SSL",
        "tls": "SSL",
    }
    SCRAM: ClassVar[ScramMechanism] = ScramMechanism.SCRAM_SHA_256

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, heap_mb=512)
        self._doors = {name: self._port if name == "open" else free_port() for name in self.DOORS}

    def door(self, name: str) -> str:
        """Its address."""
        return f"127.0.0.1:{self._doors[name]}"

    def _write_properties(self) -> Path:
        properties = super()._write_properties()
        lines = properties.read_text().splitlines()
        more = [name for name in self.DOORS if name != "open"]
        addresses = ",".join(f"{name.upper()}://{self.door(name)}" for name in more)
        protocols = ",".join(f"{name.upper()}:{self.DOORS[name]}" for name in more)
        kinds = ("listeners=", "advertised.listeners=", "listener.security.protocol.map=")
        lines = [f"{one},{protocols if one.startswith(kinds[2]) else addresses}" if one.startswith(kinds) else one
                 for one in lines]  # fmt: skip
        properties.write_text("\n".join([*lines, _GUARDED, self._more()]))
        return properties

    def _more(self) -> str:
        """What the doors need."""
        pem = self.directory / "server.pem"
        pem.write_text(SELF_SIGNED)
        return _MORE.format(login=LOGIN, pem=pem, session_ms=_SESSION_MS)

    # -- what is done behind the open door ----------------------------------------------------------------------------

    async def password(self, user: str, password: str) -> None:
        """Give a user a password, or another."""
        info = ScramCredentialInfo(self.SCRAM, 4096)
        change = UserScramCredentialUpsertion(user, info, password.encode())
        await self._done(lambda admin: admin.alter_user_scram_credentials([change]))

    async def allow(self, user: str, *rights: tuple[ResourceType, str, AclOperation]) -> None:
        """Allow a user something to all that begins with a name."""
        await self._done(lambda admin: admin.create_acls([_acl(user, *right) for right in rights]))

    async def forbid(self, user: str, *rights: tuple[ResourceType, str, AclOperation]) -> None:
        """Forbid it, whatever else is allowed."""
        bindings = [_acl(user, *right, permission=AclPermissionType.DENY) for right in rights]
        await self._done(lambda admin: admin.create_acls(bindings))

    async def grant(self, *bindings: AclBinding) -> None:
        """Allow what is written out."""
        await self._done(lambda admin: admin.create_acls([*bindings]))

    async def forgive(self, user: str) -> None:
        """Take back all that was forbidden."""
        everything = AclBindingFilter(
            ResourceType.ANY, None, ResourcePatternType.ANY, f"User:{user}", None, AclOperation.ANY,
            AclPermissionType.DENY,
        )  # fmt: skip
        await self._done(lambda admin: admin.delete_acls([everything]))

    async def delete(self, *topics: str) -> None:
        """Delete topics."""
        await self._done(lambda admin: admin.delete_topics(list(topics), operation_timeout=10))

    async def _done(self, act: Any) -> None:
        def work() -> None:
            admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
            futures = act(admin)
            for future in futures.values():
                future.result(20)

        await asyncio.to_thread(work)


@contextmanager
def started(broker: KafkaBroker, require: Require) -> Iterator[None]:
    """A broker of the test's own, started with patience (a busy machine is no defect) and stopped afterwards."""
    try:
        broker.start(timeout_s=180)
    except KafkaUnavailableError as missing:
        require("kafka", False, str(missing))
    try:
        yield
    finally:
        broker.stop()


def _acl(
    user: str,
    kind: ResourceType,
    name: str,
    operation: AclOperation,
    permission: AclPermissionType = AclPermissionType.ALLOW,
) -> AclBinding:
    pattern = ResourcePatternType.LITERAL if kind is ResourceType.BROKER else ResourcePatternType.PREFIXED
    return AclBinding(kind, name, pattern, f"User:{user}", "*", operation, permission)
