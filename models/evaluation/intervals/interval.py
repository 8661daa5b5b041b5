"""How sure a figure is, given the number of labels behind it."""

from __future__ import annotations

from math import log, sqrt

_Z95 = 1.959963984540054


def wilson(successes: float, n: float, z: float = _Z95) -> tuple[float, float]:
    """Wilson's score interval for a proportion; 95 % unless ``z`` says otherwise.

    It assumes n independent labels: where errors come in runs, give it the effective number of labels.

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


def t_quantile(probability: float, degrees: float) -> float:
    """The quantile of Student's t distribution.

    >>> round(t_quantile(0.975, 15), 4)
    2.1314
    """
    from scipy.special import stdtrit  # a quarter of a second, for who asks for a figure

    return float(stdtrit(degrees, probability))


def any_look(n: float, *, alpha: float = 0.05, tuned_for: float = 1_000) -> float:
    """How many standard errors an interval takes that holds at every n at once: an asymptotic confidence sequence.

    It is narrowest, 1.5 times a single look's, about ``tuned_for`` labels.

    References
    ----------
    Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas (2021). Time-uniform central limit theory and asymptotic confidence
    sequences. arXiv 2103.06476.

    >>> round(any_look(1_000), 2)
    3.04
    """
    spread = 2 * log(1 / alpha)
    q = (spread + log(1 + spread)) / tuned_for
    return sqrt(2 * (n * q + 1) / (n * q) * log(sqrt(n * q + 1) / alpha))
