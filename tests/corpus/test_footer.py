"""The foot of a card shows what its author wants, and no note changes for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.note_types import card_template
from builder.anki.read import read_package
from builder.corpus.model import FOOTER, Settings
from builder.pipeline.compile import compile_corpus
from builder.preview.live_corpus import Drafting
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from tests.conftest import WriteCorpus

Run = Callable[..., Result]
DECK = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\n'
CHAPTER = '# T\n\n## Q? {#q .mid tags="x"}\n\nA.\n'


def _shown(settings: Settings) -> list[str]:
    _, back = card_template("basic", settings)
    footer = re.findall(r'<div class="footer">(.*)</div>', back)
    assert len(footer) <= 1
    return re.findall(r"<span[^>]*>\{\{(\w+)\}\}</span>", footer[0]) if footer else []


@pytest.mark.parametrize(
    ("table", "shown"),
    [
        ("", ["Number", "Chapter", "Level", "Topics", "Source"]),
        ("[cards]\n", ["Number", "Chapter", "Level", "Topics", "Source"]),
        ('[cards]\nfooter = ["number", "chapter"]\n', ["Number", "Chapter"]),
        ('[cards]\nfooter = ["topics", "number"]\n', ["Topics", "Number"]),
        ("[cards]\nfooter = []\n", []),
    ],
)
def test_a_footer_has_the_parts_that_deck_toml_names(
    write_corpus: WriteCorpus, table: str, shown: list[str]
) -> None:
    folder = write_corpus({"deck.toml": DECK + table, "01-first.md": CHAPTER})
    compiled = compile_corpus(folder, NO_CACHE)
    assert compiled.diagnostics == ()
    assert _shown(compiled.settings) == shown


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("footer = false", "bad-setting", "'footer' is False"),
        ('footer = ["path"]', "bad-setting", "'footer' is ['path']"),
        ('footer = ["number", "number"]', "bad-setting", "'footer' is"),
        ("footer = [[]]", "bad-setting", "'footer' is [[]]"),
        ("foter = []", "unknown-setting", "unknown setting 'foter'"),
    ],
)
def test_a_footer_that_cannot_be_made_is_named(
    write_corpus: WriteCorpus, line: str, code: str, message: str
) -> None:
    folder = write_corpus({"deck.toml": f"{DECK}[cards]\n{line}\n", "01-first.md": CHAPTER})
    compiled = compile_corpus(folder, NO_CACHE)
    (found,) = compiled.diagnostics
    assert (found.location.line, found.code) == (5, code)
    assert message in found.message
    assert compiled.settings.cards.footer == FOOTER


def test_another_footer_is_another_look_of_cards_and_changes_no_note(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    releases = []
    for table in ("", "[cards]\nfooter = []\n"):
        folder = write_corpus({"deck.toml": DECK + table, "01-first.md": CHAPTER})
        result = run("build", folder, "--only", "apkg", "--output", tmp_path / "dist")
        assert result.exit_code == 0, result.output
        releases.append(read_package(tmp_path / "dist" / "demo.apkg", "demo"))
    old, new = (release.lock for release in releases)
    assert {key: note.mod for key, note in old.notes.items()} == {
        key: note.mod for key, note in new.notes.items()
    }
    assert old.types["basic"].hash != new.types["basic"].hash


def test_the_preview_shows_it_at_the_next_save(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"deck.toml": DECK, "01-first.md": CHAPTER})
    drafting = Drafting(folder, Cache(tmp_path / "cache", LIMIT))
    before = drafting.update(0).drafts()["q"]
    (folder / "deck.toml").write_text(f'{DECK}[cards]\nfooter = ["number"]\n')
    after = drafting.update(0).drafts()["q"]
    assert after.digest != before.digest
    assert after.settings.cards.footer == ("number",)
