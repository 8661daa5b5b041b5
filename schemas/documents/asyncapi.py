"""A gauge as an AsyncAPI 3.0 document: its topics, what is on them, and how they are reached.

The application is the worker: it receives from the input and sends to the outputs. The topics that only Rivergauge
reads, of snapshots, orders and records sent again, are no part of it.
"""

from __future__ import annotations

from typing import Any, Final

from schemas.documents.commands import command_headers, command_schema
from schemas.documents.headers import header_schema
from schemas.documents.inputs import event_schema, label_schema
from schemas.documents.typed import Schema, plain_words
from schemas.documents.values import value_schema
from schemas.gauge import Gauge
from schemas.record_table import JSON, KINDS, Kind

BINDING: Final = "0.5.0"
"""The version of AsyncAPI's Kafka bindings that is used."""

_DEFINITIONS: Final = "#/components/schemas/{model}"
_BYTES: Final = "application/octet-stream"
_INPUT: Final = "input"
_SASL: Final = {"PLAIN": "plain", "SCRAM-SHA-256": "scramSha256", "SCRAM-SHA-512": "scramSha512"}


def asyncapi(gauge: Gauge, version: str) -> Schema:
    """The document.

    Parameters
    ----------
    version
        That of Rivergauge.
    """
    schemas: dict[str, Schema] = {}
    inputs = _inputs(gauge, schemas)
    outputs = {kind: _message(kind, gauge, schemas) for kind in KINDS}
    topics = gauge.topics
    channels = {_INPUT: _channel(gauge, topics.input, "What is scored and learned.", inputs)}
    operations = {"receive_input": _operation("receive", _INPUT, inputs)}
    for kind in KINDS:
        words = plain_words(kind.record.__doc__).partition("\n")[0]
        channels[kind.topic] = _channel(gauge, getattr(topics, kind.topic), words, [kind.name])
        operations[f"send_{kind.topic}"] = _operation("send", kind.topic, [kind.name])
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": gauge.name,
            "version": version,
            "description": f"The topics of the gauge {gauge.name} ({gauge.task}, digest {gauge.digest}). Readers of "
            "outputs want isolation.level=read_committed. Output partition = input partition.",
        },
        "defaultContentType": JSON,
        "servers": _servers(gauge),
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {**inputs, **{kind.name: message for kind, message in outputs.items()}},
            "schemas": schemas,
            **_security(gauge),
        },
    }


def _inputs(gauge: Gauge, schemas: dict[str, Schema]) -> dict[str, Schema]:
    found = {"event": event_schema(gauge), "label": label_schema(gauge), "command": command_schema(gauge)}
    messages: dict[str, Schema] = {}
    for name, schema in found.items():
        if schema is None:
            continue
        schemas[name] = schema
        messages[name] = {
            "name": name,
            "title": schema["title"],
            "summary": schema["description"],
            "contentType": JSON,
            "payload": {"$ref": f"#/components/schemas/{name}"},
            "bindings": _key("Any; all records of one id have the same, so that they come to one partition."),
        }
    if "command" in messages:
        del messages["command"]["bindings"]  # it has no key: its partition is named
        messages["command"]["headers"] = command_headers()
    return messages


def _message(kind: Kind, gauge: Gauge, schemas: dict[str, Schema]) -> Schema:
    value = value_schema(kind, gauge, _DEFINITIONS)
    if value is not None:
        schemas.update(value.pop("$defs", {}))
        schemas[kind.name] = value
    key = None if kind.key is None else "That of the input record."
    return {
        "name": kind.ce_type,
        "title": kind.ce_type,
        "summary": plain_words(kind.record.__doc__).partition("\n")[0],
        "contentType": _BYTES if kind.content_type is None else kind.content_type,
        "headers": header_schema(kind, gauge),
        "payload": {"description": "The refused record's bytes."} if value is None else _schema(kind.name),
        **({} if key is None else {"bindings": _key(key)}),
    }


def _schema(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _key(words: str) -> Schema:
    return {"kafka": {"key": {"type": "string", "description": words}, "bindingVersion": BINDING}}


def _channel(gauge: Gauge, topic: str, words: str, messages: Any) -> Schema:
    kafka = {
        "topic": topic,
        "partitions": gauge.topics.partitions,
        "replicas": gauge.topics.replication_factor,
        "bindingVersion": BINDING,
    }
    return {
        "address": topic,
        "description": words,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": kafka},
    }


def _operation(action: str, channel: str, messages: Any) -> Schema:
    place = f"#/channels/{channel}"
    return {
        "action": action,
        "channel": {"$ref": place},
        "messages": [{"$ref": f"{place}/messages/{name}"} for name in messages],
    }


def _servers(gauge: Gauge) -> dict[str, Schema]:
    connection = gauge.connection
    hosts = [host.strip() for host in connection.bootstrap_servers.split(",") if host.strip()]
    security = {"security": [{"$ref": "#/components/securitySchemes/sasl"}]} if _security(gauge) else {}
    protocol = "kafka-secure" if connection.security.encrypts else "kafka"
    return {f"kafka_{number}": {"host": host, "protocol": protocol, **security} for number, host in enumerate(hosts, 1)}


def _security(gauge: Gauge) -> dict[str, Schema]:
    connection = gauge.connection
    if not connection.security.asks_for_a_user:
        return {}
    return {"securitySchemes": {"sasl": {"type": _SASL[connection.sasl_mechanism]}}}
