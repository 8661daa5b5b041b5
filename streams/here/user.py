"""Who runs this process."""

from __future__ import annotations

import getpass
import socket


def user_here() -> str:
    """The user's name and this machine's, as records of what was done name them: ``ann@ops-3``."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
