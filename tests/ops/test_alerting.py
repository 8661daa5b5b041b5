"""Rules, route and dashboard: accepted by the programs that read them, tested, explained, and of metrics that exist.

Oracles: promtool and amtool of Debian; the catalogue of metrics as it is served.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from schemas.alerts import DriftKind, Severity
from streams.http.metrics.telemetry import Telemetry
from streams.notify.series import NotifySeries
from tests.conftest import ROOT
from tests.test_docs import anchors

OPS = ROOT / "ops"
RULES = OPS / "prometheus" / "rules.yml"
TESTS = OPS / "prometheus" / "rules.test.yml"
ROUTE = OPS / "alertmanager" / "alertmanager.yml"
DASHBOARD = OPS / "grafana" / "dashboards" / "rivergauge.json"

VARIABLES = {"$gauge": ".*", "$partition": ".*", "$__rate_interval": "1m"}
OF_OTHERS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}


def rules() -> list[dict]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def dashboard() -> dict:
    return json.loads(DASHBOARD.read_text())


def expressions() -> Iterator[str]:
    """Every query of the dashboard, as Prometheus is asked it."""
    board = dashboard()
    asked = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    for query in [*asked, *(one["expr"] for one in board["annotations"]["list"])]:
        for variable, value in VARIABLES.items():
            query = query.replace(variable, value)
        assert "$" not in query
        yield query


def known() -> set[str]:
    """The names of all series that are served."""
    served = Telemetry("pumps", SimpleNamespace(readings=list, is_ready=lambda: True))
    told = NotifySeries("pumps", [], lambda: True)
    names = set(OF_OTHERS)
    for family in (*served.collect(), *told.collect()):
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        names |= {f"{family.name}{ending}" for ending in endings}
    return names


def named(query: str) -> set[str]:
    without_text = re.sub(r'"[^"]*"', '""', query)
    return set(re.findall(r"\b(?:rivergauge|process)_\w+|\bup\b", without_text))


@pytest.fixture
def tool(require):
    """Runs a program of Debian's packages."""

    def run(program: str, *arguments: object) -> str:
        need = "promtool" if program == "promtool" else "prometheus"
        found = shutil.which(program)
        require(need, found, f"no {program} on the path")
        done = subprocess.run([str(found), *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_promtool_accepts_rules_and_configuration(tool):
    tool("promtool", "check", "config", OPS / "prometheus" / "prometheus.yml")

    assert f"{len(rules())} rules found" in tool("promtool", "check", "rules", "--lint-fatal", RULES)


def test_the_rules_pass_their_tests_and_each_has_one(tool):
    tool("promtool", "test", "rules", TESTS)

    cases = [case for test in yaml.safe_load(TESTS.read_text())["tests"] for case in test["alert_rule_test"]]
    told = {case["alertname"] for case in cases if case["exp_alerts"]}
    assert told == {rule["alert"] for rule in rules()}


def test_every_alert_says_how_bad_it_is_and_leads_to_its_section():
    sections = anchors(ROOT / "docs" / "alerts.md")
    for rule in rules():
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert page == "docs/alerts.md"
        if rule["alert"] == "RivergaugeEpisode":
            assert "severity" in rule["expr"]
            assert anchor == "{{ $labels.kind }}"
            assert sections >= {*DriftKind}
        else:
            assert rule["labels"]["severity"] in [*Severity]
            assert anchor == rule["alert"].lower()
        assert rule["alert"].lower() in sections
        assert rule["annotations"]["summary"]


def test_rules_and_dashboard_name_metrics_that_are_served():
    asked = [*expressions(), *(rule["expr"] for rule in rules())]

    assert len(asked) > 40
    assert all(named(query) for query in asked)
    assert {name for query in asked for name in named(query)} - known() == set()


def test_prometheus_can_read_every_query_of_the_dashboard(tool, tmp_path: Path):
    recorded = [{"record": f"query:{n}", "expr": query} for n, query in enumerate(expressions())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))

    assert f"{len(recorded)} rules found" in tool("promtool", "check", "rules", "--lint=none", file)


def test_the_dashboard_is_laid_out_without_overlaps_and_asks_one_source():
    panels = dashboard()["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {panel["datasource"]["uid"] for panel in panels if panel["type"] != "row"} == {"${datasource}"}
    for a, b in combinations([panel["gridPos"] for panel in panels], 2):
        apart = (
            a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        )  # fmt: skip
        assert apart, (a, b)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_grafana_is_given_the_source_that_the_dashboard_takes_first():
    provisioning = OPS / "grafana" / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((provisioning / "dashboards" / "rivergauge.yml").read_text())["providers"]
    [variable] = [one for one in dashboard()["templating"]["list"] if one["type"] == "datasource"]

    assert (source["type"], source["isDefault"], variable["query"]) == ("prometheus", True, "prometheus")
    assert provider["type"] == "file"


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"alertname": "RivergaugeEpisode", "kind": "concept", "severity": "critical"}, "on-call"),
        ({"alertname": "RivergaugeEpisode", "kind": "concept", "severity": "major"}, "team"),
        ({"alertname": "RivergaugeDown", "severity": "critical"}, "on-call"),
        ({"alertname": "RivergaugeSlow", "severity": "minor"}, "team"),
    ],
)
def test_what_is_critical_goes_to_who_is_on_call(tool, labels, receiver):
    tool("amtool", "check-config", ROUTE)

    given = [f"{name}={value}" for name, value in labels.items()]
    assert tool("amtool", "config", "routes", "test", f"--config.file={ROUTE}", *given).split() == [receiver]
