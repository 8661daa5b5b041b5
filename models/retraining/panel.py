"""The panel: every live model version asked, judged and taught together, in one order.

Who there is stands in `roster`, what they are called in `registry`, who is better is found out in `contests`, who
takes whose place is `succession`, and when a challenger is due `policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from models.answer import Answer
from models.asked import Asked, Lineup
from models.drift.episodes import Episodes
from models.drift.finding import Finding
from models.evaluation.board import Board
from models.evaluation.metrics.metric_set import Shown
from models.judging.judge import Judge
from models.retraining.challengers import Challengers
from models.retraining.contests.contests import Contests
from models.retraining.foresight import foresee
from models.retraining.guard import Guard
from models.retraining.halving import Halving
from models.retraining.lead import Lead
from models.retraining.operators import Operators
from models.retraining.outage import Outages
from models.retraining.policy.policy import Policy, Trigger
from models.retraining.proposals import Proposals
from models.retraining.registry import Registry
from models.retraining.roster import Roster
from models.retraining.settlement import Settlement
from models.retraining.sources import Sources
from models.retraining.stand_in import StandIn
from models.retraining.standing import Lives, is_kept
from models.retraining.starts import Starts
from models.retraining.succession import Succession
from models.retraining.version import Version
from models.retraining.who import failing_of, versions_of
from models.turn import Turn
from schemas.commands import Command
from schemas.events import Features, Label
from schemas.gauge import Gauge
from schemas.records import WindowReport
from schemas.status import Failing, Versions


class Panel:
    """The live versions of one learner.

    ``board`` knows the baselines, which learn when the models do; the best of them stands in when no model is left.
    ``stopwatch`` is the `Guard`'s.
    """

    def __init__(
        self,
        gauge: Gauge,
        *,
        board: Board,
        episodes: Episodes,
        libraries: dict[str, str],
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        retraining = gauge.retraining
        self.roster = Roster(gauge.candidates[0].name)
        self.policy = Policy(retraining, episodes, metric=gauge.metric, window_events=gauge.evaluation.window_events)
        self._board = board
        self._judge = Judge(gauge)
        self._guard = Guard((candidate.name for candidate in gauge.candidates), stopwatch)
        self._registry = Registry(gauge, episodes.names, libraries)
        self._contests = Contests(self._judge, gauge)
        self.events = 0
        """How many events were asked."""
        self._lead = Lead(self._judge, gauge, is_on=is_kept(gauge))
        self._lives, self._halving = Lives(), Halving(retraining)
        self._proposals = Proposals(retraining)
        self._succession = Succession(self.roster, self._registry, self._contests, self._lead, board, self._proposals)
        self._settlement = Settlement(self._registry, self._contests, self._succession, self._proposals)
        self.outages = Outages(board, episodes)
        self._starts = Starts(retraining)
        self._challengers = Challengers(
            self.roster,
            self._registry,
            self._succession,
            policy=self.policy,
            starts=self._starts,
            sources=Sources(self._starts, self.roster, self._registry, self._guard, self._judge),
            guard=self._guard,
            lead=self._lead,
            lives=self._lives,
            proposals=self._proposals,
        )
        self._operators = Operators(
            self.roster,
            self._registry,
            self._succession,
            self._challengers,
            policy=self.policy,
            lead=self._lead,
            proposals=self._proposals,
        )
        self._inherited: dict[str, Version] = {}
        self._added: list[str] = []
        self.is_open = False
        """Whether everybody who is declared is registered; if not, `open` is due before the next record."""

    def inherit(self, saved: Panel) -> None:
        """Begin with the models that stand in ``saved``, which must not be used afterwards; the same one leads."""
        self._inherited = dict(saved.roster.standing)
        self.roster.leader = saved.roster.leader

    def runs_on(self, libraries: dict[str, str]) -> None:
        """See `Registry.runs_on`."""
        self._registry.runs_on(libraries)

    def adopt(self, gauge: Gauge) -> None:
        """Continue with a changed gauge file; candidates that it adds are registered when the panel opens again."""
        self.policy.adopt(gauge.retraining)
        self._proposals.adopt(gauge.retraining)
        self._starts.adopt(gauge.retraining)
        self._halving.adopt(gauge.retraining)
        self._judge.adopt(gauge)
        for version in self.roster.live:
            version.adopt(gauge)
        if self.roster.live:
            self._board.decided_by(self.roster.answering.rule)
        self._contests.adopt(gauge)
        terms = self._lead.terms
        self._lead.adopt(gauge, is_on=is_kept(gauge))
        self._guard.adopt(candidate.name for candidate in gauge.candidates)
        if self.stand_in is not None and Shown.of(gauge).read_probabilities:
            self.stand_in.model.give_shares()
        added = self._registry.adopt(gauge)
        if self.roster.live:
            self._added += added
            self.is_open = not self._added and terms == self._lead.terms

    def open(self, turn: Turn) -> None:
        """Register who is declared and not here yet.

        At first that is one version per candidate: the first leads, or the one that led what was inherited. Later it is
        whom an adopted gauge file adds.
        """
        if not self.roster.live:
            self._succession.begin(self._inherited, turn)
        elif not self._lead.is_on:
            self._succession.keep_none(turn)
        else:
            self._lead.follow(self.roster)
        for name in self._added:
            self._challengers.admit(self._registry.candidate(name), turn)
        self._inherited, self._added, self.is_open = {}, [], True

    def ask(self, x: Features, turn: Turn) -> dict[str, Answer]:
        """Every live version's answer. One that has failed once too often is discarded, and the next best leads."""
        roster = self.roster
        self.events += 1
        self.policy.passed(turn.time)
        answers, lost = self._guard.ask(roster.live, x, turn.position)
        if lost:
            for version in lost:
                del answers[version.name]
            self._succession.discard(lost, turn)
            if (stand_in := roster.stand_in) is not None and stand_in.name not in answers:
                answers[stand_in.name] = stand_in.answer(x)
        return answers

    def foresee(self, x: Features) -> tuple[str, Answer]:
        """Which version would answer the next event, and what; nothing has changed afterwards."""
        foreseen = foresee(self.roster, self._lead, self._guard, x)
        if foreseen is None:
            return self._registry.next_name, self._board.best_baseline().answer()
        version, answer = foreseen
        return version.name, answer

    def notice(self, findings: list[Finding]) -> None:
        """Monitors have found something; what follows from it is decided at the next label."""
        self.policy.notice(findings)

    def label(self, asked: Asked, y: Label, report: WindowReport | None, turn: Turn) -> None:
        """Judge every contest, let everybody learn unless the event is held out, and do what follows from it.

        ``report`` is that of the held-out window that the label closed.
        """
        asked = self._challengers.judged(asked)
        verdicts = self._contests.judge(y, asked.answers, self.roster.lineup.champion, asked.aside)
        if turn.findings:
            self.notice(turn.findings)
            turn.findings = []
        if (
            self._lead.is_on
            and not asked.held_out
            and self._lead.update(y, asked, self.roster, self.events - asked.number)
        ):
            self._succession.answer(turn)
        trigger = self.policy.reported(report) if asked.held_out else self._learn(asked, y, turn)
        self._settlement.label(turn)
        if verdicts:
            self._settlement.settle(verdicts, turn)
        if trigger is not None:
            self.start_challenger(trigger, turn)
        if not asked.held_out and not self.policy.holds:
            self._succession.halve(self._halving, turn)
            self._succession.exchange(self._lives, asked, turn)

    def start_challenger(self, trigger: Trigger, turn: Turn) -> None:
        """See `Challengers.start`."""
        self._challengers.start(trigger, turn)

    def obey(self, command: Command, turn: Turn) -> None:
        """See `Operators.obey`."""
        self._operators.obey(command, turn)

    def deciding_changed(self) -> None:
        """Begin every contest anew: labels are decided otherwise from here on."""
        if self.roster.live:
            self._contests.renew(self.roster)
            self._lead.renew(self.roster)

    def champion_changed(self, turn: Turn) -> None:
        """Report an outage that began or ended with the change; lives begin short again."""
        self._lives.restart(self._lives.first)
        self.outages.look(self.roster.stand_in, self.roster.champion.name, turn)

    @property
    def champion(self) -> Version:
        """The version that leads; there is none before the first record."""
        return self.roster.champion

    @property
    def live(self) -> list[Version]:
        """All that are asked and taught, in order."""
        return self.roster.live

    @property
    def lineup(self) -> Lineup:
        """Who leads, and who stands for which candidate."""
        return self.roster.lineup

    @property
    def stand_in(self) -> StandIn | None:
        """The baseline that answers while no model is left."""
        return self.roster.stand_in

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds spent in each candidate's models; with a stopwatch only."""
        return self._guard.seconds

    @property
    def failing(self) -> dict[str, Failing]:
        """The live versions that have failed, by name."""
        return failing_of(self.roster)

    def broken(self) -> Iterator[str]:
        """What cannot be, in words."""
        yield from self.roster.broken()
        if self.is_open:
            yield from self._contests.broken(self.roster)
            yield from self._lead.broken(self.roster)
            yield from self._registry.broken(self.roster)
            yield from self._proposals.broken(self.roster.roles)
        yield from self.policy.broken()
        yield from self._starts.broken()

    def status(self) -> Versions:
        """Who there is, and what became of those that were."""
        contests, proposed = self._contests.status(), self._proposals.status()
        return versions_of(self.roster, self._registry, self._guard, self.policy, contests, proposed)

    def _learn(self, asked: Asked, y: Label, turn: Turn) -> Trigger | None:
        """Teach the versions, unless learning is held; why a challenger should start."""
        roster, position, policy = self.roster, turn.position, self.policy
        policy.label(y, turn.time)
        if not policy.holds:
            self._challengers.catch_up(turn)
        held, champion, champions = policy.holds, roster.champion, None
        taught = [version for version in roster.live if version is roster.stand_in] if held else roster.live
        lost = self._guard.teach(taught, asked.x, y, position, asked.answers)
        for version in roster.live:
            answer = asked.answers.get(version.name)
            if answer is None:
                continue
            if version.rule is not None and answer.probabilities and not held:
                version.rule.learn(y, answer.probabilities)
            loss = self._judge.loss(y, answer)
            if loss is not None:
                version.faded_loss.update(loss)
            if version is champion:
                champions = loss
        if lost:
            former = roster.stand_in
            self._succession.discard(lost, turn)
            if roster.stand_in is not None and roster.stand_in is not former:
                # The baseline that it was copied from learns this label after us.
                roster.stand_in.learn(asked.x, y, position)
        self._board.learn(y)
        if held:
            policy.held(position)
            return None
        self._starts.keep(asked.x, y, position, warned=turn.warned, loss=champions)
        return policy.learned(self._board)
