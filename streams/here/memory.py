"""How much memory this machine can still give: what the kernel says, and what the container is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_MEMINFO: Final = Path("/proc/meminfo")
_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")
_TAKEN: Final = Path("/sys/fs/cgroup/memory.current")


def available() -> int | None:
    """Bytes; ``None`` where nobody says."""
    found = [one for one in (_of_machine(), _of_container()) if one is not None]
    return min(found, default=None)


def _of_machine() -> int | None:
    for line in _read(_MEMINFO).splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) * 1024
    return None


def _of_container() -> int | None:
    limit, taken = _read(_LIMIT).strip(), _read(_TAKEN).strip()
    return int(limit) - int(taken) if limit.isdecimal() and taken.isdecimal() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
