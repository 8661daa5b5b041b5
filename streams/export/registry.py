"""Brings a registered model on an MLflow server to where the gauge's versions are; what is there already stays.

Rules. Everything is looked up by what it is called before it is made, so a second export changes nothing and one that
was cut off is completed by the next. A version has one run, which holds its figures, and one model version, which holds
its tags. MLflow numbers model versions itself; whose they are the tag ``rivergauge.version`` tells. What somebody else
added (descriptions, other tags, other aliases) is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from streams.export.entry import PREFIX, Entry, Sample
from streams.export.rest import Rest, keeps

NAME: Final = f"{PREFIX}version"
_DIGEST: Final = f"{PREFIX}exported"
"""A run's tag: the digest of what was exported of its version."""
GAUGE_FILE: Final = "gauge.toml"
"""An artefact that alone is no news: of a later file that means the same, or that a version was not made by."""
_AT_ONCE: Final = 1_000
"""Figures of one request: the most that MLflow takes."""

Files = Callable[[Entry], Mapping[str, bytes]]
"""The artefacts of a version, by path."""


class Told(NamedTuple):
    """What an export did. ``aliases`` maps those that moved to the version that they stand for now."""

    versions: int
    registered: list[str]
    updated: list[str]
    aliases: dict[str, str | None]
    without_files: bool


class Registry:
    """One registered model, and the experiment of the same name.

    Parameters
    ----------
    rest
        Where.
    model
        What the model and the experiment are called: the gauge's name.
    """

    def __init__(self, rest: Rest, model: str) -> None:
        self._rest = rest
        self._model = model
        self._without_files = False

    def export(self, entries: Iterable[Entry], aliases: Mapping[str, str], files: Files) -> Told:
        """Register what is new, tell what has changed, move aliases.

        Raises
        ------
        MlflowAwayError, MlflowRefusedError
            If nobody answers, or the answer is no. What was done by then stays.
        """
        experiment, model = self._experiment(), self._registered()
        known = self._versions()
        registered, updated, every = [], [], 0
        for entry in entries:
            every += 1
            number, run_id, tags = known.get(entry.name, (None, None, {}))
            run = self._run(experiment, entry, run_id)
            changed = self._tell(run, entry, files)
            if number is None:
                known[entry.name] = self._register(run, entry)
                registered.append(entry.name)
            elif self._mend(number, entry, tags) or changed:
                updated.append(entry.name)
        numbers = {name: number for name, (number, _, _) in known.items()}
        moved = self._point(model, {alias: (name, numbers[name]) for alias, name in aliases.items() if name in numbers})
        return Told(every, registered, updated, moved, self._without_files)

    def _experiment(self) -> str:
        found = self._rest.find("experiments/get-by-name", experiment_name=self._model)
        if found is not None:
            return str(found["experiment"]["experiment_id"])
        return str(self._rest.do("experiments/create", name=self._model)["experiment_id"])

    def _registered(self) -> dict[str, Any]:
        found = self._rest.find("registered-models/get", name=self._model)
        if found is None:
            words = f"Versions of the gauge {self._model}, exported by rivergauge."
            found = self._rest.do("registered-models/create", name=self._model, description=words)
        return dict(found["registered_model"])

    def _versions(self) -> dict[str, tuple[str, str, dict[str, str]]]:
        """Number, run and tags of each model version that is ours, by the version's name."""
        found = {}
        for one in self._rest.pages("model-versions/search", "model_versions", filter=f"name = '{self._model}'"):
            tags = _tags(one.get("tags", ()))
            if NAME in tags:
                found[tags[NAME]] = str(one["version"]), one.get("run_id", ""), tags
        return found

    def _run(self, experiment: str, entry: Entry, run_id: str | None) -> dict[str, Any]:
        if run_id:
            found = self._rest.find("runs/get", run_id=run_id)
            if found is not None:
                return dict(found["run"])
        ours = f"tags.`{NAME}` = '{entry.name}'"
        runs = self._rest.do("runs/search", experiment_ids=[experiment], filter=ours, max_results=1).get("runs")
        if runs:
            return dict(runs[0])
        tags = {NAME: entry.name, "mlflow.source.name": "rivergauge", "mlflow.source.type": "JOB"}
        made = self._rest.do(
            "runs/create",
            experiment_id=experiment,
            run_name=entry.name,
            start_time=entry.begun,
            tags=_listed(tags),
        )
        return dict(made["run"])

    def _tell(self, run: Mapping[str, Any], entry: Entry, files: Files) -> bool:
        """Give a run its figures and artefacts, unless it has them; whether it had not."""
        info = run["info"]
        begun = int(info["start_time"])
        metrics = [_metric(sample, begun) for sample in entry.samples]
        artefacts = files(entry) if keeps(info["artifact_uri"]) else {}
        self._without_files |= not artefacts
        digest = _digest(metrics, {path: content for path, content in artefacts.items() if path != GAUGE_FILE})
        if _tags(run.get("data", {}).get("tags", ())).get(_DIGEST) == digest:
            return False
        for path, content in artefacts.items():
            self._rest.put(f"{_source(info)}/{path}", content)
        # MLflow counts a figure once that it has already: same key, value, time and step.
        for begin in range(0, len(metrics), _AT_ONCE):
            self._rest.do("runs/log-batch", run_id=info["run_id"], metrics=metrics[begin : begin + _AT_ONCE])
        end = max((sample.timestamp or begun for sample in entry.samples), default=begun)
        self._rest.do("runs/update", run_id=info["run_id"], status="FINISHED", end_time=max(begun, end))
        # Last: what is cut off before it is done again.
        self._rest.do("runs/log-batch", run_id=info["run_id"], tags=_listed({_DIGEST: digest}))
        return True

    def _register(self, run: Mapping[str, Any], entry: Entry) -> tuple[str, str, dict[str, str]]:
        info = run["info"]
        made = self._rest.do(
            "model-versions/create",
            name=self._model,
            source=_source(info),
            run_id=info["run_id"],
            description=entry.description,
            tags=_listed(entry.tags),
        )
        return str(made["model_version"]["version"]), info["run_id"], entry.tags

    def _mend(self, number: str, entry: Entry, tags: Mapping[str, str]) -> bool:
        which = {"name": self._model, "version": number}
        wrong = {key: value for key, value in entry.tags.items() if tags.get(key) != value}
        gone = [key for key in tags if key.startswith(PREFIX) and key not in {*entry.tags, *entry.unknown}]
        for key, value in wrong.items():
            self._rest.do("model-versions/set-tag", **which, key=key, value=value)
        for key in gone:
            self._rest.do("model-versions/delete-tag", method="DELETE", **which, key=key)
        return bool(wrong or gone)

    def _point(self, model: Mapping[str, Any], wanted: Mapping[str, tuple[str, str]]) -> dict[str, str | None]:
        """Move our aliases. A champion that is not known stays who it was; nobody on trial is no challenger."""
        now = {one["alias"]: str(one["version"]) for one in model.get("aliases", ())}
        moved: dict[str, str | None] = {}
        for alias, (name, number) in wanted.items():
            if now.get(alias) != number:
                self._rest.do("registered-models/alias", name=self._model, alias=alias, version=number)
                moved[alias] = name
        for alias in now.keys() - wanted.keys():
            if alias == "challenger" or alias.startswith("challenger-p"):
                self._rest.do("registered-models/alias", method="DELETE", name=self._model, alias=alias)
                moved[alias] = None
        return moved


def _metric(sample: Sample, begun: int) -> dict[str, Any]:
    # Without event time a figure stands at the run's beginning: it must have the same time in every export.
    time = begun if sample.timestamp is None else sample.timestamp
    return {"key": sample.key, "value": sample.value, "step": sample.position, "timestamp": time}


def _source(info: Mapping[str, Any]) -> str:
    return f"{info['artifact_uri']}/model"


def _digest(metrics: list[dict[str, Any]], artefacts: Mapping[str, bytes]) -> str:
    return sha256(to_json([metrics, {path: content.hex() for path, content in artefacts.items()}])).hexdigest()


def _tags(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {one["key"]: one.get("value", "") for one in listed}


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
