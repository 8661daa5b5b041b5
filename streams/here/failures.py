"""The reasons for which a command ends, one exception tree, and with what exit code: the one table from error to code.

Errors of the Kafka clients are no part of it; `streams.kafka.client_errors` says which of these a client's error means.

::

    CommandError                 has an exit code; its text is what a person is told
    ├── GaugeFileError           (streams.cli) a gauge file cannot be used
    ├── NoStateError             (streams.cli) no state is kept with which a gauge file could be compared
    ├── NobodyToAskError         (streams.cli) consent is needed, and there is no terminal
    ├── NotAgreedError           (streams.cli) the user was asked, and does not agree
    ├── DataFileError            (streams.data) a data file cannot be read as asked
    ├── DemoError                (streams.demo) the demo could not go on
    ├── InProcessBrokerError     (streams.broker) the demo's broker failed
    ├── BrokerError              (streams.broker) a Kafka on this machine cannot be had
    ├── ServerAwayError          (streams.http) nobody answers over HTTP, or not now
    ├── MlflowAwayError          (streams.export) no MLflow server answers
    ├── MlflowRefusedError       (streams.export) MLflow refuses, or something else answers
    ├── ServerRefusedError       (streams.http) a server is another one, or takes neither the token nor the request
    └── WorkerError              why a worker stops

    WorkerError
    ├── SettingsError            environment and gauge file do not make a connection
    ├── BrokerUnreachableError   patience is over
    ├── BrokerRefusedError       the broker said no
    │   └── NotAllowedError      to our credentials or rights: a person can change that while we wait
    ├── TopicsError              a topic is missing, partition counts differ
    ├── LogRefusedError          the log does not fit the learner
    │   └── BatchRefusedError    a batch cannot be decompressed, or only to more than a worker takes
    ├── StateRefusedError        what was committed or kept does not fit the log, the gauge file or the libraries
    │   └── MarkRefusedError     the group's committed offset was not written by this gauge
    ├── StalledError             records can be read and nothing moves
    └── DefectError              the core or the envelope raised, or the engine died
"""

from __future__ import annotations

from typing import ClassVar

from streams.here.exit_codes import ExitCode


class CommandError(Exception):
    """Why a command ended; ``exit_code`` is what its process ends with.

    ``problems`` are what is wrong, by (where, what), if there is more to tell programs than the text.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.DEFECT
    problems: list[tuple[str, str]] | None = None


class WorkerError(CommandError):
    """Why a worker stopped."""


class SettingsError(WorkerError):
    """The gauge file's connection and the environment do not fit together."""

    exit_code = ExitCode.USAGE


class BrokerUnreachableError(WorkerError):
    """No broker answered in time."""

    exit_code = ExitCode.BROKER_UNREACHABLE


class BrokerRefusedError(WorkerError):
    """The broker refused credentials, rights or a record; trying again would not help."""

    exit_code = ExitCode.BROKER_REFUSED


class NotAllowedError(BrokerRefusedError):
    """The broker refused credentials or rights. They are rotated and granted, so a running worker waits for a while."""


class TopicsError(WorkerError):
    """The topics are not what the gauge needs."""

    exit_code = ExitCode.TOPICS


class LogRefusedError(WorkerError):
    """Reading on would leave events out: the log is truncated, was made anew, or a chunk is missing."""

    exit_code = ExitCode.LOG


class BatchRefusedError(LogRefusedError):
    """A batch of the log cannot be read within the bounds of a worker's memory, and nobody has had it skipped."""


class StateRefusedError(WorkerError):
    """To go on would be a guess: commits, snapshots and outputs do not fit each other, or what runs now."""

    exit_code = ExitCode.STATE


class MarkRefusedError(StateRefusedError):
    """The group's committed offset and metadata were not written by a worker of this gauge."""


class StalledError(WorkerError):
    """A partition has readable records and makes no progress: the process ends, so that a supervisor starts another."""

    exit_code = ExitCode.STALLED


class MovedError(Exception):
    """A partition was given away while something was done for it: no failure, its next assignment begins anew."""


class FencedError(Exception):
    """Another owner has taken this partition over: normal, if the group has given it away."""


class DoubtError(Exception):
    """Whether something was written is not known, or cannot be read now: what is in memory may not go on."""


class DefectError(WorkerError):
    """Something raised that never should. Nothing after it was learned or published."""

    exit_code = ExitCode.DEFECT
