"""How every command ends: with its own exit code, or with one sentence about what the user can mend."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Final, NoReturn

import typer

from streams.cli.terminal.output import refuse
from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError

_OF_A_DISC: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EPIPE})
"""What writing to a file that is open may be answered with: the error does not name the file then."""


def end(work: Callable[[], int], *, as_json: bool = False) -> NoReturn:
    """Do a command's work and end with its code.

    What ends a command (`CommandError`), a stop from the keyboard and a file or disc that refuses (no right, no room, a
    directory in its place) are a sentence. Every other error is a defect and keeps its traceback.
    """
    try:
        code = work()
    except CommandError as error:
        code = refuse(str(error), error.exit_code, as_json=as_json, problems=error.problems)
    except KeyboardInterrupt:
        code = refuse("interrupted", ExitCode.INTERRUPTED, as_json=as_json)
    except OSError as error:
        if error.filename is None and error.errno not in _OF_A_DISC:
            raise
        code = refuse(file_problem(error), as_json=as_json)
    raise typer.Exit(code)


def file_problem(error: OSError) -> str:
    """Which file, and what the system answered."""
    what = error.strerror or os.strerror(error.errno or 0)
    return f"{os.fsdecode(error.filename)}: {what}" if error.filename is not None else f"cannot write: {what}"
