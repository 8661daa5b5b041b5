"""A draft as the text of a gauge file whose comments tell what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from types import MappingProxyType
from typing import TypeAlias

from models.recipes import RECIPES
from schemas.gauge import Arrival, ClassValue, Task
from schemas.plurals import count
from schemas.toml_text import key_text, value_text
from streams.data.survey.draft import Draft, suggestion
from streams.data.survey.features import path_of, share_of
from streams.data.survey.kinds import words_of

_WIDTH = 118


Place: TypeAlias = Mapping[str, Mapping[str, str]]
"""Sections that say where the records come from, by their names: keys and values."""


def text_of(found: Draft, source: str, place: Place = MappingProxyType({})) -> str:
    """The gauge file; ``source`` names the data in its first line, ``place`` says where they come from."""
    rows = count(found.table.rows, "row")
    sections = (
        _comment(f"Predicts '{found.table.label.name}'. Written by rivergauge init from {rows} of {source}."),
        [
            "# Types, ranges and shares describe these rows. Check each line, and correct what you know better.",
            "",
            f"name = {value_text(found.name)}",
            f"task = {value_text(str(found.answer.task))}" + _aside(found.answer.why),
        ],
        _where(place),
        _record(found),
        _label(found),
        _evaluation(found),
        _candidates(found),
        _features(found),
        _left(found),
        _fairness(found),
    )
    return "\n".join(line for lines in sections for line in lines) + "\n"


def _where(place: Place) -> Iterator[str]:
    for section, keys in place.items():
        yield from ("", f"[{section}]", *(f"{key} = {value_text(value)}" for key, value in keys.items()))


def _aside(comment: str) -> str:
    return f" # {_printable(comment)}" if comment else ""


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(_printable(text), _WIDTH, break_long_words=False, break_on_hyphens=False)]


def _record(found: Draft) -> Iterator[str]:
    roles, lines = found.roles, []
    if roles.id is not None:
        what = "differs in every row" if roles.id.unique else "repeats: an event is answered each time its id appears"
        what = "joins labels to their events" if found.table.label_records else what
        lines.append(f"id = {value_text(path_of(roles.id))} # {what}")
    if roles.new_id is not None:
        lines.append(f"id = {value_text(roles.new_id)} # the data have no id: the row number serves as one")
    if roles.time is not None:
        order = "never goes back" if not roles.time.falls else f"goes back {roles.time.falls:,} times"
        lines.append(f"time = {value_text(path_of(roles.time))} # {order}")
        if roles.time_format != "iso8601":
            lines.append(f"time_format = {value_text(roles.time_format)}")
    if found.missing:
        lines.append(f"missing = {value_text(found.missing)} # read as no value, in every column")
    if lines:
        yield from ("", "[record]", *lines)
    else:
        yield from ("", "# No column is an id or a time: a record is named by its position in the log.")
    if keys := _keys(found):
        yield f"# key = {value_text(keys[0])} # the Kafka key in send: events that share it stay in one partition"


def _keys(found: Draft) -> list[str | list[str]]:
    return [
        path_of(chosen.column)
        for chosen in found.features
        if chosen.entry["type"] == "category"
        and words_of(chosen.column.name)[-1:] == ["id"]
        and not chosen.column.unique
    ]


def _label(found: Draft) -> Iterator[str]:
    answer, column = found.answer, found.table.label
    yield from ("", "[label]", f"field = {value_text(path_of(column))}")
    total = sum(answer.classes.values())
    if answer.task is Task.BINARY:
        negative, positive = answer.classes
        yield f"positive = {value_text(positive)} # {share_of(answer.classes[positive], total)}"
        yield f"negative = {value_text(negative)}"
    elif answer.task is Task.MULTICLASS:
        yield f"classes = {value_text(list(answer.classes))}{_aside(_sizes(answer.classes, total))}"
    if found.table.label_records:
        yield f'arrival = "later" # {count(found.table.label_records, "row")} hold a label, and no feature'
    if found.roles.label_time is not None:
        yield 'arrival = "later"'
        yield f"time = {value_text(found.roles.label_time.name)} # a replay places the label there"
    if answer.absent and not found.table.label_records:
        share = share_of(answer.absent, found.table.rows)
        yield f"# {share} of the rows have no label: they are answered, but no model learns from them."
    if found.arrival is Arrival.WITH_EVENT:
        yield '# If labels arrive later than their events in your stream: arrival = "later", with time = "COLUMN" or'
        yield "# delay_s = 3600; [record] then needs an id."


def _sizes(classes: dict[ClassValue, int], total: int) -> str:
    often = sorted(classes, key=lambda value: -classes[value])
    named = ", ".join(f"{value} {share_of(classes[value], total)}" for value in (often[0], often[-1]))
    return f"from {named.replace(', ', ' to ')}"


def _evaluation(found: Draft) -> Iterator[str]:
    metric, also = found.metric
    why = {
        "ROCAUC": "One class is rarer: a model that never predicts it would have a high accuracy.",
        "MacroF1": "Some classes are rare; in this metric they count as much as the others.",
        "MAE": "The usual size of an error; RMSE gives rare large errors more weight.",
    }.get(metric, "The classes are about equally frequent.")
    yield from ("", f"# {why}", "[evaluation]", f"metric = {value_text(metric)}", f"also = {value_text(also)}")


def _candidates(found: Draft) -> Iterator[str]:
    yield from ("", "# The best of these leads. rivergauge backtest --compare ranks all suitable recipes.")
    for n, name in enumerate(found.candidates):
        yield from ([""] if n else [])
        yield from ("[[candidates]]", f"recipe = {value_text(name)} # {_printable(RECIPES[name].summary)}")
    for name, why in found.dropped:
        yield from _comment(f"Not {name}: {why}")


def _features(found: Draft) -> Iterator[str]:
    yield from ("", "[features]")
    for chosen in found.features:
        entry = chosen.entry if len(chosen.entry) > 1 else chosen.entry["type"]
        yield f"{key_text(chosen.column.name)} = {value_text(entry)}{_aside(chosen.comment)}"


def _left(found: Draft) -> Iterator[str]:
    if found.left:
        yield from ("", "# Left out:")
    for one in found.left:
        first, *others = _comment(f"- {one.column.name or '(no name)'}: {one.why}.")
        yield from (first, *(f"#   {line.removeprefix('# ')}" for line in others))


def _fairness(found: Draft) -> Iterator[str]:
    slices = suggestion(found)
    if slices is None:
        return
    names = ", ".join(slices)
    yield ""
    yield from _comment(
        f"{names}: to see whether groups of people are treated alike, remove the first # of each line below. "
        "private = true in a slice keeps its values out of all that is published."
    )
    for name, entry in slices.items():
        yield f"# [slices.{key_text(name)}]"
        yield from (f"# {key_text(key)} = {value_text(value)}" for key, value in entry.items())
    yield "# [fairness]"
    yield f"# protected = {value_text(list(slices))}"
    if found.answer.task is Task.MULTICLASS:
        yield f"# favourable = {value_text(next(iter(found.answer.classes)))}"
