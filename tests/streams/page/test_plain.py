"""The page as HTML: well formed, escaped, whole without a script.

Oracle: Python's own parser of HTML, which counts what is open and gives back the text.
"""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from streams.page import plain
from streams.page.board import tiles
from streams.page.tile import Evidence, State, Table, Tile
from streams.view.view import View
from tests.streams.page.test_tiles import ran, sources

__all__ = ["ran"]

VOID = {"meta", "link", "br"}
NASTY = "<script>alert('x')</script>&\""


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.ids: list[str] = []
        self.scripts = 0
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.scripts += tag == "script"
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.loaded += [value for name, value in attrs if name in ("src", "href") and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_is_well_formed_and_whole_without_a_script(ran):
    learner, view = ran
    made = tiles(sources(view, learner.status()))

    page = read(plain.document("pumps", [0, 1], 0, made))

    text = " ".join(page.words)
    assert len(page.ids) == len(set(page.ids))
    for tile in made:
        assert tile.words in text
        for table in tile.tables:
            for row in table.rows:
                assert all(cell in text for cell in row)
        for entry in tile.evidence:
            assert entry.title in text


def test_nothing_is_loaded_from_elsewhere(ran):
    learner, view = ran

    page = read(plain.document("pumps", [0], 0, tiles(sources(view, learner.status()))))

    assert set(page.loaded) <= set(plain.ASSETS)


def test_whatever_a_record_holds_is_text():
    tile = Tile(
        key="verdict",
        title=NASTY,
        words=NASTY,
        state=State.STALE,
        age_s=7.0,
        tables=(Table((NASTY,), ((NASTY,),)),),
        advice=NASTY,
        evidence=(Evidence(NASTY, NASTY, ((NASTY, NASTY),), NASTY),),
    )

    page = read(plain.document(NASTY, [0], 0, [tile], live=False))

    assert page.scripts == 0
    assert "".join(page.words).count(NASTY) == 12
    assert "stale · 7 s ago" in page.words


@pytest.mark.parametrize("name", plain.ASSETS)
def test_every_file_of_the_page_is_there(name):
    assert plain.asset(name)


@pytest.mark.parametrize("name", ["../plain.py", "nothing", "assets/page.js"])
def test_no_other_file_is_given_away(name):
    with pytest.raises(KeyError):
        plain.asset(name)


def test_a_page_of_nothing_is_a_page():
    page = read(plain.document("pumps", [0], 0, tiles(sources(View(), None))))

    assert "Nothing has been published yet: no event has arrived, or no worker is running." in page.words


def test_a_page_that_cannot_be_shown_is_a_sentence():
    page = read(plain.sentence(NASTY))

    assert page.scripts == 0
    assert NASTY in "".join(page.words)
    assert set(page.loaded) <= set(plain.ASSETS)
