"""What the documentation shows is true: links lead somewhere, gauge files pass, commands parse, examples run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from models.check import problems
from models.door.decoder import Decoder
from schemas.events import EventReceived, LabelledEvent, Rejected
from streams.cli.app import app
from streams.here.gaugefile import load
from tests.builders import Arrived
from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(DOCS.rglob("*.md")),
    *sorted(ROOT.glob("examples/*/*.md")),
]
GUIDE = DOCS / "your-own-data.md"


class Block(NamedTuple):
    """A fenced block; ``name`` is the file that the reader is told to save it as."""

    page: Path
    kind: str
    text: str
    name: str | None


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        before = text[: match.start()].rstrip().rsplit("\n\n", 1)[-1]
        names = re.findall(r"(?:[Ss]ave as |^|\n)`([\w./-]+\.\w+)`(?: becomes)?", before)
        found.append(Block(page, match[1], match[2], names[-1] if names else None))
    return found


def all_blocks(kind: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.kind == kind]


def commands() -> list[str]:
    """Every line of a shell block that calls us, without what comes behind it."""
    lines = [line for block in all_blocks("sh") for line in block.text.splitlines()]
    return [re.split(r" +#| \| | > ", line)[0].strip() for line in lines if line.startswith("rivergauge ")]


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives a page's headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file) if file else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)

    assert broken == []


def test_the_index_names_every_page():
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "README.md").read_text(encoding="utf-8")))

    assert linked == {page.name for page in DOCS.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize(
    "block", [block for block in all_blocks("toml") if "[features]" in block.text], ids=lambda block: block.page.stem
)
def test_gauge_files_in_the_docs_pass(block, tmp_path):
    file = tmp_path / "gauge.toml"
    file.write_text(block.text, encoding="utf-8")

    assert problems(load(file)) == []


def test_there_are_commands_to_parse():
    assert len(commands()) > 15


@pytest.mark.parametrize("line", commands())
def test_commands_in_the_docs_parse(line):
    _, *words = shlex.split(line)
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]

    assert command.make_context(command.name, words).params


@pytest.mark.parametrize("block", all_blocks("python"), ids=lambda block: f"{block.page.stem}-{block.name}")
def test_programs_in_the_docs_compile(block):
    assert compile(block.text, str(block.name), "exec")


def run(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PATH": path, **environment},
        check=False,
    )


def walk(folder: Path, *, until: str) -> list[str]:
    """Do what the guide says from its first file to the block with ``until``: the standard outputs, in order."""
    printed = []
    for block in blocks(GUIDE)[1:]:  # the first sets the environment up
        if until in block.text:
            break
        if block.name is not None:
            (folder / block.name).write_text(block.text, encoding="utf-8")
        elif block.kind == "sh":
            done = run(block.text, folder)
            assert done.returncode == 0, (block.text, done.stderr)
            printed.append(done.stdout)
    return printed


def test_the_guide_can_be_walked_up_to_kafka(tmp_path):
    made, begun, checked, refused, mended = walk(tmp_path, until="rivergauge broker")

    shown = [block.text for block in blocks(GUIDE) if block.kind == "text"]
    assert [made, begun] == shown[:2]
    assert (tmp_path / "suggested.toml").read_text() in [block.text for block in blocks(GUIDE)]
    assert checked.startswith("ok pumps.toml")
    assert "age_days" in refused
    assert "4,000 predictions" in mended
    assert len((tmp_path / "predictions.jsonl").read_text().splitlines()) == 4_000


@pytest.mark.kafka
def test_the_guide_can_be_walked_on_kafka(tmp_path, kafka):
    walk(tmp_path, until="rivergauge backtest pumps.toml")
    send, read = (
        next(block.text for block in blocks(GUIDE) if start in block.text)
        for start in ("rivergauge send", "AIOKafkaConsumer(")
    )
    (tmp_path / "read_predictions.py").write_text(read.replace("127.0.0.1:9092", kafka), encoding="utf-8")
    environment = {"RIVERGAUGE_BOOTSTRAP_SERVERS": kafka, "RIVERGAUGE_SERVER_PORT": "0"}

    sent = run(send, tmp_path, **environment)
    worker = subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "run", "pumps.toml"],
        cwd=tmp_path,
        env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(10):
            printed = run("python read_predictions.py", tmp_path).stdout.splitlines()
            if len(printed) >= 3_582:
                break
    finally:
        worker.terminate()
        worker.wait(60)

    assert sent.returncode == 0
    assert len(printed) == 3_582
    assert printed[-1] == "pumps:0:3999:prediction:0 r3999 2024-03-28T18:30:00Z no"


def test_the_package_of_the_docs_can_be_built_and_used(tmp_path):
    page = DOCS / "own-model.md"
    (tmp_path / "pump-models").mkdir()
    for block in blocks(page):
        if block.name is not None:
            (tmp_path / block.name).write_text(block.text, encoding="utf-8")
    gauge = next(b.text for b in blocks(GUIDE) if b.name == "pumps.toml" and "missing" in b.text)
    [candidate] = [b.text for b in blocks(page) if b.text.startswith("[[candidates]]")]
    gauge = gauge.replace('[[candidates]]\nrecipe = "logistic_regression"\n', candidate)
    data = next(block for block in blocks(GUIDE) if block.name == "make_pumps.py")
    (tmp_path / "pumps.toml").write_text(gauge, encoding="utf-8")
    (tmp_path / "make_pumps.py").write_text(data.text, encoding="utf-8")
    site = str(tmp_path / "site")

    build = f"python -m pip install --quiet --no-index --no-build-isolation --no-deps --target {site} ./pump-models"
    built = run(f"python make_pumps.py && {build}", tmp_path)
    checked = run("rivergauge check pumps.toml", tmp_path, PYTHONPATH=site)
    tested = run("rivergauge backtest pumps.toml pumps.csv --events 300 --json", tmp_path, PYTHONPATH=site)

    assert built.returncode == 0, built.stderr
    assert (checked.returncode, checked.stderr) == (0, "")
    assert [candidate["name"] for candidate in json.loads(tested.stdout)["candidates"]] == ["hoeffding_tree", "average"]


EVENT = {"id": "1", "pressure": 1.0, "site": "a", "failed": 1}

REFUSED_OR_NOT = [
    ("pressure", None, "wrong_type", LabelledEvent),
    ("pressure", "NA", "missing_field", LabelledEvent),
    ("pressure", "", "wrong_type", "wrong_type"),
    ("pressure", ..., "missing_field", LabelledEvent),
    ("pressure", float("nan"), "out_of_range", "out_of_range"),
    ("site", None, "wrong_type", LabelledEvent),
    ("site", "NA", "missing_field", LabelledEvent),
    ("site", "", LabelledEvent, LabelledEvent),
    ("site", ..., "missing_field", LabelledEvent),
    ("failed", None, EventReceived, EventReceived),
    ("failed", "NA", EventReceived, EventReceived),
    ("failed", "", "wrong_type", "wrong_type"),
    ("failed", ..., EventReceived, EventReceived),
    ("failed", float("nan"), "wrong_type", "wrong_type"),
    ("id", None, "bad_id", "bad_id"),
    ("id", "NA", "bad_id", "bad_id"),
    ("id", "", "bad_id", "bad_id"),
    ("id", ..., "bad_id", "bad_id"),
]


@pytest.mark.parametrize(("field", "value", "required", "optional"), REFUSED_OR_NOT)
def test_null_empty_and_missing_are_what_values_md_says(field, value, required, optional, tmp_path):
    record = {name: other for name, other in {**EVENT, field: value}.items() if other is not ...}

    for expected, may_be_missing in ((required, "false"), (optional, "true")):
        file = tmp_path / "gauge.toml"
        file.write_text(
            'name = "pumps"\ntask = "binary"\n[record]\nid = "id"\nmissing = ["NA"]\n'
            '[label]\nfield = "failed"\npositive = 1\nnegative = 0\n[features]\n'
            f'pressure = {{ type = "number", optional = {may_be_missing} }}\n'
            f'site = {{ type = "category", optional = {may_be_missing} }}\n'
        )
        read = Decoder(load(file)).decode(Arrived(json.dumps(record).encode()))
        assert (str(read.reason) if isinstance(read, Rejected) else type(read)) == expected
