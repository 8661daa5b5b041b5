"""What runs here: gauge file, libraries, build, CPU; and whether a state made by something else may be gone on with."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from hashlib import blake2b
from typing import Self

from models.core import Core
from schemas.gauge import Gauge
from streams.delivery.ledger import Mark
from streams.here.failures import StateRefusedError
from streams.here.libraries import libraries
from streams.here.logs import Log
from streams.here.machine import this_build, this_cpu
from streams.snapshots.fingerprint import Fingerprint
from streams.snapshots.format import About

_log = Log("origin")


class Handover(Enum):
    """Whether a snapshot stands where one origin takes over from another: nothing before it is made again."""

    NONE = "none"
    HERE = "here"


@dataclass(frozen=True)
class Origin:
    """What decides a state beside the log: another of these may answer otherwise, in the last bit or altogether."""

    gauge: Gauge
    libraries: Mapping[str, str]
    build: str
    cpu: str
    start: str = ""

    @classmethod
    def here(cls, gauge: Gauge, *, start: str = "") -> Self:
        """This process's; ``start`` is the digest of the saved state it begins with, if any."""
        return cls(gauge, libraries(), this_build(), this_cpu(), start)

    def about(self, core: Core, *, partition: int, partitions: int, epoch: int, last: Fingerprint | None) -> About:
        """The description of a state that was made here."""
        return About(
            gauge=self.gauge.name,
            gauge_digest=self.gauge.digest,
            gauge_file=self.gauge.meaning,
            topic=self.gauge.topics.input,
            partition=partition,
            partitions=partitions,
            epoch=epoch,
            position=core.next_offset,
            last=last,
            champion=core.leader,
            start=self.start,
            libraries=dict(self.libraries),
            build=self.build,
            cpu=self.cpu,
        )

    @cached_property
    def digest(self) -> str:
        """Gauge digest and a digest of libraries and build: what marks carry. The CPU is not in it."""
        return digest_of(self.gauge.digest, self.libraries, self.build, self.start)

    def may_follow(self, about: About) -> bool:
        """Whether another build or other libraries than ours may have made a state, if nothing is to be replayed: the
        gauge file and what the log began with are the same. The state's shape is compared when it is loaded."""
        return (about.gauge_digest, about.start) == (self.gauge.digest, self.start)

    def check(self, about: About, accepted: Set[str], place: str, *, handover: Handover = Handover.NONE) -> None:
        """Refuse a snapshot of another origin, unless an operator has accepted it or it is one that may be followed.

        Parameters
        ----------
        about
            What the snapshot says of itself.
        accepted
            Origins that an operator has accepted.
        place
            Whose it is, for messages.
        handover
            Whether it stands where what runs here has taken over, or does now.

        Raises
        ------
        StateRefusedError
            With what differs, and the way on.
        """
        theirs = digest_of(about.gauge_digest, about.libraries, about.build, about.start)
        follows = handover is Handover.HERE and self.may_follow(about)
        if theirs != self.digest and theirs not in accepted and not follows:
            raise StateRefusedError(
                f"{place}: the snapshot at {about.position} was made by another gauge file or other libraries: "
                f"{'; '.join(self.differences(about))}; go back to what made it, or give the order rivergauge accept "
                "(rivergauge check --against-state tells whether the state can follow), or start over with rivergauge "
                "reset"
            )
        if about.cpu != self.cpu:
            _log.warning("snapshot of another kind of CPU: last bits may differ", place=place, then=about.cpu)

    def differences(self, about: About) -> list[str]:
        """What differs from the origin of a snapshot, the CPU apart."""
        differs = []
        if about.gauge_digest != self.gauge.digest:
            differs.append(f"gauge file {about.gauge_digest} then, {self.gauge.digest} now")
        for name in sorted({*about.libraries, *self.libraries}):
            then, now = about.libraries.get(name, "none"), self.libraries.get(name, "none")
            if then != now:
                differs.append(f"{name} {then} then, {now} now")
        if about.build != self.build:
            differs.append(f"build {about.build} then, {self.build} now")
        if about.start != self.start:
            differs.append(f"run --from {about.start or 'nothing'} then, {self.start or 'nothing'} now")
        return differs

    def check_mark(self, mark: Mark, accepted: Set[str], place: str) -> None:
        """Refuse to go on with outputs of another origin, unless an operator has accepted it, or another build or other
        libraries were stopped in order, so that nothing is to be replayed.

        Raises
        ------
        StateRefusedError
            With what differs, and the way on.
        """
        if mark.origin == self.digest or mark.origin in accepted:
            return
        then, now = mark.origin.partition(".")[0], self.gauge.digest
        if then == now and mark.snapshot < mark.published:
            raise StateRefusedError(
                f"{place}: outputs up to {mark.published} were made by another gauge file or other libraries: Python, "
                f"River, NumPy, Rivergauge or run --from changed, and the newest state is at {mark.snapshot}, so the "
                "records between would be folded again by what did not make their outputs; start what made them once "
                "more, stop it in order (SIGTERM), then start this one, or start over with rivergauge reset"
            )
        if then == now:
            return
        what = f"gauge file {then} then, {now} now"
        raise StateRefusedError(
            f"{place}: outputs up to {mark.published} were made by another gauge file or other libraries: {what}; go "
            "back to what made them, or give the order rivergauge accept (rivergauge check --against-state tells "
            "whether the state can follow), or start over with rivergauge reset"
        )


def digest_of(gauge_digest: str, libraries: Mapping[str, str], build: str, start: str) -> str:
    """See `Origin.digest`."""
    text = "\n".join([*(f"{name} {libraries[name]}" for name in sorted(libraries)), build, start])
    return f"{gauge_digest}.{blake2b(text.encode(), digest_size=8).hexdigest()}"
