"""Where a state was made: the build of our own code, and the kind of CPU.

Two machines may differ in the last bit of a sum although all libraries are the same. glibc's ``exp`` and ``log`` choose
a variant by what the CPU can do (with FMA they round once less), and so do NumPy's loops and its BLAS. So the kind of a
CPU is its architecture, the C library, and those of its features by which such code is chosen; not its name.
"""

from __future__ import annotations

import platform
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Final

import models
import schemas

FLOAT_FEATURES: Final = (
    *("sse4_1", "sse4_2", "avx", "fma", "avx2", "avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"),
    *("avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("asimd", "asimdhp", "asimddp", "fphp", "sve", "sve2"),
)
"""Names as Linux lists them in /proc/cpuinfo, x86 first, then ARM."""


def cpu_kind(machine: str, libc: str, cpuinfo: str) -> str:
    """The kind of a CPU in words.

    Parameters
    ----------
    machine
        The architecture, as ``platform.machine`` names it.
    libc
        The C library with its version; empty where it is not known.
    cpuinfo
        The text of /proc/cpuinfo; empty where there is none, then the features are left out.

    >>> cpu_kind("x86_64", "glibc 2.36", "flags : fpu avx2 fma sse4_2")
    'x86_64; glibc 2.36; sse4_2 fma avx2'
    """
    lines = (line.partition(":") for line in cpuinfo.splitlines())
    features = next((set(rest.split()) for name, _, rest in lines if name.strip() in ("flags", "Features")), set())
    found = " ".join(name for name in FLOAT_FEATURES if name in features)
    return "; ".join(part for part in (machine, libc, found) if part)


@cache
def this_cpu() -> str:
    """The kind of this machine's CPU."""
    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:  # another system than Linux
        cpuinfo = ""
    return cpu_kind(platform.machine(), " ".join(platform.libc_ver()).strip(), cpuinfo)


@cache
def this_build() -> str:
    """Version of Rivergauge, and a digest of the source of everything that decides a state."""
    digest = blake2b(digest_size=8)
    for package in (schemas, models):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            source = path.read_bytes()
            digest.update(f"{package.__name__}/{path.relative_to(root).as_posix()} {len(source)}\n".encode())
            digest.update(source)
    return f"{version('rivergauge')}+{digest.hexdigest()}"
