"""A mean that forgets."""

from __future__ import annotations


class FadingMean:
    """Prequential mean that forgets exponentially.

    After values e_1..e_n it is Σ α^(n-i) e_i / Σ α^(n-i); for α = 1, the plain mean.

    Parameters
    ----------
    alpha
        Fading factor in (0, 1], per value. 0.999 remembers about a thousand values.

    Raises
    ------
    ValueError
        If alpha lies outside (0, 1].

    References
    ----------
    Gama, Sebastião, Rodrigues (2013). On evaluating stream learning algorithms. Machine Learning 90.

    >>> error = FadingMean(alpha=0.9)
    >>> for loss in (0, 1, 0):
    ...     error.update(loss)
    >>> round(error.get(), 5)
    0.3321
    """

    __slots__ = ("_alpha", "_sum", "_weight")

    def __init__(self, *, alpha: float) -> None:
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha must be in (0, 1], got {alpha}")
        self._alpha = alpha
        self._sum = 0.0
        self._weight = 0.0

    def update(self, value: float) -> None:
        """Take in one value."""
        self._sum = self._alpha * self._sum + value
        self._weight = self._alpha * self._weight + 1.0

    def get(self) -> float | None:
        """The mean; ``None`` before the first value."""
        return self._sum / self._weight if self._weight else None
