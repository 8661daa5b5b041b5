"""``rivergauge backtest``, as it is declared: with ``--compare`` it is another command, in a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from streams.cli.options import DataPath, DeadLetters, Delimiter, Events, GaugePath, Json
from streams.cli.terminal.ending import end


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
        typer.Option("--save", metavar="FILE", help="Write the final state, for run --from."),
    ] = None,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--report", metavar="FILE.html", help="Write the page of this run as one HTML file."),
    ] = None,
    versions: Annotated[bool, typer.Option("--versions", help="List every alert and model version.")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Rank all models that fit, and retraining policies.")
    ] = False,
    candidates: Annotated[
        str, typer.Option(metavar="all|NAME,...", help="With --compare: the candidates to run.")
    ] = "all",
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--jobs",
            min=1,
            help="With --compare: processes at a time; by default as many as processors and memory allow.",
        ),
    ] = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="With --compare: write the gauge file with the best model."),
    ] = None,
    budget: Annotated[
        bool, typer.Option("--budget", help="Show the alarms that other budgets of false alarms would raise.")
    ] = False,
    json: Json = False,
) -> None:
    """Run a data file through the worker's own core, without a broker, and report the results."""
    from streams.cli.backtest.backtest import Asked, run

    asked = Asked(delimiter, events, predictions, dead_letters, save, report, versions, budget)
    if compare or jobs is not None or out is not None or candidates != "all":
        from streams.cli.backtest import compare as race

        others = {**asked.outputs, "--budget": budget, "--versions": versions}
        wanted = race.Asked(compare=compare, candidates=candidates, jobs=jobs, out=out, others=others)
        end(lambda: race.run(gauge, data, wanted, delimiter=delimiter, events=events, as_json=json), as_json=json)
    end(lambda: run(gauge, data, asked, as_json=json), as_json=json)
