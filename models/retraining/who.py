"""Who there is, and what became of those that were: for people and monitoring."""

from __future__ import annotations

from models.retraining.guard import Guard
from models.retraining.policy.policy import Policy
from models.retraining.registry import Registry
from models.retraining.roster import Roster
from models.retraining.version import Version
from schemas.records import VersionStep
from schemas.status import ContestStatus, Failing, Leading, Proposed, Versions


def versions_of(
    roster: Roster,
    registry: Registry,
    guard: Guard,
    policy: Policy,
    contests: dict[str, ContestStatus],
    proposed: Proposed | None,
) -> Versions:
    """The versions as a status shows them."""
    return Versions(
        made=registry.made,
        steps={step: registry.steps[step] for step in VersionStep},
        on_trial=len(roster.trials),
        failures=guard.failures,
        failing=failing_of(roster),
        champion=_leading(roster.champion) if roster.live else None,
        answering=_leading(roster.answering) if roster.live else None,
        roles={name: role.value for name, role in roster.roles.items()},
        unheard=registry.unheard,
        contests=contests,
        proposed=proposed,
        policy=policy.status(),
    )


def failing_of(roster: Roster) -> dict[str, Failing]:
    """The live versions that have failed, by name."""
    return {
        version.name: Failing(candidate=version.candidate, failures=version.conduct.failures, last=version.conduct.last)
        for version in roster.live
        if version.conduct.failures
    }


def _leading(version: Version) -> Leading:
    return Leading(version=version.name, candidate=version.candidate)
