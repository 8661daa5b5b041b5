"""Does retraining pay? The default policy beside learning on and nothing else, on every stream and candidate.

    python benchmarks/retraining_pays.py [--rows-of STREAM ...] [--only CANDIDATE ...] [--delays 0 500] [--jobs 1]
        [--policy retraining.cooldown_labels=500 ...] [--keep FOLDER] [--json]

Every figure is the mean error in the loss that is judged, test then train: 0/1 error in %, absolute error in the
label's units. ``frozen`` has learned the first 1,000 events only; ``learning`` is one model that learns on and is never
replaced; ``policy`` is what the gauge file gets by default; ``DDM`` is River's DriftRetrainingClassifier with its DDM,
and stands in a row of its own the forest, which replaces its own trees. `+` is significantly better than ``learning``,
`*` significantly worse: the 95 % interval of a block bootstrap of the paired difference leaves out 0.

With ``--keep`` what does not depend on the policy is stored, and read again by the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tomllib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from river import base, drift

from benchmarks.labelled_streams import STREAMS, data
from models.abilities import gives_probabilities
from models.answer import Answer, class_codes
from models.candidates import build
from models.judging.judge import Judge
from models.learner import Learner
from models.retraining.version import Version
from models.vocabulary import Vocabulary
from schemas.events import EventReceived, Features, Input, Label, LabelledEvent, LabelReceived
from schemas.gauge import Gauge, Task
from schemas.records import AlertStatus, DriftAlert, ModelVersion, VersionStep

Array = NDArray[np.float64]
OFF: Final = {"drift": {"enabled": False}, "retraining": {"on_drift": False}}
FROZEN_AFTER: Final = 1_000
BLOCK, RESAMPLES = 200, 2_000
FOREST: Final = "adaptive_random_forest"


class Job(NamedTuple):
    """One run: who answers on which stream, with labels how many events late."""

    stream: str
    candidate: str
    who: str
    delay: int
    policy: tuple[str, ...] = ()


class Ran(NamedTuple):
    """The judged loss of every event, and for the product what it did."""

    losses: Array
    alarms: int = 0
    promotions: int = 0
    seconds: float = 0.0


class Loop:
    """Who only answers and learns: a model as River has it."""

    def __init__(self, gauge: Gauge, model: Any, learns: int | None = None) -> None:
        self.version = Version(
            name="0-1",
            candidate="",
            parent=None,
            trigger="start",
            model=model,
            task=gauge.task,
            classes=class_codes(gauge),
            probabilities=gauge.task is not Task.REGRESSION and gives_probabilities(model),
        )
        self.left = learns

    def answer(self, x: Features) -> Answer:
        return self.version.answer(x)

    def learn(self, x: Features, y: Label) -> None:
        if self.left is None or self.left > 0:
            self.version.learn(x, y, 0)
            self.left = None if self.left is None else self.left - 1


class Renewed(base.Classifier):
    """A recipe's model as River's wrapper wants it: not every recipe can be cloned, but each can be made anew."""

    def __init__(self, gauge: Gauge) -> None:
        self.gauge = gauge
        self.model = build(gauge.candidates[0], gauge)

    def clone(self, new_params: Any = None, include_attributes: bool = False) -> Renewed:
        return Renewed(self.gauge)

    def predict_one(self, x: Features) -> Any:
        return self.model.predict_one(x)

    def predict_proba_one(self, x: Features) -> Any:
        return self.model.predict_proba_one(x)

    def learn_one(self, x: Features, y: Label) -> None:
        self.model.learn_one(x, y)


class NoChange:
    """Answers the newest label that is known."""

    def __init__(self) -> None:
        self.last: Label | None = None

    def answer(self, x: Features) -> Answer:
        return Answer(self.last, None)

    def learn(self, x: Features, y: Label) -> None:
        self.last = y


def run(job: Job) -> Ran:
    """Test then train over a whole stream."""
    begin = perf_counter()
    stream = STREAMS[job.stream]
    tables = laid_over(job.policy) if job.who == "policy" else OFF
    if job.delay:
        label = {**stream.problem["label"], "arrival": "later"}
        stream = stream._replace(problem={**stream.problem, "record": {"id": "id"}, "label": label})
    gauge = stream.gauge(job.candidate, tables)
    events = STREAMS[job.stream].events(STREAMS[job.stream].gauge(job.candidate))
    if job.who in ("policy", "learning"):
        return _product(gauge, events, job.delay)._replace(seconds=perf_counter() - begin)
    return Ran(_loop(gauge, events, job.delay, _CONTENDERS[job.who](gauge)), seconds=perf_counter() - begin)


def _product(gauge: Gauge, events: Iterable[LabelledEvent], delay: int) -> Ran:
    learner, judge = Learner(gauge), Judge(gauge)
    losses: list[float] = []
    scored = learner.board.label

    def seen(asked: Any, y: Label, champion: str, turn: Any) -> Any:
        loss = judge.loss(y, asked.served)
        losses.append(_unanswered(gauge, y) if loss is None else loss)
        return scored(asked, y, champion, turn)

    learner.board.label = seen  # type: ignore[method-assign]  # to look on, and change nothing
    alarms = promotions = 0
    for position, event in enumerate(_late(events, delay)):
        for effect in learner.handle(event, position):
            alarms += isinstance(effect, DriftAlert) and effect.status is AlertStatus.OPENED
            promotions += isinstance(effect, ModelVersion) and effect.step is VersionStep.PROMOTED
    return Ran(np.array(losses), alarms, promotions - 1)


def _late(events: Iterable[LabelledEvent], delay: int) -> Iterator[Input]:
    if not delay:
        yield from events
        return
    waiting: deque[LabelReceived] = deque()
    for number, event in enumerate(events):
        name = str(number)
        yield EventReceived(name, event.time, event.key, event.x, event.raw)
        waiting.append(LabelReceived(name, event.time, event.key, event.y, event.raw))
        if len(waiting) > delay:
            yield waiting.popleft()
    yield from waiting


def _loop(gauge: Gauge, events: Iterable[LabelledEvent], delay: int, who: Any) -> Array:
    vocabulary, judge = Vocabulary(gauge), Judge(gauge)
    losses: list[float] = []
    waiting: deque[tuple[Features, Label]] = deque()
    for event in events:
        x = vocabulary.encode(event.x, learn=True)
        loss = judge.loss(event.y, who.answer(x))
        losses.append(_unanswered(gauge, event.y) if loss is None else loss)
        waiting.append((x, event.y))
        if len(waiting) > delay:
            who.learn(*waiting.popleft())
    return np.array(losses)


def _unanswered(gauge: Gauge, y: Label) -> float:
    return abs(y) if gauge.task is Task.REGRESSION else 1.0  # as if it had answered 0, or a wrong class


_CONTENDERS: Final[dict[str, Callable[[Gauge], Any]]] = {
    "frozen": lambda gauge: Loop(gauge, build(gauge.candidates[0], gauge), FROZEN_AFTER),
    "DDM": lambda gauge: Loop(gauge, drift.DriftRetrainingClassifier(Renewed(gauge), drift.binary.DDM())),
    "no change": lambda gauge: NoChange(),
}


def laid_over(settings: Iterable[str]) -> dict[str, Any]:
    """Tables of a gauge file from ``retraining.margin=0.01`` and the like."""
    tables: dict[str, Any] = {}
    for setting in settings:
        for section, content in tomllib.loads(setting).items():
            _merge(tables.setdefault(section, {}), content)
    return tables


def _merge(into: dict[str, Any], content: dict[str, Any]) -> None:
    for key, value in content.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


def bootstrap(difference: Array, *, seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of a mean, by a circular block bootstrap: blocks keep what neighbours have in common."""
    n = len(difference)
    around = np.concatenate([difference, difference[: BLOCK - 1]])
    sums = np.cumsum(np.concatenate([[0.0], around]))
    blocks = sums[BLOCK:] - sums[:-BLOCK]
    drawn = np.random.default_rng(seed).integers(0, n, (RESAMPLES, round(n / BLOCK)))
    means = blocks[drawn].mean(axis=1) / BLOCK
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def sign(other: Array, learning: Array) -> str:
    """``+`` where ``other`` is significantly better than ``learning``, ``*`` where it is worse."""
    low, high = bootstrap(learning - other)
    return "+" if low > 0 else "*" if high < 0 else ""


def jobs_of(options: argparse.Namespace) -> list[Job]:
    """What is to be run, a row after the other."""
    jobs = []
    policy = tuple(options.policy)
    for name in options.rows_of:
        stream = STREAMS[name]
        classes = stream.problem["task"] != "regression"
        for candidate in [one for one in stream.candidates if not options.only or one in options.only]:
            for delay in options.delays:
                who = ["learning", "policy"]
                if delay == 0 and not options.brief:
                    who += ["frozen", *(["DDM"] if classes else []), "no change"]
                jobs += [Job(name, candidate, one, delay, policy if one == "policy" else ()) for one in who]
        if not options.brief and not options.only:
            jobs.append(Job(name, FOREST, "learning", 0))
    return jobs


def kept(job: Job, folder: Path | None) -> Ran:
    """Run, or read what was run before; the policy is always run."""
    if folder is None or job.who == "policy":
        return run(job)
    path = folder / f"{job.stream}-{job.candidate}-{job.who}-{job.delay}.npy".replace(" ", "_")
    if path.is_file():
        return Ran(np.load(path))
    ran = run(job)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{os.getpid()}-{path.name}")
    np.save(unfinished, ran.losses)
    unfinished.rename(path)
    return ran


def measured(options: argparse.Namespace) -> dict[Job, Ran]:
    """Everything that was asked for."""
    jobs, done = jobs_of(options), {}
    with ProcessPoolExecutor(options.jobs) as pool:
        for job, ran in zip(jobs, pool.map(kept, jobs, [options.keep] * len(jobs)), strict=True):
            done[job] = ran
            at = f"{job.stream}, {job.candidate}, {job.who}, delay {job.delay}"
            print(f"{at}: {ran.losses.mean():.4f} ({ran.seconds:.0f} s)", file=sys.stderr, flush=True)
    return done


def table(done: dict[Job, Ran]) -> list[dict[str, Any]]:
    """A row per stream, candidate and delay."""
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    by_row = {(job.stream, job.candidate, job.who, job.delay): ran for job, ran in done.items()}
    for (stream, candidate, who, delay), ran in by_row.items():
        row = rows.setdefault(
            (stream, candidate, delay), {"stream": stream, "candidate": candidate, "delay": delay, "n": len(ran.losses)}
        )
        learning = by_row[stream, candidate, "learning", delay].losses
        row[who] = float(ran.losses.mean())
        row[f"{who} sign"] = "" if who == "learning" else sign(ran.losses, learning)
        if who == "policy":
            row |= {"alarms": ran.alarms, "promotions": ran.promotions}
    return [*rows.values()]


def summary(rows: list[dict[str, Any]]) -> str:
    """How often each was worse and better than to learn on."""
    lines = []
    for delay in sorted({row["delay"] for row in rows}):
        for who in ("frozen", "policy", "DDM", "no change"):
            signs = [row[f"{who} sign"] for row in rows if row["delay"] == delay and who in row]
            if signs:
                figures = f"worse on {signs.count('*')}, better on {signs.count('+')} of {len(signs)} rows"
                lines.append(f"{who}, labels {delay} events late: {figures}")
    return "\n".join(lines)


def markdown(rows: list[dict[str, Any]]) -> str:
    """The table as documents show it."""
    columns = ("frozen", "learning", "policy", "DDM", "no change")
    lines = [
        "| stream | candidate | late | " + " | ".join(columns) + " | alarms | promotions |",
        "|---|---|--:|" + "--:|" * (len(columns) + 2),
    ]
    for row in rows:
        percent = 1 if row["stream"] == "bikes" else 100
        cells = [f"{row[who] * percent:.2f}{row[f'{who} sign']}" if who in row else "" for who in columns]
        done = [str(row.get("alarms", "")), str(row.get("promotions", ""))]
        cells = [row["stream"], row["candidate"], str(row["delay"]), *cells, *done]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows-of", nargs="+", choices=STREAMS, default=[*STREAMS], metavar="STREAM")
    parser.add_argument("--only", nargs="+", default=[], metavar="CANDIDATE")
    parser.add_argument("--delays", nargs="+", type=int, default=[0, 500], metavar="EVENTS")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--policy", nargs="+", default=[], metavar="KEY=VALUE", help="as in a gauge file, dotted")
    parser.add_argument("--brief", action="store_true", help="learning and the policy, nobody else")
    parser.add_argument("--keep", type=Path, help="where to store what does not depend on the policy")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    if not data().is_dir():
        print(f"no directory {data()}; set RIVERGAUGE_DATA", file=sys.stderr)
        return 1
    rows = table(measured(options))
    print(json.dumps(rows) if options.json else f"{markdown(rows)}\n\n{summary(rows)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
