"""Why a broker cannot be had, one exception tree.

::

    KafkaError
    ├── KafkaUnavailableError    this machine cannot run it: no Java, or no artefacts and no way to get them
    └── KafkaFailedError         it was started and did not come up, or ended by itself
        └── KafkaAddressError    its port or its directory cannot be used: choose another
"""

from __future__ import annotations


class KafkaError(Exception):
    """A broker that cannot be had; see the kinds below."""


class KafkaUnavailableError(KafkaError):
    """This machine lacks something; the message says what to install."""


class KafkaFailedError(KafkaError):
    """The broker did not start or ended by itself; the message carries the end of its log."""


class KafkaAddressError(KafkaFailedError):
    """The broker's port is taken, or its directory cannot be used; nothing was started."""
