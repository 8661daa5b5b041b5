"""``rivergauge topics`` and its options; what it does stands in `streams.cli.topic_plan`."""

from __future__ import annotations

from streams.cli.ending import end
from streams.cli.options import EPILOG, GaugePath, Json, Yes, group

topics = group("The gauge's topics on its broker: what is missing or does not fit, and making it so.")


@topics.command(epilog=EPILOG)
def plan(gauge: GaugePath, json: Json = False) -> None:
    """Show which topics are there, which would be made, and which differ from what the gauge needs."""
    from streams.cli.topic_plan import plan as run

    end(lambda: run(gauge, as_json=json), as_json=json)


@topics.command(epilog=EPILOG)
def apply(gauge: GaugePath, yes: Yes = False, json: Json = False) -> None:
    """Make and alter topics as planned. What would lose records is refused, and then nothing is done."""
    from streams.cli.topic_plan import apply as run

    end(lambda: run(gauge, agreed=yes, as_json=json), as_json=json)
