"""What the commands' exit codes mean; the command line prints this table."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Each way a command can end. A supervisor should restart all but ``OK`` and ``USAGE``; after `BROKER_REFUSED`,
    `TOPICS`, `LOG` and `STATE` only when somebody has mended what the message names."""

    OK = 0
    """Stopped because it was asked to, everything folded is published."""
    USAGE = 2
    """The command line, the gauge file or the environment is wrong; nothing was read or written."""
    BROKER_UNREACHABLE = 3
    """No broker answered for as long as there was time to wait: at the start, or to publish the rest at the end.

    A worker folds again at its next start what it could not publish."""
    BROKER_REFUSED = 4
    """The broker answered and refused: credentials, rights, a record that it does not accept."""
    TOPICS = 5
    """A topic is missing, or the topics' partition counts differ, or the input's changed while it was read."""
    LOG = 6
    """The log does not fit the learner: truncated, made anew, read with a gap; or a batch is too large to unpack."""
    STATE = 7
    """Snapshots, commits and outputs do not fit each other, the gauge file or the libraries; the message says why.

    Also where a worker was asked to stop, published everything, and could not write its last snapshot."""
    STALLED = 8
    """A partition had readable records and made no progress; a supervisor should start the worker again.

    Also where a model does not come back from a record (the log names it), and where the process is still there 6.5 s
    after it was asked to stop."""
    NOTHING_PREDICTED = 9
    """The input held events, and every one of them was refused; the command's output gives the reasons."""
    TO_ACCEPT = 10
    """``check --against``: the changes take effect after ``rivergauge accept``."""
    TO_RESET = 11
    """``check --against``: the state does not fit the changes; ``rivergauge reset``, or another gauge."""
    SOME_REFUSED = 12
    """``score``: some events were refused; the others have their answers. All of them refused is 9."""
    UNAVAILABLE = 69
    """A program that the command stands on is missing, fails, or ended by itself (EX_UNAVAILABLE): Java, Maven, Kafka;
    or a server that it asks is away: the worker of ``score``, MLflow's of ``export``.

    The message names what to install, or where nobody answers."""
    DEFECT = 70
    """A defect in Rivergauge or a model (EX_SOFTWARE).

    A worker's log names the record; what came before it is published, nothing after it is learned."""
    INTERRUPTED = 130
    """Stopped from the keyboard before it had finished."""
