"""The commands that read a gauge's outputs, on records that a learner published to a broker.

Oracle: that learner's own effects, and the view of them, which has tests of its own.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from schemas.alerts import Moved
from schemas.records import AlertStatus, ModelVersion, VersionStep, WindowReport
from streams.broker.inprocess import InProcessBroker
from streams.cli import options
from streams.view import follower
from tests import builders
from tests.streams.cli.showing import as_json, create_topics, gauge_file, printed, publish, rivergauge
from tests.streams.delivery import test_envelope as golden
from tests.streams.view.test_view import history, wires
from tests.streams.view.wire import on_the_wire

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A gauge with two partitions, the second of which is empty; the learner of the first, and its effects."""
    with InProcessBroker() as broker:
        create_topics(broker)
        learner, effects = history(0)
        publish(broker.bootstrap_servers, wires(0, effects))
        path = gauge_file(tmp_path_factory.mktemp("shown"), broker.bootstrap_servers)
        yield path, learner, effects


@pytest.fixture
def empty(tmp_path):
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        yield gauge_file(tmp_path, broker.bootstrap_servers)


def test_the_status_is_that_of_the_learner(shown):
    path, learner, effects = shown
    status = learner.status()

    told = printed("status", path)

    assert told.startswith(f"pumps: 2 partitions, {len(status.watched.open)} open alert")
    assert builders.reports(effects)[-1].verdict in told
    assert f"champion     {status.versions.champion.version} (naive_bayes), promoted at position" in told
    assert "newest       position 500; event time 2024-01-01 00:00:00Z" in told
    assert f"predictions  {status.predictions:,} read back" in told
    for one in status.watched.open:
        assert f"\n{one.episode} " in told
    assert "\nnot_json        1\n" in told
    assert "SECRET" not in told


def test_the_status_tells_why_a_part_is_empty(shown, empty):
    path, *_ = shown

    beside, alone = printed("status", path), printed("status", empty)

    assert "partition 1\n  nothing yet  nothing was published among the newest 20,000 records" in beside
    assert "no open alerts: none was opened among" in alone
    assert "no dead letters: no record was refused among" in alone


def test_a_partition_without_reports_tells_when_there_will_be_one(tmp_path):
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        publish(broker.bootstrap_servers, [on_the_wire(golden.PREDICTION._replace(time=None, position=3))])
        told = printed("status", gauge_file(tmp_path, broker.bootstrap_servers))

    assert "verdict      none yet: no window of 200 held-out labels has closed" in told
    assert "5% of the events are held out" in told
    assert "champion     not known: no promotion among" in told
    assert "newest       position 3; no event yet" in told


def test_the_status_for_programs_is_that_of_the_view(shown):
    path, learner, _ = shown

    status = as_json("status", path)

    assert status["gauge"] == "pumps"
    assert list(status["partitions"]) == ["0"]
    assert status["partitions"]["0"]["champion"]["version"] == learner.status().versions.champion.version
    assert status["dead_letters"] == {"not_json": 1}


def test_versions_are_listed_the_newest_first_and_the_champion_is_marked(shown):
    path, learner, effects = shown
    newest = {one.version: one for one in builders.versions(effects)}

    listed = as_json("versions", "list", path)["versions"]
    told = printed("versions", "list", path)

    assert {one["version"]: one["step"] for one in listed} == {name: str(one.step) for name, one in newest.items()}
    assert [one["version"] for one in listed if one["leads"]] == [learner.status().versions.champion.version]
    assert told.count(", leads") == 1
    assert len(told.splitlines()) == 2 + len(newest)


def test_a_limit_tells_how_many_it_left_out(shown):
    path, _, effects = shown
    names = {one.version for one in builders.versions(effects)}

    listed = as_json("versions", "list", path, "--limit", 1)
    told = printed("versions", "list", path, "--limit", 1)

    assert (len(listed["versions"]), listed["left_out"]) == (1, len(names) - 1)
    assert f"… {len(names) - 1} older: --limit shows more" in told


@pytest.mark.parametrize("what", ["versions", "alerts", "reports"])
def test_a_partition_without_any_is_empty_and_tells_how_far_it_looked(shown, what):
    path, *_ = shown

    assert as_json(what, "list", path, "--partition", 1) == {what: [], "left_out": 0}
    assert printed(what, "list", path, "--partition", 1).startswith(f"no {what} among the newest 20,000 records")


def test_a_version_is_shown_with_all_its_steps(shown):
    path, _, effects = shown
    name = builders.versions(effects, VersionStep.PROMOTED)[-1].version
    steps = [one for one in builders.versions(effects) if one.version == name]

    one, told = as_json("versions", "show", path, name), printed("versions", "show", path, name)

    assert [step["step"] for step in one["steps"]] == [str(step.step) for step in steps]
    assert all(step.reason in told for step in steps)
    assert steps[-1].gauge_digest in told


@pytest.mark.parametrize(("what", "hint"), [("versions", "did you mean '0-1'"), ("alerts", "did you mean '0-")])
def test_a_name_that_is_not_there_is_refused_with_the_nearest(shown, what, hint):
    path, *_ = shown

    done = rivergauge(what, "show", path, "0-199")

    assert done.exit_code == 2
    assert "'0-199' among the newest 20,000 records of each partition" in done.stderr
    assert hint in done.stderr


def test_a_name_like_none_is_refused_with_the_newest(shown):
    path, *_ = shown

    done = rivergauge("reports", "show", path, 777, "--json")

    assert done.exit_code == 2
    assert "no report of window '777' among" in json.loads(done.stdout)["problems"][0]["what"]
    assert "the newest are " in done.stderr


def test_two_versions_differ_in_what_was_published_of_them(tmp_path):
    first: ModelVersion = golden.VERSION._replace(version="0-1", parent=None, libraries={"river": "0.26.1"})
    second = first._replace(
        version="0-2", candidate="trees", parent="0-1", figures={"Accuracy": 0.8}, libraries={"river": "0.27.0"}
    )
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        publish(broker.bootstrap_servers, [on_the_wire(first), on_the_wire(second, n=1)])
        path = gauge_file(tmp_path, broker.bootstrap_servers)

        found = as_json("versions", "diff", path, "0-1", "0-2")
        told = printed("versions", "diff", path, "0-1", "0-2")
        same = printed("versions", "diff", path, "0-1", "0-1")

    assert (found["a"], found["b"]) == ("0-1", "0-2")
    assert {one["what"]: (one["a"], one["b"]) for one in found["differences"]} == {
        "candidate": ("naive_bayes", "trees"),
        "parent": (None, "0-1"),
        "figures.Accuracy": (0.9, 0.8),
        "libraries.river": ("0.26.1", "0.27.0"),
    }
    assert "libraries.river" in told
    assert "0-1 and 0-1 differ in nothing" in same


def test_alerts_are_listed_and_shown_with_what_moved_and_what_to_do(tmp_path):
    moved = Moved(column="age", what="location", weight=0.9, words="age: x 2", before={"q50": 1.0}, after={"q50": 2.0})
    opened = golden.ALERT._replace(episode="0-1", moved=(moved,), advice="look at the source")
    closed = golden.ALERT._replace(episode="0-2", status=AlertStatus.CLOSED)
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        publish(broker.bootstrap_servers, [on_the_wire(opened), on_the_wire(closed, n=1)])
        path = gauge_file(tmp_path, broker.bootstrap_servers)

        listed = as_json("alerts", "list", path)["alerts"]
        rows = printed("alerts", "list", path)
        one, told = as_json("alerts", "show", path, "0-1"), printed("alerts", "show", path, "0-1")

    assert {alert["episode"]: alert["status"] for alert in listed} == {"0-1": "opened", "0-2": "closed"}
    assert "error_rose; age: x 2; look at the source" in rows
    assert one["moved"][0]["column"] == "age"
    assert "advice    look at the source" in told
    assert "age: location, 90% of the evidence" in told


def test_reports_are_listed_and_one_is_shown(shown):
    path, _, effects = shown
    reports: list[WindowReport] = builders.reports(effects)

    listed = as_json("reports", "list", path)["reports"]
    rows = printed("reports", "list", path)
    [one] = as_json("reports", "show", path, 1)["reports"]
    told = printed("reports", "show", path, 1)

    assert [report["window"] for report in listed] == [report.window for report in reversed(reports)]
    assert len(rows.splitlines()) == 2 + len(reports)
    assert one["window"] == 1
    assert "window 1, partition 0: 20 held-out labels" in told
    assert reports[0].verdict in told


def test_alerts_are_followed_as_they_come(tmp_path):
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        first = golden.ALERT._replace(episode="0-1")
        publish(broker.bootstrap_servers, [on_the_wire(first)])
        path = gauge_file(tmp_path, broker.bootstrap_servers)
        tail = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "alerts", "tail", str(path), "--json"], stdout=subprocess.PIPE
        )
        before = json.loads(tail.stdout.readline())
        publish(broker.bootstrap_servers, [on_the_wire(first._replace(position=42, status=AlertStatus.CLOSED))])
        after = json.loads(tail.stdout.readline())
        tail.send_signal(signal.SIGINT)
        rest, _ = tail.communicate(timeout=30)

    assert [one["status"] for one in (before, after)] == ["opened", "closed"]
    assert (rest, tail.returncode) == (b"", 0)


def test_a_watched_status_is_printed_again_when_something_came(tmp_path):
    with InProcessBroker() as broker:
        create_topics(broker, 1)
        path = gauge_file(tmp_path, broker.bootstrap_servers)
        watch = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "status", str(path), "--watch", "--json"], stdout=subprocess.PIPE
        )
        before = json.loads(watch.stdout.readline())
        publish(broker.bootstrap_servers, [on_the_wire(golden.PREDICTION)])
        after = json.loads(watch.stdout.readline())
        watch.send_signal(signal.SIGINT)
        watch.communicate(timeout=30)

    assert (before["partitions"], list(after["partitions"])) == ({}, ["0"])
    assert watch.returncode == 0


def test_reading_outputs_makes_no_model(shown):
    path, *_ = shown
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\nfrom streams.cli.app import app\n"
            f"try: app(['versions', 'list', {str(path)!r}])\nexcept SystemExit as end: code = end.code\n"
            "print(code, [name for name in ('river', 'numpy', 'faust') if name in sys.modules])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "0 []"


def test_the_bound_that_help_names_is_the_followers():
    assert options.FAR == follower.PAST
