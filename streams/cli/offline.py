"""The commands that need files alone, with their options; what they do stands in modules of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.cli.ending import end
from streams.cli.options import DataPath, DeadLetters, Delimiter, Events, GaugePath, Json, task_option


def check(
    gauge: GaugePath,
    against: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--against", metavar="OLD", help="The gauge file this one comes from: what does the change cost?"),
    ] = None,
    against_state: Annotated[
        bool,
        typer.Option("--against-state", help="The same, against the file that the kept state was made with."),
    ] = False,
    json: Json = False,
) -> None:
    """Report what is wrong with a gauge file, where, and what was expected; and what a change of it costs."""
    from streams.cli.check import run

    end(lambda: run(gauge, against=against, against_state=against_state, as_json=json), as_json=json)


def recipes(
    task: Annotated[Optional[str], task_option("Only those that serve this task.")] = None,  # noqa: UP045
    json: Json = False,
) -> None:
    """List the recipes: tasks, parameters, and what becomes of missing values and categories."""
    from schemas.gauge import Task
    from streams.cli.recipes import run

    end(lambda: run(None if task is None else Task(task), as_json=json), as_json=json)


def backtest(
    gauge: GaugePath,
    data: DataPath,
    delimiter: Delimiter = None,
    events: Events = None,
    predictions: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--predictions", metavar="FILE", help="Write one JSON line per prediction."),
    ] = None,
    dead_letters: DeadLetters = None,
    save: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--save", metavar="FILE", help="Write the state at the end, for run --from."),
    ] = None,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--report", metavar="FILE.html", help="Write the page of this run, as one file to look at."),
    ] = None,
    versions: Annotated[bool, typer.Option("--versions", help="List every alert and model version.")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="Rank all models that fit, and ways to retrain.")] = False,
    candidates: Annotated[str, typer.Option(metavar="all|NAME,...", help="With --compare: who takes part.")] = "all",
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--jobs", min=1, help="With --compare: processes at a time; by default as many as there is room."),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="With --compare: write the gauge file with the best model."),
    ] = None,
    budget: Annotated[bool, typer.Option("--budget", help="Show what other budgets of false alarms raise.")] = False,
    json: Json = False,
) -> None:
    """Fold a data file through the worker's own core, without a broker, and report how it went."""
    from streams.cli.backtest import run

    if compare or jobs is not None or out is not None or candidates != "all":
        from streams.cli import compare as race

        others = {
            "--predictions": predictions,
            "--dead-letters": dead_letters,
            "--save": save,
            "--report": report,
            "--budget": budget,
            "--versions": versions,
        }
        asked = race.Asked(compare=compare, candidates=candidates, jobs=jobs, out=out, others=others)
        end(lambda: race.run(gauge, data, asked, delimiter=delimiter, events=events, as_json=json), as_json=json)
    end(
        lambda: run(
            gauge,
            data,
            delimiter=delimiter,
            events=events,
            predictions=predictions,
            dead_letters=dead_letters,
            save=save,
            report=report,
            every_version=versions,
            budget=budget,
            as_json=json,
        ),
        as_json=json,
    )
