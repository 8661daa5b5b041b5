"""What stands in a payload for things that are not written into it.

Both functions are only named there. The unpickler puts its own in their place: the first gives a part of the gauge
that the worker runs now, the second a method, of those in `models.stateful.METHODS` only.
"""

from __future__ import annotations

from typing import Any


def gauge_part(name: str) -> Any:
    """The gauge (``""``) or one of its sections, by name."""
    raise TypeError(f"'{name}': only the unpickler of a snapshot knows the gauge")


def bound_method(owner: Any, name: str) -> Any:
    """A method of ``owner``. Plain pickles call ``getattr`` here, which reaches everything."""
    raise TypeError(f"'{name}': only the unpickler of a snapshot binds methods")
