"""Fixtures of the shell's tests."""

from __future__ import annotations

import shutil

import pytest

from streams.broker.artefacts import jars
from streams.broker.failures import KafkaUnavailableError


@pytest.fixture
def runnable(require):
    """This machine can run a Kafka of the test's own."""
    if shutil.which("java") is None:
        require("kafka", False, "no java on PATH")
    try:
        jars()
    except KafkaUnavailableError as missing:
        require("kafka", False, str(missing))
