"""The kind of core that learns: `models.learner.Learner` between the gauge's decoder and its envelope."""

from __future__ import annotations

from collections.abc import Callable

from models.door.decoder import Decoder
from models.learner import Learner
from schemas.gauge import Gauge
from streams.delivery.envelope import Envelope
from streams.here.libraries import libraries as libraries_here
from streams.partition.core_kind import CoreKind, Way
from streams.partition.news import Oddities
from streams.snapshots.adoption import adopted
from streams.snapshots.format import Verified
from streams.snapshots.saved import Saved


def learning(
    gauge: Gauge,
    partition: int,
    max_message_bytes: int,
    make: Callable[[int], Learner],
    *,
    libraries: dict[str, str] | None = None,
) -> CoreKind:
    """The kind of a partition that learns.

    Parameters
    ----------
    gauge, partition
        What is learned from what.
    max_message_bytes
        What the dead letters' topic takes.
    make
        Makes a learner that has seen nothing, for an epoch.
    libraries
        What models run on here, for a state that was made on others; by default it keeps the names that it has.
    """

    def loaded(verified: Verified) -> Learner:
        # Whether a state of that gauge file may be gone on with is decided by then (`streams.snapshots.origin`).
        learner = adopted(verified, gauge)
        if libraries is not None:
            learner.runs_on(libraries)
        return learner

    def way(learner: Learner, epoch: int) -> Way:
        decoder, envelope = Decoder(gauge), Envelope(gauge, partition, max_message_bytes, epoch=epoch)

        def oddities() -> Oddities:
            panel = learner.panel
            return Oddities(
                decoder.unknown_fields, panel.failing, decoder.warnings, learner.board.verdict, panel.policy.held_for
            )

        return Way(decoder.decode, envelope.seal, oddities)

    return CoreKind(make, loaded, way)


def first_learner(saved: Saved | None, gauge: Gauge, partition: int, epoch: int) -> Learner:
    """The learner that a partition's log begins with: one that has seen nothing, or has the models of a saved state."""
    learner = Learner(gauge, partition=partition, epoch=epoch, libraries=libraries_here())
    if saved is not None:
        learner.inherit(saved.learner())
    return learner
