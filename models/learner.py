"""The core: one partition's learner, a deterministic fold of its log.

Rules: state changes only in `Learner.handle`, from its arguments alone; the effects it returns are all it does.
Everything that can be wrong with a record is decided before the first change. The learner is the order of things and
nothing else: what happens is decided in the wings, which emit their own records. What it must hold to at every cut of
the log is tested as laws in ``tests/models/test_laws.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from models.adoption import check_adoption
from models.asked import Asked
from models.copied import copied
from models.counts import Counts
from models.dead_letters import DeadLetters
from models.drift.episodes import Episodes
from models.drift.monitor import Monitors
from models.evaluation.board import Board
from models.invariants import BrokenStateError
from models.labels.room import LabelRoom
from models.names import Names
from models.retraining.operators import CommandRefusedError
from models.retraining.panel import Panel
from models.scoring import Scored, Scoring
from models.turn import Turn
from schemas.events import (
    OF_COMMANDS,
    CommandReceived,
    EventReceived,
    Input,
    Label,
    LabelledEvent,
    LabelReceived,
    Reason,
    Rejected,
)
from schemas.gauge import Gauge
from schemas.records import Effect
from schemas.status import Status


class Learner:
    """Scores, evaluates, learns, watches and retrains on one partition's log.

    Parameters
    ----------
    gauge
        The gauge file.
    partition
        The input partition; part of version names (``2-7``).
    epoch
        How often the gauge was started over; from 1 on part of version names too (``2.1-7``).
    libraries
        Name to version of what the models run on; goes into version events.
    stopwatch
        For offline runs only: seconds, to add up each candidate's time. It changes no effect.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        partition: int = 0,
        epoch: int = 0,
        libraries: dict[str, str] | None = None,
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        self.gauge = gauge
        self.next_offset = 0
        self.names = names = Names(partition, epoch)
        self.counts = counts = Counts()
        self.dead_letters = DeadLetters()
        self.labels = LabelRoom(gauge.label, self.dead_letters)
        self.episodes = episodes = Episodes(gauge, names, counts)
        self.board = board = Board(gauge, episodes)
        self.monitors = Monitors(gauge, episodes)
        self.panel = Panel(gauge, board=board, episodes=episodes, libraries=libraries or {}, stopwatch=stopwatch)
        self.scoring = Scoring(gauge, self.panel, board)

    def inherit(self, saved: Learner) -> None:
        """Begin with the models of a saved learner of the same gauge, which must not be used afterwards.

        Metrics, detectors and windows begin anew: they are about this log.
        """
        if self.next_offset or not saved.next_offset:
            raise ValueError(
                f"a learner at 0 inherits from one that has begun, got {self.next_offset}, {saved.next_offset}"
            )
        self.panel.inherit(saved.panel)
        self.scoring.vocabulary = saved.scoring.vocabulary

    def rename(self, partition: int, epoch: int) -> None:
        """Go on as another epoch: versions and episodes made from now on carry it in their names."""
        self.names.rename(partition, epoch)

    def runs_on(self, libraries: dict[str, str]) -> None:
        """Continue on other libraries: version events name these from now on."""
        self.panel.runs_on(libraries)

    def parts(self) -> dict[str, object]:
        """The parts of the state, as a snapshot writes them one by one: no two share an object that changes."""
        return {"learner": self}

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file from the next record on; nothing that was learned or measured is lost.

        A *candidate* that is added is registered at the next record, learns the labels that are kept for new versions
        (``retraining.start = "recent"``), or none, and races the champion as if it had always been declared; its
        figures begin there. A *metric* that is added to those shown begins empty, unless it can be worked out from what
        is counted already, as most that see nothing but labels can; its sliding window is there at once, and the open
        held-out window closes without it. Another *budget of false alarms* holds at the next label, against what its
        detector has seen; a *detector* that is added begins there, and one that stays keeps what it has seen. The
        *retraining policy* is read anew: counts and cool-downs continue, contests that are on keep what they began
        with. Another *decision* holds for the answers from there on; scores that were counted for a threshold stay
        counted, contests and the reference of the error begin anew. A *slice* that is added or changed begins there;
        events that wait are in none of its groups. How records are read and where they come from is the shell's, and no
        part of the state.

        The result depends on the state and the two gauge files alone, so that every process that adopts at the same
        position continues alike.

        Raises
        ------
        AdoptionError
            If a change costs more than to be accepted, or no learner could start with the file; nothing has changed.
        """
        check_adoption(self.gauge, gauge)
        self.scoring.groups.adopt(gauge, self.next_offset)
        decides_otherwise = gauge.decision != self.gauge.decision
        self.gauge = gauge
        self.episodes.adopt(gauge)
        self.board.adopt(gauge)
        self.monitors.adopt(gauge)
        self.panel.adopt(gauge)
        if decides_otherwise:
            self.monitors.answering_changed()
            self.panel.deciding_changed()

    def handle(self, event: Input, position: int) -> list[Effect]:
        """Fold one input into the state; what follows from it, in order.

        A position below ``next_offset`` was seen before: nothing happens. Positions increase, with gaps allowed.
        """
        if position < self.next_offset:
            return []
        panel = self.panel
        turn = Turn(position, None if isinstance(event, _TIMELESS) else event.time)
        if not panel.is_open:
            panel.open(turn)
        champion = panel.roster.lineup.champion
        _HANDLERS[type(event)](self, event, turn)
        self.labels.expire(turn)
        if panel.roster.lineup.champion != champion:
            self.monitors.answering_changed()
            panel.champion_changed(turn)
        if turn.findings:
            panel.notice(turn.findings)
        self.next_offset = position + 1
        return turn.effects

    def score(self, event: LabelledEvent | EventReceived) -> Scored:
        """What `handle` would publish of this event if it were the next record; nothing has changed afterwards.

        An event without an id is taken for one at ``next_offset``. It is answered even while another event of its id
        waits for its label. Before the first record, and between `adopt` and the next one, a copy of the whole state is
        asked, which costs more.
        """
        if not self.panel.is_open:
            opened = copied(self, self.gauge)
            opened.panel.open(Turn(self.next_offset, event.time))
            return opened.score(event)
        return self.scoring.foresee(_id_of(event, self.next_offset), event.x)

    def _event_received(self, event: EventReceived, turn: Turn) -> None:
        event_id = self._admit(event, turn)
        if event_id is None:
            return
        asked = self._ask(event_id, event, turn)
        y = self.labels.wait(event_id, asked)
        if y is not None:
            self._label(asked, y, turn)

    def _labelled_event(self, event: LabelledEvent, turn: Turn) -> None:
        event_id = self._admit(event, turn)
        if event_id is not None:
            self._label(self._ask(event_id, event, turn), event.y, turn)

    def _label_received(self, label: LabelReceived, turn: Turn) -> None:
        asked = self.labels.event_of(label, turn)
        if asked is not None:
            turn.waits_since = self.labels.waits_since
            self._label(asked, label.y, turn)

    def _command(self, received: CommandReceived, turn: Turn) -> None:
        try:
            self.panel.obey(received.command, turn)
        except CommandRefusedError as error:
            self.dead_letters.refuse(Reason.COMMAND_REFUSED, str(error), received, turn)

    def _rejected(self, record: Rejected, turn: Turn) -> None:
        self.counts.events += not record.of_label and record.reason not in OF_COMMANDS
        self.dead_letters.rejected(record, turn)

    def _admit(self, event: LabelledEvent | EventReceived, turn: Turn) -> str | None:
        self.counts.events += 1
        event_id = _id_of(event, turn.position)
        if not self.labels.admits(event_id, event, turn):
            return None
        self.counts.predictions += 1
        return event_id

    def _ask(self, event_id: str, event: LabelledEvent | EventReceived, turn: Turn) -> Asked:
        asked = self.scoring.ask(event_id, event, turn)
        turn.waits_since = self.labels.waits_since
        self.monitors.event(asked, turn)
        return asked

    def _label(self, asked: Asked, y: Label, turn: Turn) -> None:
        # Test, then train: every answer in `asked` was given before any model saw this label.
        self.counts.labels += 1
        asked = self.scoring.groups.brought_up(asked)
        champion = self.panel.roster.lineup.champion
        report = self.board.label(asked, y, champion, turn)
        self.monitors.label(asked, y, champion, turn)
        self.panel.label(asked, y, report, turn)

    @property
    def leader(self) -> str | None:
        """The champion's name; None before the first record."""
        return self.panel.lineup.champion if self.next_offset else None

    def check(self) -> None:
        """Look for what cannot be, in every wing. For tests, after every input; it takes as long as an event or two.

        Raises
        ------
        BrokenStateError
            If the state is broken.
        """
        broken = [
            *self.labels.broken(self.counts),
            *self.dead_letters.broken(self.counts),
            *self.board.broken(),
            *self.episodes.broken(),
            *self.monitors.broken(),
            *self.panel.broken(),
            *self._broken(),
        ]
        if broken:
            raise BrokenStateError(broken)

    def _broken(self) -> Iterator[str]:
        if self.counts.predictions > self.next_offset:
            yield f"{self.counts.predictions} predictions were made below position {self.next_offset}"
        if sorted(self.board.candidates) != sorted(candidate.name for candidate in self.gauge.candidates):
            yield "the candidates' series are not those of the gauge file"
        if any(wing.counts is not self.counts for wing in (self.board, self.episodes)):
            yield "a wing reads counts that are not the learner's"

    def status(self) -> Status:
        """Where it stands, for people and monitoring. Of a long window only the newest answers are read."""
        counts = self.counts
        return Status(
            position=self.next_offset,
            events=counts.events,
            predictions=counts.predictions,
            labels=counts.labels,
            coverage=counts.coverage,
            dead_letters={str(reason): n for reason, n in sorted(self.dead_letters.counts.items())},
            waiting=self.labels.status(),
            alerts=self.episodes.total,
            drifting=self.episodes.drifting,
            versions=self.panel.status(),
            performance=self.board.status(),
            evaluated=self.board.evaluated(),
            watched=self.episodes.status(),
        )


def _id_of(event: LabelledEvent | EventReceived, position: int) -> str:
    return str(position) if event.id is None else event.id


_TIMELESS: Final = (Rejected, CommandReceived)
"""Inputs without event time."""

_HANDLERS: Final[dict[type, Callable[[Learner, Any, Turn], None]]] = {
    EventReceived: Learner._event_received,
    LabelledEvent: Learner._labelled_event,
    LabelReceived: Learner._label_received,
    CommandReceived: Learner._command,
    Rejected: Learner._rejected,
}
"""Every type of input that there is."""
