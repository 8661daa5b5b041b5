"""Why an export ends; see the tree in `streams.here.failures`."""

from __future__ import annotations

from streams.here.exit_codes import ExitCode
from streams.here.failures import CommandError


class MlflowAwayError(CommandError):
    """No MLflow server answers."""

    exit_code = ExitCode.UNAVAILABLE


class MlflowRefusedError(CommandError):
    """What answers refuses credentials or a request, or is no MLflow server."""

    exit_code = ExitCode.USAGE
