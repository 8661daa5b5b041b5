"""Keys: from the environment, or from a file that only its owner can read."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from streams.snapshots.failures import SnapshotKeyError
from streams.snapshots.keys import FILE, VARIABLE, check_unchanged, directory_key, shared_key

ROOT = Path(__file__).parents[3]
KEY = bytes(range(224, 256))


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper(),
        f" {KEY.hex()}\n",
        b64encode(KEY).decode(),
        b64encode(KEY).decode().rstrip("="),
        urlsafe_b64encode(KEY).decode(),
    ],
)
def test_a_key_is_hexadecimal_or_base64(text):
    assert shared_key({VARIABLE: text}) == KEY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not set, and snapshots in a shared store must be signed"),
        ("secret!", "must be hexadecimal or base64, and is neither"),
        (KEY[:31].hex(), "must hold at least 32 bytes, got 31"),
        ("hunter22", "must hold at least 32 bytes, got 6"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_with_how_to_make_one(text, words):
    with pytest.raises(SnapshotKeyError, match=words) as raised:
        shared_key({VARIABLE: text})

    assert "secrets.token_hex(32)" in str(raised.value)
    assert text not in str(raised.value) or not text


def test_a_shared_store_has_no_key_of_its_own():
    with pytest.raises(SnapshotKeyError, match="set the same one for all workers"):
        shared_key({})


def test_the_environment_comes_before_the_file(tmp_path):
    directory_key(tmp_path, {})

    assert directory_key(tmp_path, {VARIABLE: KEY.hex()}) == KEY


def test_a_directorys_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    directory = tmp_path / "deep" / "snapshots"

    first, second = directory_key(directory, {}), directory_key(directory, {})

    assert first == second
    assert len(first) == 32
    assert [path.name for path in directory.iterdir()] == [FILE]
    assert (directory / FILE).stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700
    assert directory_key(tmp_path / "other", {}) != first


def test_processes_that_make_it_at_once_agree(tmp_path):
    program = (
        "import sys; from pathlib import Path; from streams.snapshots.keys import directory_key\n"
        "sys.stdin.read(1)\n"
        "print(directory_key(Path(sys.argv[1]), {}).hex())"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "snapshots")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        for _ in range(4)
    ]
    said = {process.communicate(b"x", timeout=60)[0] for process in processes}

    assert len(said) == 1
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [FILE]


def test_a_process_that_was_faster_keeps_its_key(tmp_path, monkeypatch):
    faster = KEY.hex()

    def link_too_late(source: Path, target: Path) -> None:
        Path(target).write_text(faster)
        Path(target).chmod(0o600)
        raise FileExistsError(17, "File exists")

    monkeypatch.setattr(os, "link", link_too_late)

    assert directory_key(tmp_path, {}) == KEY
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    directory_key(tmp_path, {})
    (tmp_path / FILE).chmod(mode)

    with pytest.raises(SnapshotKeyError, match=rf"has mode {mode:04o}, by which others could .*chmod 600 ") as raised:
        directory_key(tmp_path, {})

    assert str(tmp_path / FILE) in str(raised.value)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777])
def test_a_directory_in_which_others_could_replace_the_key_is_refused(tmp_path, mode):
    directory = tmp_path / "snapshots"
    directory.mkdir()
    directory.chmod(mode)

    with pytest.raises(SnapshotKeyError, match="could read or replace the key"):
        directory_key(directory, {})

    assert list(directory.iterdir()) == []


def test_somebody_elses_key_is_refused(tmp_path, monkeypatch):
    directory_key(tmp_path, {})
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    with pytest.raises(SnapshotKeyError, match="must belong to user"):
        directory_key(tmp_path, {})


def test_a_link_is_not_followed(tmp_path):
    directory_key(tmp_path / "theirs", {})
    ours = tmp_path / "ours"
    ours.mkdir(mode=0o700)
    (ours / FILE).symlink_to(tmp_path / "theirs" / FILE)

    with pytest.raises(SnapshotKeyError, match=f"cannot be used: .*; set {VARIABLE} instead"):
        directory_key(ours, {})


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / FILE, 0o600)

    with pytest.raises(SnapshotKeyError, match="must be a regular file"):
        directory_key(tmp_path, {})


def test_an_empty_key_file_is_refused(tmp_path):
    (tmp_path / FILE).touch(mode=0o600)

    with pytest.raises(SnapshotKeyError, match="must hold at least 32 bytes, got 0"):
        directory_key(tmp_path, {})


def test_no_key_is_made_where_there_are_snapshots(tmp_path):
    snapshot = tmp_path / "pumps" / "readings" / "0" / f"{0:010d}-{7:020d}.snapshot"
    snapshot.parent.mkdir(parents=True)
    snapshot.touch()

    with pytest.raises(SnapshotKeyError, match=r"snapshot\.key is gone, and there are snapshots .* put it back"):
        directory_key(tmp_path, {})

    assert not (tmp_path / FILE).exists()
    assert directory_key(tmp_path, {VARIABLE: KEY.hex()}) == KEY


def test_a_key_file_that_goes_or_changes_while_it_is_used_is_noticed(tmp_path):
    key = directory_key(tmp_path, {})

    check_unchanged(tmp_path, {}, key)
    (tmp_path / FILE).rename(tmp_path / "away")
    with pytest.raises(SnapshotKeyError, match=r"snapshot\.key is gone or cannot be read"):
        check_unchanged(tmp_path, {}, key)
    check_unchanged(tmp_path, {VARIABLE: KEY.hex()}, key)
    directory_key(tmp_path, {})
    with pytest.raises(SnapshotKeyError, match="holds another key"):
        check_unchanged(tmp_path, {}, key)
