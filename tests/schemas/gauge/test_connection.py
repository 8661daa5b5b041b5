"""`[connection]`: a connection that could not be what it seems."""

from __future__ import annotations

import pytest

from tests.schemas.gauge.texts import assert_one_fault, text

FAULTS = [
    (text('[connection]\nbootstrap_servers = ","'), "connection.bootstrap_servers", "must name servers.*, got ','"),
    (text('[connection]\nbootstrap_servers = " "'), "connection.bootstrap_servers", "must name servers"),
    (
        text('[connection]\ntls_ca_file = "ca.pem"'),
        "connection",
        "tls_ca_file would not be used: security is 'plaintext'",
    ),
    (
        text('[connection]\nsecurity = "sasl_plaintext"\nsasl_username = "u"\ntls_ca_file = "ca.pem"'),
        "connection",
        "tls_ca_file would not be used: security is 'sasl_plaintext'",
    ),
    (text('[connection]\nsecurity = "sasl_tls"'), "connection", "security = 'sasl_tls' needs sasl_username"),
    (text('[connection]\nsasl_username = "me"'), "connection", "sasl_username is set but security is 'plaintext'"),
    (
        text('[connection]\nsecurity = "tls"\ntls_key_file = "k"'),
        "connection",
        "tls_certificate_file and tls_key_file go together",
    ),
]


@pytest.mark.parametrize(("source", "where", "what"), FAULTS)
def test_a_fault_is_told_with_its_place_and_what_was_expected(source, where, what):
    assert_one_fault(source, where, what)
