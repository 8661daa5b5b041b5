"""TOML text read with bounds, so that whatever stands in a file is answered in seconds and with a sentence.

The standard library's parser needs time that grows with the square of a key's parts, and recursion for nested values.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

DEEPEST: Final = 30

_KEY: Final = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY: Final = re.compile(rf"""(?<![\w."'-]){_KEY}(?:[ \t]*+\.[ \t]*+{_KEY}){{{DEEPEST}}}""")


def loads(text: str) -> dict[str, Any]:
    """The content of TOML text.

    Raises
    ------
    ValueError
        If it is no TOML, or nested deeper than 30 tables and lists. A text that reads like so long a key counts too.
    """
    if _LONG_KEY.search(text) is not None:
        raise ValueError(_TOO_DEEP)
    try:
        content = tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"not TOML: {error}") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise ValueError(f"a number cannot be read: {str(error).partition(';')[0]}") from error
    if _depth_exceeds(content):
        raise ValueError(_TOO_DEEP)
    return content


_TOO_DEEP: Final = f"nested too deep: at most {DEEPEST} tables and lists in one another"


def _depth_exceeds(content: dict[str, Any]) -> bool:
    level: list[Any] = [content]
    for _ in range(DEEPEST + 1):
        inside = (part.values() if isinstance(part, dict) else part for part in level)
        level = [item for part in inside for item in part if isinstance(item, dict | list)]
        if not level:
            return False
    return True
