"""Why a broker cannot be had, one exception tree.

::

    BrokerError
    ├── KafkaUnavailableError    this machine cannot run it: no Java, or no artefacts and no way to get them
    └── KafkaFailedError         it was started and did not come up, or ended by itself
        └── KafkaAddressError    its port or its directory cannot be used: choose another
"""

from __future__ import annotations

from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError


class BrokerError(CommandError):
    """A broker that cannot be had; see the kinds below."""

    exit_code = ExitCode.UNAVAILABLE


class KafkaUnavailableError(BrokerError):
    """This machine lacks something; the message says what to install."""


class KafkaFailedError(BrokerError):
    """The broker did not start or ended by itself; the message carries the end of its log."""


class KafkaAddressError(KafkaFailedError):
    """The broker's port is taken, or its directory cannot be used; nothing was started."""

    exit_code = ExitCode.USAGE
