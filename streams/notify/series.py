"""What Prometheus sees of the messengers, read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.notify.messenger import Messenger
from streams.notify.told import Outcome


class NotifySeries(Collector):
    """The metrics of ``rivergauge notify``.

    Parameters
    ----------
    gauge
        The gauge's name, a label of every series.
    messengers
        Asked at each scrape.
    is_ready
        What ``/readyz`` says.
    """

    def __init__(self, gauge: str, messengers: Sequence[Messenger], is_ready: Callable[[], bool]) -> None:
        self._gauge = gauge
        self._messengers = messengers
        self._is_ready = is_ready
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """No names in advance."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read the messengers."""
        ready = GaugeMetricFamily(
            "rivergauge_notify_ready",
            "1 when the alerts from before are read, as /readyz says.",
            labels=["gauge"],
        )
        ready.add_metric([self._gauge], float(self._is_ready()))
        yield ready
        labels = ["gauge", "receiver"]
        steps = CounterMetricFamily(
            "rivergauge_notify_steps",
            "Steps of episodes by what became of them, since this process began.",
            labels=[*labels, "outcome"],
        )
        attempts = CounterMetricFamily(
            "rivergauge_notify_attempts", "Requests to a receiver, since this process began.", labels=labels
        )
        trying = GaugeMetricFamily(
            "rivergauge_notify_trying_seconds",
            "How long the step that is being delivered has been tried; 0 when none is.",
            labels=labels,
        )
        for one in self._messengers:
            for outcome in Outcome:
                steps.add_metric([self._gauge, one.name, str(outcome)], one.outcomes[outcome])
            attempts.add_metric([self._gauge, one.name], one.webhook.attempts)
            trying.add_metric([self._gauge, one.name], one.webhook.trying_s)
        yield from (steps, attempts, trying)
