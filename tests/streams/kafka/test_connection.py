"""The gauge's connection and the environment become client settings."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from schemas.gauge import Connection
from streams.here.failures import SettingsError
from streams.kafka.connection import client_settings


def test_plaintext_needs_servers_only():
    settings = client_settings(Connection(bootstrap_servers="a:1, b:2,"), {})

    assert settings == {"bootstrap_servers": ["a:1", "b:2"], "security_protocol": "PLAINTEXT"}


def test_sasl_takes_the_password_from_the_environment():
    connection = Connection(security="sasl_plaintext", sasl_username="me", sasl_mechanism="PLAIN")

    settings = client_settings(connection, {"RIVERGAUGE_SASL_PASSWORD": "secret"})

    assert settings["security_protocol"] == "SASL_PLAINTEXT"
    assert (settings["sasl_mechanism"], settings["sasl_plain_username"], settings["sasl_plain_password"]) == (
        "PLAIN",
        "me",
        "secret",
    )
    assert "ssl_context" not in settings


@pytest.mark.parametrize("environ", [{}, {"RIVERGAUGE_SASL_PASSWORD": ""}])
def test_a_missing_password_is_refused_by_name(environ: dict[str, str]):
    with pytest.raises(SettingsError, match="set RIVERGAUGE_SASL_PASSWORD"):
        client_settings(Connection(security="sasl_tls", sasl_username="me"), environ)


def test_tls_verifies_the_broker():
    context = client_settings(Connection(security="tls"), {})["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_ca_file_that_cannot_be_used_is_named(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"tls_ca_file.*nowhere.pem"):
        client_settings(Connection(security="tls", tls_ca_file=str(tmp_path / "nowhere.pem")), {})


def test_a_certificate_that_cannot_be_used_is_named(tmp_path: Path):
    certificate = tmp_path / "client.pem"
    certificate.write_text("no certificate")

    with pytest.raises(SettingsError, match=r"tls_certificate_file.*client.pem.*RIVERGAUGE_TLS_KEY_PASSWORD"):
        client_settings(
            Connection(security="tls", tls_certificate_file=str(certificate), tls_key_file=str(certificate)), {}
        )
