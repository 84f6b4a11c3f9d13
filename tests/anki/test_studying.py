"""How to study: what the deck's overview and docs/studying.md say, tried in the real Anki as a learner."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from builder.anki.description import describe
from builder.corpus.model import Outline
from tests.conftest import PROJECT, WriteCorpus
from tests.reading import read_corpus

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.decks import DeckId, FilteredDeckConfig

pytestmark = pytest.mark.slow
Run = Callable[..., Result]
_ROOT = "Flask interview"
_GUIDE = (PROJECT / "docs" / "studying.md").read_text(encoding="utf-8")
_CORE_IN_A_CHAPTER = re.compile(r'^(##+) .*\{#([\w-]+)[^}]*(?:\.core\b|core="\d")[^}]*\}$', re.MULTILINE)
_SEARCH = re.compile(r"`((?:\"?deck:|-?tag:)[^`]+)`|<code>((?:\"?deck:|-?tag:)[^<]+)</code>")


@pytest.fixture
def packages(flask_release: Path, tmp_path: Path, run: Run) -> Path:
    """Return a folder with the package of the whole Flask corpus and that of its core."""
    shutil.copytree(flask_release, tmp_path, dirs_exist_ok=True)
    result = run("build", tmp_path / "flask", "--output", tmp_path, "--core")
    assert result.exit_code == 0, result.output
    return tmp_path


def _queued(collection: Collection) -> Any:
    scheduler: Any = collection.sched
    return scheduler.get_queued_cards(fetch_limit=1).cards


def _import(collection: Collection, path: Path) -> Any:
    """Import a package with Anki's default options."""
    request = ImportAnkiPackageRequest(package_path=str(path), options=ImportAnkiPackageOptions())
    return collection.import_anki_package(request).log


def _core(folder: Path, heading: str = "##") -> set[str]:
    """Return the ids of the core's questions, and of its drills, as their authors marked them."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("[0-9]*.md")))
    return {id_ for marks, id_ in _CORE_IN_A_CHAPTER.findall(text) if marks.startswith(heading)}


def _root(collection: Collection) -> Any:
    return collection.decks.by_name(_ROOT)


def _study(collection: Collection, deck: Any) -> list[str]:
    """Learn all new cards that Anki shows today in a deck, and return the ids of their questions."""
    collection.decks.select(deck)
    seen: list[str] = []
    while queued := _queued(collection):
        card = collection.get_card(queued[0].card.id)
        seen.append(card.note()["ID"])
        card.start_timer()
        collection.sched.answerCard(card, 4)
        assert len(seen) < 100
    return seen


def test_the_cores_package_shows_nothing_but_the_core_day_by_day_with_default_options(
    collection: Collection, packages: Path
) -> None:
    _import(collection, packages / "flask-core.apkg")
    first = _study(collection, _root(collection)["id"])
    assert len(first) == 20, "a day has as many new cards as Anki gives by default"
    assert {*first} <= _core(packages / "flask")
    _import(collection, packages / "flask.apkg")
    assert len(collection.find_notes("tag:flask::core")) == len(_core(packages / "flask"))
    assert len(collection.find_cards("rated:1")) == 20, "what was learned stays learned"


def test_the_filtered_deck_shows_the_next_cards_of_the_core_in_the_order_of_study(
    collection: Collection, packages: Path
) -> None:
    _import(collection, packages / "flask.apkg")
    root = _root(collection)
    root["newLimit"] = 0
    collection.decks.save(root)
    assert _study(collection, root["id"]) == [], "the deck itself shows reviews only"

    deck = collection.sched.get_or_create_filtered_deck(DeckId(0))
    del deck.config.search_terms[1:]
    deck.config.search_terms[0].search = "tag:flask::core is:new"
    deck.config.search_terms[0].limit = 11
    deck.config.search_terms[0].order = FilteredDeckConfig.SearchTerm.DUE
    filtered = DeckId(collection.sched.add_or_update_filtered_deck(deck).id)
    days: list[list[str]] = []
    for _ in range(3):
        collection.sched.rebuild_filtered_deck(filtered)
        days.append(_study(collection, filtered))
    assert [len(day) for day in days] == [11, 11, 11]
    learned = [id_ for day in days for id_ in day]
    assert {*learned} <= _core(packages / "flask")
    assert {*learned[:11]} <= _core_of_chapters(packages / "flask", 1), "chapter by chapter"
    assert not collection.find_cards(f'"deck:{collection.decks.name(filtered)}"'), "learned cards go home"


def _core_of_chapters(folder: Path, number: int) -> set[str]:
    (path,) = folder.glob(f"{number:02}-*.md")
    return {id_ for _, id_ in _CORE_IN_A_CHAPTER.findall(path.read_text(encoding="utf-8"))}


def _searches(collection: Collection) -> set[str]:
    """Return all searches that learners are told of."""
    texts = [_GUIDE, _text(_root(collection)["desc"])]
    return {found[1] or found[2] for text in texts for found in _SEARCH.finditer(text)}


def _text(html: str) -> str:
    """Return HTML with its entities replaced; its tags stay."""
    return html.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&")


def test_each_search_that_learners_are_told_of_finds_what_it_is_said_to_find(
    collection: Collection, packages: Path
) -> None:
    _import(collection, packages / "flask.apkg")
    folder = packages / "flask"
    all_of_it = collection.note_count()
    core, questions = _core(folder), _core(folder) - _core(folder, "###")
    junior = re.compile(r"^## .*\{#([\w-]+)[^}]*\.junior\b", re.MULTILINE)
    chapters = {path.name[:2]: path.read_text(encoding="utf-8") for path in folder.glob("[0-9]*.md")}
    expected: dict[str, set[str] | int] = {
        "tag:flask::core": core,
        "tag:flask::core is:new": core,
        r"tag:flask::core is:new Number:re:^\d+\.\d+$": questions,
        r"tag:flask::core is:new Number:re:[a-z]$": core - questions,
        '-tag:flask::core is:new deck:"Flask interview"': all_of_it - len(core),
        '"deck:Flask interview::08*"': {
            *re.findall(r"^##.*\{#([\w-]+)[^}]*\}$", chapters["08"], re.MULTILINE)
        },
    }
    searches = _searches(collection)
    assert {*expected} <= searches
    for search in searches:
        found = {collection.get_note(note)["ID"] for note in collection.find_notes(search)}
        if search in expected:
            wanted = expected[search]
            assert (len(found) if isinstance(wanted, int) else found) == wanted, search
        elif search.startswith("tag:"):
            assert 0 < len(found) < all_of_it, search
        else:
            assert search == 'deck:"Flask interview" Level:junior'
            assert found >= {id_ for text in chapters.values() for id_ in junior.findall(text)}
            levels = [len(collection.find_notes(f"Level:{level}")) for level in ("junior", "mid", "senior")]
            assert sum(levels) == all_of_it
            assert len(found) == levels[0]


def test_the_overview_says_how_many_new_cards_a_day_each_plan_takes(
    collection: Collection, packages: Path
) -> None:
    _import(collection, packages / "flask-core.apkg")
    alone = _root(collection)["desc"]
    _import(collection, packages / "flask.apkg")
    said = _root(collection)["desc"]
    assert said == alone, "the core's package says the same as the whole"
    core = len(collection.find_cards("tag:flask::core"))
    questions = len(collection.find_cards(r"tag:flask::core Number:re:^\d+\.\d+$"))
    assert f"the core, {core} of the {collection.card_count():,} cards" in said
    for plan, days, cards in (("three", 16, core), ("two", 10, core), ("one", 5, questions)):
        pace = -(-cards // days)
        assert re.search(rf"(?i){plan} weeks?\?.*?\b{pace} (new cards )?a day", said), plan
        row = re.search(rf"^\| {plan} weeks? \| (\d+) ", _GUIDE, re.MULTILINE)
        assert row, plan
        assert abs(int(row[1]) - pace) <= 2, f"docs/studying.md: {plan} weeks take {pace} a day"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(f"{tag} with {attrs}" if attrs else tag)


def test_words_on_studying_are_inert_and_no_news_about_any_note(
    write_corpus: WriteCorpus, run: Run, collection: Collection, tmp_path: Path
) -> None:
    settings = 'id = "demo"\ntitle = "D"\ndeck = "Demo"\ndescription = "A & B"\n'
    folder = write_corpus({"deck.toml": settings})
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    lock = (folder / "deck.lock").read_bytes()
    assert len(_import(collection, tmp_path / "demo.apkg").new) == 3
    hostile = '<img src=x onerror="a()"> `<b>` **<i>** {{ Front }} [sound:a.mp3] {cards} {core/16} {junior}'
    (folder / "deck.toml").write_text(f"{settings}study = ['{hostile}', 'Again.']\n")

    result = run("build", folder, "--output", tmp_path, "--only", "apkg")
    assert result.exit_code == 0, result.output
    assert (folder / "deck.lock").read_bytes() == lock
    log = _import(collection, tmp_path / "demo.apkg")
    assert (len(log.new), len(log.updated), len(log.duplicate)) == (0, 0, 3)
    deck = collection.decks.by_name("Demo")
    assert deck is not None
    said = deck["desc"]
    parser = _Tags()
    parser.feed(said)
    assert parser.tags == {"p", "b", "code"}
    assert said.startswith("<p>A &amp; B</p><p>&lt;img src=x")
    assert said.endswith("[sound:a.mp3] 3 0 1</p><p>Again.</p>")


@pytest.mark.parametrize("text", ["{cores}", "{core/0}", "{core/}", "{core/1.5}", "{Core}"])
def test_a_number_that_there_is_not_is_named_where_it_is_written(
    text: str, write_corpus: WriteCorpus, run: Run
) -> None:
    folder = write_corpus({"deck.toml": f'id = "demo"\ntitle = "D"\ndeck = "D"\nstudy = ["a", "{text} x"]\n'})
    result = run("check", folder)
    assert result.exit_code == 1
    assert f"deck.toml:4:1: error: 'study' has '{text}', which is not a number [bad-setting]" in result.output


@pytest.mark.parametrize(
    ("language", "description", "expected"),
    [
        ("en", "A book.", "A book."),
        ("ar", "كتاب.", '<div lang="ar" dir="rtl">كتاب.</div>'),
        ("he", "", ""),
    ],
)
def test_the_description_has_the_direction_of_its_language(
    write_corpus: WriteCorpus, language: str, description: str, expected: str
) -> None:
    settings = 'id = "demo"\ntitle = "D"\ndeck = "Demo"\n'
    settings += f'description = "{description}"\nlanguage = "{language}"\n'
    corpus, _ = read_corpus(write_corpus({"deck.toml": settings}))
    assert describe(Outline(folder=corpus.folder, settings=corpus.settings, chapters=())) == expected
