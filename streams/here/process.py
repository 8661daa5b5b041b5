"""How this program is started in a process of its own."""

from __future__ import annotations

import sys
from typing import Final

RIVERGAUGE: Final = (sys.executable, "-P", "-m", "streams.cli")
"""The command line's first words. ``-P``: a ``models.py`` in the user's directory is not ours."""
