"""The child that pickles does not outlive a parent that was killed, and holds nothing of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a forked child is used on Linux only")

# The child still writes when its parent is gone. Both hold standard output: it ends, for whoever reads it, when both
# have ended.
KILLED = """
import asyncio, os, signal, socket
from streams.snapshots import image
image.dump = lambda learner: b"x" * 100_000_000
listener = socket.create_server(("127.0.0.1", 0))
async def main():
    image.forked(None, bytes)
    print(listener.getsockname()[1], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""

LISTENING = """
import os, socket, sys
from streams.snapshots import image
image.dump = lambda learner: str(sorted(int(fd) for fd in os.listdir("/proc/self/fd"))).encode()
listener = socket.create_server(("127.0.0.1", 0))
import asyncio
async def main():
    return await image.forked(None, bytes)
print(asyncio.run(main())[:].decode())
"""


def test_a_child_ends_when_its_parent_was_killed():
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, timeout=60, check=False)

    assert done.returncode == -9, done.stderr
    assert done.stdout


def test_a_child_holds_no_socket_of_its_parent():
    done = subprocess.run([sys.executable, "-c", LISTENING], capture_output=True, timeout=60, check=True)

    # The standard three, the shared memory, and the directory that is being listed.
    assert len(eval(done.stdout)) == 5
