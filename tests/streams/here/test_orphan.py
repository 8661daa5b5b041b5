"""A child ends with its parent; the kernel is asked, and real processes are the witnesses."""

from __future__ import annotations

import signal
import subprocess
import sys

CHILD = """
import signal, sys
from streams.here.orphan import end_with
end_with(int(sys.argv[1]))
print("lives", flush=True)
signal.pause()
"""

PARENT = f"""
import os, signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}, str(os.getpid())], stdout=subprocess.PIPE, text=True)
assert child.stdout.readline() == "lives\\n"
print(child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_child_whose_parent_is_gone_already_ends_at_once():
    nobody = 2**22 + 1  # above the largest process id

    done = subprocess.run([sys.executable, "-c", CHILD, str(nobody)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, "", "")


def test_a_child_ends_when_its_parent_is_killed():
    # The child holds the other end of stderr: it is read to its end only when both are gone.
    done = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == -signal.SIGKILL
    assert int(done.stdout) > 0, done.stderr
