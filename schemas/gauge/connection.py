"""``[connection]``: how to reach Kafka."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from schemas.gauge.cost import NONE
from schemas.gauge.section import Section


class Security(StrEnum):
    """How the connection to Kafka is protected. Passwords in clear text must be asked for by name."""

    PLAINTEXT = "plaintext"
    TLS = "tls"
    SASL_TLS = "sasl_tls"
    SASL_PLAINTEXT = "sasl_plaintext"

    @property
    def encrypts(self) -> bool:
        """Whether the connection is one of TLS."""
        return self in (Security.TLS, Security.SASL_TLS)

    @property
    def asks_for_a_user(self) -> bool:
        """Whether the broker is told a name and a password (SASL)."""
        return self in (Security.SASL_TLS, Security.SASL_PLAINTEXT)


class Connection(Section):
    """How to reach Kafka; used by the consumer, the producers and the admin client alike.

    Secrets are never in the file: ``RIVERGAUGE_SASL_PASSWORD`` and ``RIVERGAUGE_TLS_KEY_PASSWORD`` come from
    the environment.
    """

    bootstrap_servers: Annotated[str, NONE] = Field(default="127.0.0.1:9092", min_length=1)
    security: Annotated[Security, NONE] = Field(default=Security.PLAINTEXT, strict=False)
    tls_ca_file: Annotated[str | None, NONE] = None
    tls_certificate_file: Annotated[str | None, NONE] = None
    tls_key_file: Annotated[str | None, NONE] = None
    sasl_mechanism: Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], NONE] = "SCRAM-SHA-512"
    sasl_username: Annotated[str | None, NONE] = None

    @field_validator("bootstrap_servers")
    @classmethod
    def _names_servers(cls, value: str) -> str:
        if not any(server.strip() for server in value.split(",")):
            raise ValueError("must name servers, as in 'one:9092,two:9092'")
        return value

    @model_validator(mode="after")
    def _parts_belong_together(self) -> Self:
        sasl = self.security.asks_for_a_user
        if sasl and self.sasl_username is None:
            raise ValueError(f"security = '{self.security}' needs sasl_username")
        if not sasl and self.sasl_username is not None:
            raise ValueError(f"sasl_username is set but security is '{self.security}': use 'sasl_tls'")
        files = ("tls_ca_file", "tls_certificate_file", "tls_key_file")
        given = [name for name in files if getattr(self, name) is not None]
        if given and not self.security.encrypts:
            raise ValueError(
                f"{' and '.join(given)} would not be used: security is '{self.security}', and only 'tls' and "
                "'sasl_tls' encrypt"
            )
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_certificate_file and tls_key_file go together")
        return self
