"""The reasons for which a worker stops, one exception tree.

::

    WorkerError                  has an exit code
    ├── SettingsError            environment and gauge file do not make a connection
    ├── BrokerUnreachableError   patience is over
    ├── BrokerRefusedError       the broker said no
    ├── TopicsError              a topic is missing, partition counts differ
    ├── LogRefusedError          the log does not fit the learner
    └── DefectError              the core or the envelope raised, or the engine died
"""

from __future__ import annotations

from typing import ClassVar

from streams.exit_codes import ExitCode


class WorkerError(Exception):
    """Why a worker stopped; ``exit_code`` is what its process ends with."""

    exit_code: ClassVar[ExitCode] = ExitCode.DEFECT


class SettingsError(WorkerError):
    """The gauge file's connection and the environment do not fit together."""

    exit_code = ExitCode.USAGE


class BrokerUnreachableError(WorkerError):
    """No broker answered in time."""

    exit_code = ExitCode.BROKER_UNREACHABLE


class BrokerRefusedError(WorkerError):
    """The broker refused credentials, rights or a record; trying again would not help."""

    exit_code = ExitCode.BROKER_REFUSED


class TopicsError(WorkerError):
    """The topics are not what the gauge needs."""

    exit_code = ExitCode.TOPICS


class LogRefusedError(WorkerError):
    """Reading on would leave events out: the log is truncated, was made anew, or a chunk is missing."""

    exit_code = ExitCode.LOG


class DefectError(WorkerError):
    """Something raised that never should. Nothing after it was learned or published."""

    exit_code = ExitCode.DEFECT
