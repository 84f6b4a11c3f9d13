"""Cards and pages speak the language of a corpus, in its author's words where there are some."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from pypdf import PdfReader

from builder.anki.note_types import card_template
from builder.corpus.labels import _OF_LANGUAGES, ENGLISH, labels_of
from builder.pipeline.compile import Compiled, compile_corpus
from builder.print.engine.choose import choose_press
from builder.runtime.cache import LIMIT, NO_CACHE, Cache
from tests.conftest import WriteCorpus
from tests.printing import deck_of, needs_pango, print_output
from tests.reading import packed_notes

CHAPTER = "# T\n\n## Q? {#q .junior}\n\nA.\n\n### Pitfall\n\nP.\n"
DECK = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nlanguage = "{}"\n'


def _compiled(write_corpus: WriteCorpus, deck: str) -> Compiled:
    return compile_corpus(write_corpus({"deck.toml": deck, "01-first.md": CHAPTER}), NO_CACHE)


@pytest.mark.parametrize("language", _OF_LANGUAGES)
def test_no_label_of_a_language_is_missing_or_the_same_as_another_section_s(language: str) -> None:
    labels = asdict(labels_of(language, {}))
    sections = [labels[name] for name in list(labels)[:7]]
    assert len(set(sections)) == 7
    assert all(label.strip() == label != "" for label in labels.values())
    same = {name for name, label in asdict(ENGLISH).items() if labels[name] == label}
    assert same <= {"version", "important"}  # as in French


@pytest.mark.parametrize(
    ("language", "pitfall"),
    [
        *((each, "常見錯誤") for each in ("zh-Hant", "zh-TW", "zh-hk", "zh-Hant-HK", "zh-MO")),
        *((each, "常见错误") for each in ("zh", "zh-CN", "zh-Hans-HK", "zh-SG")),
        *(("yue", "Pitfall"), ("pt-BR", "Erro comum"), ("de-AT", "Stolperfalle")),
    ],
)
def test_labels_are_in_the_characters_of_a_language(language: str, pitfall: str) -> None:
    assert labels_of(language, {}).pitfall == pitfall


def test_a_card_has_the_labels_of_its_language(write_corpus: WriteCorpus) -> None:
    settings = _compiled(write_corpus, DECK.format("de-AT")).settings
    _, back = card_template("basic", settings)
    assert "<h4>Stolperfalle</h4>" in back
    assert "Pitfall</h4>" not in back


def test_a_card_has_its_author_s_own_labels(write_corpus: WriteCorpus) -> None:
    deck = DECK.format("eo") + '[labels]\npitfall = "Averto <!>"\njunior = "komencanto"\n'
    compiled = _compiled(write_corpus, deck)
    _, back = card_template("basic", compiled.settings)
    assert "<h4>Averto &lt;!&gt;</h4>" in back
    assert "<h4>Details</h4>" in back
    assert [note.fields["Level"] for note in packed_notes(deck_of(compiled.folder))] == ["komencanto"]


def test_other_labels_reach_notes_that_did_not_change(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    cache, deck = Cache(tmp_path / "cache", LIMIT), DECK.format("en")
    folder = write_corpus({"deck.toml": deck, "01-first.md": CHAPTER})
    before = compile_corpus(folder, cache)
    (folder / "deck.toml").write_text(f'{deck}[labels]\njunior = "novice"\n')
    (note,) = compile_corpus(folder, cache, since=before).notes({"q": "1.1"}).values()
    assert note.fields["Level"] == "novice"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('pitfal = "x"', "unknown setting 'pitfal'"),
        ("pitfall = 3", "is 3"),
        ('pitfall = " "', "is ' '"),
        ('pitfall = "a\\nb"', "is 'a"),
    ],
)
def test_a_label_that_cannot_be_used_is_named(write_corpus: WriteCorpus, line: str, message: str) -> None:
    (found,) = _compiled(write_corpus, f"{DECK.format('en')}[labels]\n{line}\n").diagnostics
    assert found.location.line == 6
    assert message in found.message


@pytest.mark.parametrize("name", ["Pitfall", "Stolperfalle", "stolperfalle", "Achtung"])
def test_a_section_may_have_its_english_name_that_of_the_language_or_the_author_s_own(
    write_corpus: WriteCorpus, name: str
) -> None:
    own = '[labels]\npitfall = "Achtung"\n' if name == "Achtung" else ""
    chapter = CHAPTER.replace("Pitfall", name)
    folder = write_corpus({"deck.toml": DECK.format("de") + own, "01-first.md": chapter})
    compiled = compile_corpus(folder, NO_CACHE)
    assert compiled.diagnostics == ()
    (note,) = compiled.notes({"q": "1.1"}).values()
    assert note.fields["Pitfall"] == "<p>P.</p>"


def test_a_name_that_is_almost_a_section_s_is_named_in_the_language(write_corpus: WriteCorpus) -> None:
    chapter = CHAPTER.replace("Pitfall", "Stolperfallen")
    folder = write_corpus({"deck.toml": DECK.format("de"), "01-first.md": chapter})
    (found,) = compile_corpus(folder, NO_CACHE).diagnostics
    assert (found.code, found.hint) == ("unknown-section", "write it 'Stolperfalle', or choose other words")


@pytest.mark.slow
@needs_pango
@pytest.mark.parametrize(
    ("language", "own", "shown"),
    [
        ("en", "", ("1 question, numbered as in the deck", "version 1.0", "junior")),
        ("de", "", ("1 / 1 · nummeriert wie im Stapel", "Version 1.0", "Einsteiger")),
        ("eo", "", ("1 / 1", "version 1.0", "junior")),
        ("eo", 'numbered = "same"\nversion = "v."\n', ("1 / 1 · same", "v. 1.0", "junior")),
    ],
)
def test_paper_has_no_words_but_the_labels(
    write_corpus: WriteCorpus, tmp_path: Path, language: str, own: str, shown: tuple[str, str, str]
) -> None:
    deck = f'{DECK.format(language)}version = "1.0"\n[labels]\n{own}'
    corpus = deck_of(write_corpus({"deck.toml": deck, "01-first.md": CHAPTER}))
    texts: dict[str, str] = {}
    for name in ("cheatsheet", "handbook", "flashcards"):
        print_output(name, corpus, tmp_path / name, NO_CACHE, choose_press)
        pages = PdfReader(tmp_path / name).pages
        texts[name] = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert shown[0] in texts["cheatsheet"]
    assert shown[1] in texts["handbook"]
    assert shown[2] in texts["flashcards"]
    assert language == "en" or "numbered as" not in texts["cheatsheet"]


@pytest.mark.parametrize(
    ("language", "own", "title"),
    [
        ("en", "", "Warning"),
        ("ja", "", "警告"),
        ("de", 'warning = "Obacht"', "Obacht"),
        ("eo", "", "Warning"),
    ],
)
def test_a_callout_without_a_title_has_that_of_its_kind_in_the_corpus_s_language(
    write_corpus: WriteCorpus, language: str, own: str, title: str
) -> None:
    callouts = "> [!WARNING]\n> A.\n\n> [!warning] Own\n> B.\n\n> [!Merke]\n> C.\n"
    chapter = f"# T\n\n## Q? {{#q}}\n\n{callouts}"
    folder = write_corpus({"deck.toml": f"{DECK.format(language)}[labels]\n{own}\n", "01-first.md": chapter})
    (note,) = deck_of(folder).subdecks[0].notes
    assert re.findall('callout-title">(.*?)<', str(note)) == [title, "Own", "Merke"]
