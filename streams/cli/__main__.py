"""``python -m streams.cli``: the same as ``rivergauge``."""

from streams.cli import main

main()
