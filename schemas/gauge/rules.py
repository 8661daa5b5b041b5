"""Rules between sections of the gauge file: each takes the sections it is about and returns what is wrong, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from schemas.gauge.candidates import Candidate
from schemas.gauge.decision import Decision
from schemas.gauge.drift import Drift
from schemas.gauge.evaluation import Evaluation
from schemas.gauge.fairness import Fairness
from schemas.gauge.features import Feature
from schemas.gauge.label import Arrival, LabelSection
from schemas.gauge.paths import Steps, steps
from schemas.gauge.private import places_at, private_paths
from schemas.gauge.record import RecordSection
from schemas.gauge.retraining import Retraining
from schemas.gauge.slices import Slice
from schemas.gauge.task import Task
from schemas.gauge.topics import Topics
from schemas.gauge.uncertainty import Uncertainty
from schemas.gauge.values import class_name
from schemas.hints import nearest


def label_fits_task(label: LabelSection, task: Task) -> list[str]:
    """Classes are for classification, bounds for regression."""
    problems = []
    both = label.positive is not None and label.negative is not None
    if task is Task.BINARY and (not both or label.classes is not None):
        problems.append("label: a binary task needs positive and negative (and no classes)")
    if task is Task.BINARY and both and not _differ([label.positive, label.negative]):
        problems.append(
            f"label: positive and negative must differ, also as text, got {label.positive!r} and {label.negative!r}"
        )
    if task is Task.MULTICLASS and len(label.classes or ()) < 2:
        problems.append("label: a multiclass task needs classes, a list of at least two different values")
    elif task is Task.MULTICLASS and not _differ(label.classes or []):
        problems.append(f"label: classes must differ, also as text, got {label.classes!r}")
    if task is not Task.BINARY and (label.positive is not None or label.negative is not None):
        problems.append(f"label: positive and negative belong to a binary task, this one is {task}")
    if task is Task.REGRESSION and label.classes is not None:
        problems.append("label: classes belong to a multiclass task, this one is regression")
    if label.minimum is not None and label.maximum is not None and label.minimum >= label.maximum:
        problems.append(f"label: minimum must be below maximum, got {label.minimum} and {label.maximum}")
    if task is not Task.REGRESSION and (label.minimum is not None or label.maximum is not None):
        problems.append(f"label: minimum and maximum belong to a regression, this task is {task}")
    return problems


def _differ(classes: list[Any]) -> bool:
    # As values, where true is 1, and as the names of probabilities, where true is "true".
    return len(set(classes)) == len(set(map(class_name, classes))) == len(classes)


def label_fits_record(label: LabelSection, record: RecordSection) -> list[str]:
    """A label that comes later is joined by id, and placed by time."""
    problems = []
    if label.arrival is Arrival.LATER and record.id is None:
        problems.append("record: id is needed where labels arrive later, to join them to their events")
    if label.arrival is Arrival.WITH_EVENT and (label.time is not None or label.delay_s is not None):
        problems.append("label: time and delay_s need arrival = 'later'")
    if label.arrival is Arrival.LATER and label.time is None and label.delay_s is not None and record.time is None:
        problems.append("label: delay_s counts from the event's time; name it in record.time")
    if label.time is not None and record.time is None:
        problems.append("label: time is compared with the events' times; name theirs in record.time")
    return problems


def decision_fits_task(decision: Decision | None, label: LabelSection, task: Task) -> list[str]:
    """A decision is between classes, and a threshold between two."""
    if decision is None:
        return []
    if task is Task.REGRESSION:
        return ["decision: it is made from probabilities of classes, and a regression has none"]
    if decision.costs is None:
        what = f"decision: {decision.way} is for a binary task, this one is {task}; give costs"
        return [] if task is Task.BINARY else [what]
    values = [label.negative, label.positive] if task is Task.BINARY else label.classes or []
    classes = [class_name(value) for value in values if value is not None]
    named = dict.fromkeys(name for true, row in decision.costs.items() for name in (true, *row))
    return [
        f"decision: costs names '{name:.80}', which is no class{nearest(name, classes)} (classes: {listed(classes)})"
        for name in named
        if name not in classes and classes
    ]


def only_classes_are_calibrated(candidates: Iterable[Candidate], task: Task) -> list[str]:
    """A calibrator maps probabilities of classes."""
    return [
        f"candidates: {candidate.name} has recalibrate = '{candidate.recalibrate}', and a regression has no "
        "probabilities of classes to calibrate"
        for candidate in candidates
        if candidate.recalibrate is not None and task is Task.REGRESSION
    ]


def listed(names: list[str]) -> str:
    """Names in words: the first of them, and how many more there are."""
    return ", ".join(names[:_LISTED]) + (f", and {len(names) - _LISTED:,} more" if len(names) > _LISTED else "")


_LISTED: Final = 20


def retraining_fits_evaluation(retraining: Retraining, evaluation: Evaluation, task: Task) -> list[str]:
    """What a challenger is started or judged by is measured."""
    problems = []
    rule = retraining.on_metric
    if rule is not None and rule.over == "holdout" and not evaluation.holdout:
        problems.append(
            "retraining: on_metric.over = 'holdout' needs evaluation.holdout above 0; or say over = 'window'"
        )
    if task is Task.REGRESSION and retraining.judge == "log_loss":
        problems.append("retraining: judge = 'log_loss' needs probabilities, and a regression has none")
    if task is Task.REGRESSION and retraining.burst is not None:
        problems.append("retraining: burst is of one class, and a regression has none")
    return problems


def no_feature_tells_the_label(features: Mapping[str, Feature], section: LabelSection) -> list[str]:
    """No feature is read from where the label stands, or its time."""
    paths = {name: steps(feature.field or name) for name, feature in features.items()}
    return list(_from_the_label("features", paths, section, "a model would be told the answer"))


def slices_fit(slices: Mapping[str, Slice], label: LabelSection, features: Mapping[str, Feature]) -> list[str]:
    """A slice divides by what is known before the label, a pair by two slices that are there and no pairs."""
    paths = {name: one.path(name) for name, one in slices.items() if one.of is None}
    problems = list(_from_the_label("slices", paths, label, "a slice divides by what is known before it"))
    read = {steps(feature.field or name): (name, feature) for name, feature in features.items()}
    for name, path in paths.items():
        inner = next((other for other in (*read, *paths.values()) if other[: len(path)] == path != other), None)
        if inner is not None:
            problems.append(f"slices: '{name}' is read from '{'.'.join(path)}', which holds '{'.'.join(inner)}'")
        feature_name, feature = read.get(path, ("", None))
        if slices[name].bins is not None and feature is not None and feature.type != "number":
            problems.append(f"slices: '{name}' has bins, and features.{feature_name} is a {feature.type}, no number")
    for name, one in slices.items():
        for part in one.of or ():
            if part not in paths:
                what = "a pair itself" if part in slices else f"no slice{nearest(part, list(paths))}"
                problems.append(f"slices: '{name}' is of '{part}', which is {what}")
    return problems


def fairness_fits(fairness: Fairness, slices: Mapping[str, Slice], label: LabelSection, task: Task) -> list[str]:
    """Protected attributes are slices, and one of the classes selects."""
    protected, favourable = fairness.protected, fairness.favourable
    problems = [
        f"fairness: protected names '{name}', which is no slice{nearest(name, list(slices))}; declare [slices.{name}]"
        for name in protected
        if name not in slices
    ]
    if len(set(protected)) != len(protected):
        problems.append(f"fairness: protected must name each slice once, got {protected}")
    if task is Task.REGRESSION:
        if protected or favourable is not None:
            problems.append("fairness: gaps are between shares of a class that is favourable; a regression has none")
        return problems
    classes = [label.negative, label.positive] if task is Task.BINARY else label.classes or []
    if favourable is None:
        if protected and task is Task.MULTICLASS:
            problems.append(f"fairness: favourable is needed for a multiclass task: one of {classes}")
    elif not any(favourable == value and type(favourable) is type(value) for value in classes):
        problems.append(f"fairness: favourable must be one of {classes}, got {favourable!r}")
    return problems


def private_stays_inside(slices: Mapping[str, Slice], record: RecordSection) -> list[str]:
    """What names an event is published with it and cannot be private, and a slice that is not private shows its groups.

    A feature may be read from where a private slice is: its values are not shown. A slice above or below another one is
    refused in any case (`slices_fit`).
    """
    named = {"record.id": record.id, "record.time": record.time, "record.key": record.key}
    private = {name: one.path(name) for name, one in slices.items() if one.private}
    published = [
        f"slices: '{name}' is private, and its field {'is' if steps(other) == path else 'overlaps'} {where}, which "
        "goes out with every prediction"
        for name, path in private.items()
        for where, other in named.items()
        if other is not None and _overlap(steps(other), path)
    ]
    return published + [
        f"slices: '{name}' is private, and '{other}' would show the values of the same field, '{'.'.join(path)}': give "
        f"[slices.{other}] private = true as well, or take it out"
        for name, path in private.items()
        for other, one in slices.items()
        if not one.private and one.path(other) == path
    ]


def _overlap(one: Steps, other: Steps) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _from_the_label(where: str, paths: Mapping[str, Steps], section: LabelSection, why: str) -> Iterator[str]:
    label = steps(section.field)
    for name, path in paths.items():
        if path == label:
            what = f"the label's own field '{'.'.join(label)}': {why}"
        elif _overlap(path, label):
            outer, inner = sorted((path, label), key=len)
            what = f"'{'.'.join(path)}': '{'.'.join(outer)}' cannot be a value and hold '{'.'.join(inner)}' as well"
        elif section.time is not None and ".".join(path) == section.time:
            what = f"label.time, '{section.time}': when a label comes may tell what it is, and is not known before"
        else:
            continue
        yield f"{where}: '{name}' is read from {what}"


def no_value_is_missing(
    record: RecordSection, label: LabelSection, features: Mapping[str, Feature], slices: Mapping[str, Slice]
) -> list[str]:
    """A text that stands for a missing value is no class, no category and no group."""
    classes = [value for value in (label.negative, label.positive, *(label.classes or ())) if value is not None]
    values = {f"features.{name}.values": feature.values or [] for name, feature in features.items()}
    values |= {f"slices.{name}.values": one.values or [] for name, one in slices.items()}
    values["the label's classes"] = [str(value) for value in classes]
    private = places_at(private_paths(slices), slices, features)
    return [
        f"record: missing holds {'a text' if where.removesuffix('.values') in private else repr(marker)}, and so does "
        f"{where}: one text cannot be a value and the lack of one"
        for where, texts in values.items()
        for marker in record.missing
        if marker in texts
    ]


def abstaining_can_apply(
    uncertainty: Uncertainty, task: Task, label: LabelSection, features: Mapping[str, Feature]
) -> list[str]:
    """A rule that can never apply is meant otherwise."""
    abstain, is_number = uncertainty.abstain, task is Task.REGRESSION
    classes = 2 if task is Task.BINARY else len(label.classes or ())
    problems = []
    if is_number and abstain.set_size is not None:
        problems.append("set_size is for classes, and a regression has none: give width")
    elif abstain.set_size is not None and abstain.set_size >= classes:
        problems.append(
            f"set_size must be below the number of classes, {classes}, which no set exceeds; got {abstain.set_size}"
        )
    if not is_number and abstain.width is not None:
        problems.append(f"width is for the intervals of a regression, this task is {task}: give set_size")
    if uncertainty.cover is None and (abstain.set_size is not None or abstain.width is not None):
        problems.append("set_size and width need intervals or sets: give uncertainty.cover, such as 0.9")
    if abstain.missing is not None and not any(feature.optional for feature in features.values()):
        problems.append("missing needs a feature that may be missing (optional = true); the others are in every event")
    return [f"uncertainty.abstain: {what}" for what in problems]


OWN_COLUMNS: Final = ("prediction", "label", "label delay", "traffic")
"""What is watched besides the features, by name."""


def ignored_columns_are_there(drift: Drift, features: Mapping[str, Feature]) -> list[str]:
    """What is not to be watched would be."""
    known = [*features, *OWN_COLUMNS]
    return [
        f"drift.columns: ignore names '{name:.80}', which is no column{nearest(name, known)} (a feature, or one of "
        f"{', '.join(OWN_COLUMNS)})"
        for name in dict.fromkeys(drift.columns.ignore)
        if name not in known
    ]


def topics_differ(topics: Topics) -> list[str]:
    """What is written is not what is read."""
    names = [topics.input, *topics.outputs, topics.snapshots, topics.control, topics.redriven, topics.notified]
    if len(set(names)) != len(names):
        return ["topics: input, outputs, snapshots, control, redriven and notified must be ten different topics"]
    return []
