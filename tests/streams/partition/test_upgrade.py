"""An upgrade is a restart: what a build before a new key of the gauge file has left, this one goes on with.

Oracle: a learner of today's that was never stopped.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest

from models.learner import Learner
from schemas.gauge import Gauge
from schemas.gauge.cost import RESET
from schemas.gauge.evaluation import Evaluation
from schemas.records import Prediction
from streams.delivery.ledger import Mark
from streams.engine.chunk import Bounds
from streams.orders.orders import Orders
from streams.partition.learning import learning
from streams.partition.restore import Restored, Restorer
from streams.snapshots.failures import Refusal, SnapshotRefusedError
from streams.snapshots.format import verify
from streams.snapshots.origin import Origin, digest_of
from streams.snapshots.payload.pickler import dump
from tests import builders
from tests.streams.delivery.memory import MemoryLedger, Partition
from tests.streams.partition import old_state
from tests.streams.partition.test_restore import Log
from tests.streams.snapshots.memory import MemoryStore


class NewerEvaluation(Evaluation):
    """With a key that the build before did not know."""

    confidence: Annotated[float, RESET] = 0.95


class NewerGauge(Gauge):
    """The gauge of a newer release."""

    evaluation: NewerEvaluation = NewerEvaluation()


NEWER = NewerGauge.model_validate(old_state.gauge().model_dump(exclude_defaults=True))


def restart(blob: bytes, gauge: Gauge) -> tuple[Restored, Mark | None]:
    """A restart with another build, after the workers of the one that wrote ``blob`` were stopped in order."""
    header = verify(blob, old_state.KEY).header
    by = digest_of(header.gauge_digest, header.libraries, header.build, header.start)
    partition, store = Partition(), MemoryStore()
    partition.mark = Mark(header.position, header.position, 0, by, 1)
    store.kept[header.identity] = blob
    ledger = MemoryLedger(partition)
    restorer = Restorer(
        gauge.topics.input,
        0,
        1,
        store=store,
        key=old_state.KEY,
        origin=Origin(gauge, {"river": "1"}, "this build", "a CPU"),
        log=Log(Bounds(0, len(old_state.VALUES)), Orders(), outputs=True),
        ledger=ledger,
        kind=learning(gauge, 0, 10**6, lambda epoch: Learner(gauge, epoch=epoch)),
        at=lambda point: None,
    )

    async def restore() -> Restored:
        return await restorer.restore(await ledger.open())

    return asyncio.run(restore()), partition.mark


def what_follows(learner: Any) -> list[Any]:
    begin = learner.next_offset
    effects = builders.fold(learner, builders.decoded(old_state.gauge(), old_state.VALUES)[begin:], start=begin)
    return builders.flat(effects)


@pytest.mark.parametrize("position", [1, 60, 199])
def test_a_state_from_before_a_new_key_goes_on_as_if_nothing_had_happened(position: int):
    restored, mark = restart(old_state.snapshot(position), NEWER)

    assert NEWER.digest == old_state.gauge().digest, "the file says the same"
    assert restored.core.gauge is NEWER
    assert (restored.core.next_offset, mark) == (position, restored.mark)
    assert restored.mark.since == position
    assert what_follows(restored.core) == what_follows(old_state.learned(position))


def test_the_kept_state_of_an_earlier_build_goes_on_or_is_refused_by_its_shape():
    """The file stays as it is for as long as its shape is today's: then today's build has to go on with it.

    A class may change all the same: then the state is refused by name, as a user's would be, and that is tested here.
    Make the file anew with the command in ``old_state.py`` when the shape has settled, in a commit of its own.
    """
    blob = old_state.FILE.read_bytes()
    if verify(blob, old_state.KEY).header.shape != dump(old_state.learned(old_state.POSITION)).shape:
        with pytest.raises(SnapshotRefusedError, match=r"run the build that made it \(an earlier build\)") as raised:
            restart(blob, NEWER)
        assert raised.value.reason is Refusal.SHAPE
        return

    restored, _mark = restart(blob, NEWER)

    given, expected = what_follows(restored.core), what_follows(old_state.learned(old_state.POSITION))
    # Another kind of CPU may have made the file: classes, and no last bits.
    assert [(e.position, e.y_pred, e.version) for e in given if isinstance(e, Prediction)] == [
        (e.position, e.y_pred, e.version) for e in expected if isinstance(e, Prediction)
    ]
    assert [type(effect) for effect in given] == [type(effect) for effect in expected]
