"""What the tiles and the words on them mean, for whoever sees the page for the first time."""

from __future__ import annotations

from typing import Final

TILES: Final[dict[str, str]] = {
    "verdict": "Must anything be done? In grey, how the service compares with the baseline that is hardest to beat, "
    "and the alarms beside those that chance alone would raise.",
    "metric": "Is it getting worse? Shaded bands are the versions that led; vertical lines are drift alerts, dashed "
    "once closed.",
    "budget": "Are there more alarms than chance would raise? The mark on each bar is the most that chance would.",
    "contest": "Which version wants to lead, and how near it is. Evidence multiplies: half way is the root of the "
    "threshold.",
    "moved": "Which columns changed, each with its share of the evidence.",
    "labels": "Do events and labels arrive, and does the worker keep up?",
    "refused": "Records that were refused, by reason. None is lost: each is kept, with its bytes, on a topic.",
    "timeline": "What happened. Each entry opens its evidence and the commands that act on it.",
    "sides": "How the columns that moved looked before and after.",
    "slices": "For whom it is worse: each group's figure, and its error beyond that of all others.",
    "fairness": "Protected groups side by side, by the usual criteria.",
    "calibration": "Do probabilities mean what they say? Dots on the diagonal do; larger dots are more predictions.",
    "errors": "Which labels are mistaken for which; for numbers, how far off predictions are.",
    "worst": "Which events to look at first, by their ids.",
}
"""By tile, the question that it answers."""

WORDS: Final[dict[str, str]] = {
    "(low to high)": "a 95 % interval that allows for errors in bursts",
    "baseline": "one of the simplest rules: repeat the last label, or always give the commonest (or mean) one",
    "held-out window": "figures over a share of the events that no model learns from",
    "champion, challenger": "the version that leads, and one that competes to replace it",
    "dead letter": "a record that was refused, kept with its reason",
    "position": "the offset of a record in its partition of the input topic",
    "concept drift": "what the features say about the label has changed",
    "covariate drift": "the features have changed",
    "prior drift": "the classes, or the sizes of labels, come in other shares",
    "data fault": "the way the data arrive has changed: missing, stuck, in another unit",
    "labels drift": "the way labels arrive has changed",
}
"""Terms that the tiles use."""
