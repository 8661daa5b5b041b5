"""How sure a figure is, given the number of labels behind it."""

from __future__ import annotations

from math import sqrt

_Z95 = 1.959963984540054


def wilson(successes: float, n: int, z: float = _Z95) -> tuple[float, float]:
    """Wilson's score interval for a proportion; 95 % unless ``z`` says otherwise.

    It assumes independent labels: on streams whose errors come in runs it is too narrow.

    Raises
    ------
    ValueError
        If n is not positive or the successes are not between 0 and n.

    References
    ----------
    Wilson (1927). Probable inference, the law of succession, and statistical inference. JASA 22.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"successes must be in [0, n] with n > 0, got {successes} of {n}")
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
