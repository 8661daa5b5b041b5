"""The broker that is broken: a Kafka of our own, whose Java can be killed, stopped and continued."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from streams.broker.kafka import KafkaBroker


class Broker(KafkaBroker):
    """A Kafka of one node with a life of its own."""

    @property
    def java(self) -> int:
        """Process id of the broker itself; the shell around it is its parent."""
        assert self._process is not None, "start the broker first"
        shell = self._process.pid
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        [found] = [int(child) for child in children if Path(f"/proc/{child}/comm").read_text().strip() == "java"]
        return found

    def kill(self) -> None:
        """SIGKILL; `start` continues with what is on its disc."""
        os.kill(self.java, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()
        self.stop()

    def pause(self) -> None:
        """SIGSTOP."""
        os.kill(self.java, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self.java, signal.SIGCONT)
