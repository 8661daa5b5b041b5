"""A worker as the faults need it: the real one, with an observer that may end it at a named point.

    python -m faults.worker GAUGE [--point NAME] [--nth N] [--act kill|stop] [--collect FILE]

Without a point it is a plain worker. ``--collect`` writes the points that were reached as JSON at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from faults.points import Breaker, Collector
from streams.here import logs
from streams.here.gaugefile import load
from streams.worker import worker


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one worker until it is told to stop, or breaks; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m faults.worker", description=__doc__.partition("\n")[0])
    parser.add_argument("gauge", type=Path)
    parser.add_argument("--point")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--act", choices=("kill", "stop"), default="kill")
    parser.add_argument("--collect", type=Path)
    options = parser.parse_args(arguments)
    observer: Callable[[str], None] | None = None
    if options.point is not None:
        observer = Breaker(options.point, options.nth, options.act)
    elif options.collect is not None:
        observer = Collector()
    logs.configure()
    code = int(worker.run(load(options.gauge), environ=os.environ, at=observer))
    if isinstance(observer, Collector):
        options.collect.write_text(json.dumps(observer.seen))
    return code


if __name__ == "__main__":
    sys.exit(main())
