"""Of many candidates the worse half goes at rungs of doubling length, and never the one that leads."""

from __future__ import annotations

from models.learner import Learner
from models.retraining.halving import Halving
from schemas.records import VersionStep
from tests import builders

EIGHT = [
    {"name": f"tree{n}", "recipe": "hoeffding_tree", "params": {"grace_period": 10 + n}} if n % 2 else
    {"name": f"majority{n}", "recipe": "majority"}
    for n in range(8)
]  # fmt: skip
WITH_EVENT = '[label]\narrival = "with_event"\n[drift]\nenabled = false\n[evaluation]\nholdout = 0.0\n'


class Standing:
    """A version of which the loss of late is known."""

    def __init__(self, name: str, loss: float | None) -> None:
        self.name = name
        self.faded_loss = self
        self._loss = loss

    def get(self) -> float | None:
        return self._loss


def policy(text: str = "halve_after_labels = 100"):
    return builders.gauge(f"[retraining]\n{text}").retraining


def gone(halving: Halving, standing: dict, labels: int, spared: frozenset[str] = frozenset()) -> dict[int, list[str]]:
    found = {}
    for n in range(1, labels + 1):
        if lost := halving.learned(standing, spared):
            found[n] = [version.name for version in lost]
            for version in lost:
                del standing[version.name]
    return found


def test_the_worse_half_goes_at_rungs_of_doubling_length_until_two_are_left():
    standing = {str(n): Standing(str(n), (n * 3 % 8) / 10) for n in range(8)}

    found = gone(Halving(policy()), standing, 3_000)

    assert found == {100: ["5", "2", "7", "4"], 300: ["1", "6"]}
    assert sorted(standing) == ["0", "3"]


def test_who_is_spared_stays_whatever_its_record_and_who_has_none_goes_first():
    standing = {name: Standing(name, loss) for name, loss in (("a", 0.9), ("b", None), ("c", 0.2), ("d", 0.3))}

    assert gone(Halving(policy()), standing, 200, frozenset({"a"})) == {100: ["b"]}


def test_nobody_goes_unless_it_is_declared():
    standing = {str(n): Standing(str(n), n / 10) for n in range(8)}

    assert gone(Halving(policy("")), standing, 2_000) == {}


def test_another_declaration_begins_at_the_first_rung_anew():
    standing = {str(n): Standing(str(n), n / 10) for n in range(4)}
    halving = Halving(policy())
    assert gone(halving, dict(standing), 99) == {}

    halving.adopt(policy("halve_after_labels = 200"))
    assert gone(halving, dict(standing), 200) == {200: ["3", "2"]}
    halving.adopt(policy(""))
    assert gone(halving, dict(standing), 2_000) == {}


def test_the_learner_retires_the_losers_with_a_reason_and_stays_sound():
    gauge = builders.gauge(WITH_EVENT + "[retraining]\nhalve_after_labels = 100", candidates=EIGHT)
    learner, effects = Learner(gauge), []
    values = [builders.record(n, a=n * 7 % 10, y="bad" if n * 7 % 10 > 4 else "good") for n in range(400)]

    for event in builders.decoded(gauge, values):
        effects += learner.handle(event, learner.next_offset)
        learner.check()

    retired = [event for event in builders.versions(effects, VersionStep.RETIRED) if "worse half" in event.reason]
    assert [event.position for event in retired[:3]] == [99, 99, 99]
    assert len({event.candidate for event in retired}) == len(retired) >= 5
    assert len(learner.panel.roster.standing) == 8 - len(retired)
    assert learner.panel.champion.candidate not in {event.candidate for event in retired if event.position < 399}
    assert {event.candidate[:4] for event in retired[:3]} == {"majo"}
