"""The proposal: a version that has won its contest and waits for an operator's word.

Everything is counted in labels that met their event, held out or not, learned or not: a fold knows no clock, event time
may stand still or be absent, and evidence comes by labels.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from models.retraining.contests.rivalry import Rivalry
from schemas.gauge import Retraining
from schemas.status import Proposed


class Proposals:
    """Which version is proposed, if one is, and which were declined of late.

    One at a time. Whom nobody approves within ``approval_timeout_labels`` is declined. One that was declined, by an
    operator or in that way, is not proposed again for as many labels.
    """

    def __init__(self, policy: Retraining) -> None:
        self._policy = policy
        self._labels = 0
        self._since = 0
        self._declined: dict[str, int] = {}
        self.version: str | None = None
        """The name of the one that is proposed."""

    def broken(self, live: Container[str]) -> Iterator[str]:
        """What cannot be, in words."""
        for name in (*self._declined, *([] if self.version is None else [self.version])):
            if name not in live:
                yield f"version {name} is proposed, or was declined, and does not live"
        if self.version in self._declined:
            yield f"version {self.version} is proposed, and was declined of late"

    def adopt(self, policy: Retraining) -> None:
        """Obey a changed policy; a proposal that is open stays so, and its labels count."""
        self._policy = policy

    def label(self) -> None:
        """A label has come."""
        self._labels += 1

    def wanted_for(self, rivalry: Rivalry) -> str | None:
        """Why the winner of a contest needs an operator's approval, in words; ``None`` if it needs none."""
        policy = self._policy
        if policy.approval == "auto":
            return None
        doubt = rivalry.doubt(policy.margin)
        if policy.approval == "borderline":
            return doubt
        return "every promotion is approved by an operator" if doubt is None else doubt

    def may_open(self, name: str) -> bool:
        """Whether a version may be proposed now."""
        declined = self._declined.get(name)
        rested = declined is None or self._labels - declined >= self._policy.approval_timeout_labels
        return self.version is None and rested

    def open(self, name: str) -> None:
        """A version is proposed."""
        self._declined.pop(name, None)
        self.version, self._since = name, self._labels

    @property
    def is_overdue(self) -> bool:
        """Whether a proposal has waited long enough."""
        return self.version is not None and self._left <= 0

    def decline(self) -> None:
        """The one that is proposed is not promoted."""
        assert self.version is not None, "nothing is proposed"
        self._declined[self.version] = self._labels
        self.version = None

    def follow(self, live: Container[str]) -> None:
        """Forget who is gone."""
        self._declined = {name: at for name, at in self._declined.items() if name in live}
        if self.version not in live:
            self.version = None

    def renew(self) -> None:
        """Another version leads: whatever was won or declined was so against the former one."""
        self._declined, self.version = {}, None

    def status(self) -> Proposed | None:
        """The one that is proposed."""
        return None if self.version is None else Proposed(version=self.version, labels_left=max(0, self._left))

    @property
    def _left(self) -> int:
        return self._since + self._policy.approval_timeout_labels - self._labels
