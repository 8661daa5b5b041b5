"""River's drift detectors by name, made one-sided: only a rise of the loss is an alarm. They keep no budget.

Each detector offered stands in ``KNOWN``, with the parameters it takes and their ranges. Not offered: ``NoDrift`` and
``DummyDriftDetector``, which do not look at the loss, and parameters that make a one-sided test two-sided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self, TypeAlias

from pydantic import ConfigDict, Field, ValidationError, model_validator
from river import drift

from models.drift.signal import Signal, refusal
from schemas.gauge import Section
from schemas.hints import closest, did_you_mean

Share: TypeAlias = Annotated[float, Field(gt=0, lt=1)]
Count: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000)]
Positive: TypeAlias = Annotated[float, Field(gt=0)]


class Parameters(Section):
    """A detector's parameters, under River's names and with River's defaults. An unknown one is an error."""

    model_config = ConfigDict(strict=True)


class AdwinParameters(Parameters):
    """Of ``drift.ADWIN``."""

    delta: Share = 0.002
    clock: Count = 32
    max_buckets: Annotated[int, Field(ge=2, le=1_000)] = 5
    min_window_length: Count = 5
    grace_period: Count = 10


class KswinParameters(Parameters):
    """Of ``drift.KSWIN``; it draws samples, so it has a seed."""

    alpha: Share = 0.005
    window_size: Count = 100
    stat_size: Count = 30
    seed: Annotated[int, Field(ge=0)] = 42

    @model_validator(mode="after")
    def _the_older_part_holds_a_sample(self) -> Self:
        if self.window_size < 2 * self.stat_size:
            raise ValueError(
                f"window_size must be at least twice stat_size, got {self.window_size} and {self.stat_size}"
            )
        return self


class PageHinkleyParameters(Parameters):
    """Of ``drift.PageHinkley``, whose ``mode`` is always ``"up"`` here."""

    min_instances: Count = 30
    delta: Annotated[float, Field(ge=0)] = 0.005
    threshold: Positive = 50.0
    alpha: Annotated[float, Field(gt=0, le=1)] = 0.9999


class DdmParameters(Parameters):
    """Of ``drift.binary.DDM``."""

    warm_start: Count = 30
    warning_threshold: Positive = 2.0
    drift_threshold: Positive = 3.0


class EddmParameters(Parameters):
    """Of ``drift.binary.EDDM``."""

    warm_start: Count = 30
    alpha: Share = 0.95
    beta: Share = 0.9

    @model_validator(mode="after")
    def _the_warning_comes_first(self) -> Self:
        if self.alpha < self.beta:
            raise ValueError(f"alpha must be at least beta, got {self.alpha} and {self.beta}")
        return self


class FhddmParameters(Parameters):
    """Of ``drift.binary.FHDDM``."""

    sliding_window_size: Count = 100
    confidence_level: Share = 0.000001
    short_window_size: Count | None = None

    @model_validator(mode="after")
    def _short_is_short(self) -> Self:
        if self.short_window_size is not None and self.short_window_size > self.sliding_window_size:
            raise ValueError(
                "short_window_size must be at most sliding_window_size, "
                f"got {self.short_window_size} and {self.sliding_window_size}"
            )
        return self


class HddmaParameters(Parameters):
    """Of ``drift.binary.HDDMA``, whose test is always one-sided here."""

    drift_confidence: Share = 0.001
    warning_confidence: Share = 0.005


class HddmwParameters(HddmaParameters):
    """Of ``drift.binary.HDDMW``, whose test is always one-sided here."""

    lambda_val: Share = 0.05


@dataclass(frozen=True, kw_only=True)
class Offer:
    """How one of River's detectors is used here.

    ``binary``: it takes losses of 0 and 1 only. ``inverted``: it wants 1 for correct. ``kept_mean``: for a two-sided
    test, the mean of the losses that its alarm found to be new; the alarm counts if this is above the mean of all.
    """

    make: Callable[..., Any]
    parameters: type[Parameters]
    binary: bool = True
    inverted: bool = False
    kept_mean: Callable[[Any], float] | None = None


def _adwin_kept_mean(detector: Any) -> float:
    # An alarm has just cut ADWIN's window down to its new part.
    return float(detector.estimation)


def _kswin_kept_mean(detector: Any) -> float:
    # An alarm has just cut KSWIN's window down to its newest stat_size losses.
    return float(sum(detector.window) / len(detector.window))


def _page_hinkley(**parameters: Any) -> Any:
    return drift.PageHinkley(mode="up", **parameters)


KNOWN: Final[Mapping[str, Offer]] = {
    "drift.ADWIN": Offer(make=drift.ADWIN, parameters=AdwinParameters, binary=False, kept_mean=_adwin_kept_mean),
    "drift.KSWIN": Offer(make=drift.KSWIN, parameters=KswinParameters, binary=False, kept_mean=_kswin_kept_mean),
    "drift.PageHinkley": Offer(make=_page_hinkley, parameters=PageHinkleyParameters, binary=False),
    "drift.binary.DDM": Offer(make=drift.binary.DDM, parameters=DdmParameters),
    "drift.binary.EDDM": Offer(make=drift.binary.EDDM, parameters=EddmParameters),
    # Against its docstring River 0.26.1's FHDDM alarms on a fall of its input: it wants 1 = correct.
    "drift.binary.FHDDM": Offer(make=drift.binary.FHDDM, parameters=FhddmParameters, inverted=True),
    "drift.binary.HDDMA": Offer(make=drift.binary.HDDMA, parameters=HddmaParameters),
    "drift.binary.HDDMW": Offer(make=drift.binary.HDDMW, parameters=HddmwParameters),
}
"""Every detector of River that may be used, by its dotted name below ``river``."""


def problems_of(use: str, params: Mapping[str, Any], *, binary_losses: bool) -> list[str]:
    """What is wrong with a detector as asked for, in words; empty if nothing is."""
    offer = KNOWN.get(use)
    if offer is None:
        hint = did_you_mean(closest(use, KNOWN) or closest(f"drift.binary.{use}", KNOWN, cutoff=0.6))
        return [f"unknown detector '{use}'{hint} (known: {', '.join(KNOWN)})"]
    problems = []
    if offer.binary and not binary_losses:
        others = ", ".join(name for name, other in KNOWN.items() if not other.binary)
        problems.append(f"{use}: takes losses of 0 and 1 only, and these are not; use one of {others}")
    try:
        offer.parameters.model_validate(dict(params))
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            where = ".".join(str(part) for part in (use, *detail["loc"]))
            got = f", got {detail['input']!r}" if detail["loc"] else ""
            problems.append(f"{where}: {detail['msg'].removeprefix('Value error, ')}{got}")
    return problems


class RiverDetector:
    """One of River's detectors, reporting rises of the loss only.

    Falls are silent and start a new reference, as every alarm of River's does. ``statistic`` is 1 at drift, 0.5 at a
    warning, otherwise 0: River's detectors have no common one.

    Parameters
    ----------
    use
        A name in ``KNOWN``, such as ``"drift.ADWIN"``.
    params
        Parameters of River's class; those left out have River's defaults, a seed 42.
    name
        What the detector is called; ``use`` if ``None``.

    Raises
    ------
    ValueError
        If the detector is not known or a parameter is not one of its own or out of range.

    >>> detector = RiverDetector(use="drift.binary.DDM", params={})
    >>> losses = [0, 0, 0, 1] * 500 + [0, 1, 1, 1] * 50
    >>> [i for i, loss in enumerate(losses) if detector.update(loss) is Signal.DRIFT]
    [2079]
    """

    def __init__(self, *, use: str, params: Mapping[str, Any], name: str | None = None) -> None:
        problems = problems_of(use, params, binary_losses=True)
        if problems:
            raise ValueError("; ".join(problems))
        self.name = use if name is None else name
        self.threshold = 1.0
        self.alarmed_mean: float | None = None
        self._use = use
        self._params = dict(params)
        self.reset()

    def update(self, loss: float) -> Signal:
        """Take one event's loss; see :class:`models.drift.signal.Detector`.

        Raises
        ------
        ValueError
            If ``loss`` is not in [0, 1], or neither 0 nor 1 for a detector of binary losses; nothing has changed then.
        """
        offer = KNOWN[self._use]
        if not 0.0 <= loss <= 1.0:
            raise refusal(loss, "in [0, 1]")
        if offer.binary and loss not in (0, 1):
            raise refusal(loss, f"0 or 1 for {self._use}")
        if self._has_ended:
            self._start_counting()
        self._count += 1
        self._sum += loss
        self._detector.update(1 - loss if offer.inverted else loss)
        self._signal = self._judged(offer)
        return self._signal

    def _judged(self, offer: Offer) -> Signal:
        if self._detector.drift_detected:
            self._has_ended = True
            if offer.kept_mean is not None and offer.kept_mean(self._detector) <= self.reference_mean:
                return Signal.QUIET
            self.alarmed_mean = self.reference_mean
            return Signal.DRIFT
        if getattr(self._detector, "warning_detected", False):
            return Signal.WARNING
        return Signal.QUIET

    def _start_counting(self) -> None:
        self._count = 0
        self._sum = 0.0
        self._has_ended = False

    def continue_as(self, other: object) -> bool:
        """Take the name of another one with the same parameters."""
        if not isinstance(other, RiverDetector) or (other._use, other._params) != (self._use, self._params):
            return False
        self.name = other.name
        return True

    def reset(self) -> None:
        """Start a new reference, because the watched model was replaced."""
        offer = KNOWN[self._use]
        self._detector = offer.make(**offer.parameters.model_validate(self._params).model_dump())
        self._signal = Signal.QUIET
        self._start_counting()

    @property
    def note(self) -> str:
        """It has no budget."""
        return f"{self.name} keeps no budget"

    @property
    def statistic(self) -> float:
        """1 at drift, 0.5 at a warning, otherwise 0."""
        return _STATISTIC[self._signal]

    @property
    def reference_mean(self) -> float:
        """Mean loss since River's detector last began anew, the newest included; 0 before the first."""
        return self._sum / self._count if self._count else 0.0

    @property
    def reference_count(self) -> int:
        """Events since River's detector last began anew."""
        return self._count


_STATISTIC: Final = {Signal.QUIET: 0.0, Signal.WARNING: 0.5, Signal.DRIFT: 1.0}
