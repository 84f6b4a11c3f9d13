"""A kind that is added as CONTRIBUTING.md shows it is known to everything that knows kinds."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result

from builder.anki.note import Subdeck
from builder.anki.read import read_package
from builder.authoring.new_corpus import CHAPTER, starter
from builder.checks.rules import CHAPTER_RULES
from builder.corpus.kinds import KINDS, KindSpec
from builder.corpus.model import Settings
from builder.corpus.reader import read_chapter
from builder.markdown.parser import Source
from builder.preview.feed import corpus_json
from builder.preview.live_corpus import Drafting
from builder.print.flashcards import sides
from builder.print.layout.split import cut
from tests.conftest import PROJECT, WriteCorpus
from tests.reading import Corpus, check, read_corpus

Run = Callable[..., Result]

KINDS_FOLDER = "builder/corpus/kinds"
CATALOGUE = PROJECT / "builder" / "checks" / "catalogue" / "__init__.py"
HINTED = """\
# Signs

## Which sign begins a heading? {#heading-sign .hinted}

> It is called a hash, too.

`#`: as many of them as the heading is deep.
"""
NOT_HINTED = HINTED.replace("> It", "It")


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the kinds to which the diff of CONTRIBUTING.md has been applied."""
    folder = tmp_path_factory.mktemp("patched")
    shutil.copytree(PROJECT / KINDS_FOLDER, folder / KINDS_FOLDER)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "apply", "-"], cwd=folder, check=True, input=_diff().encode())
    return folder / KINDS_FOLDER


def _diff() -> str:
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (diff,) = (each for each in re.findall(r"```diff\n(.*?)```", text, re.DOTALL) if "KindSpec" in each)
    return str(diff)


@pytest.fixture
def hinted(patched: Path, monkeypatch: pytest.MonkeyPatch) -> KindSpec:
    """Add the kind of the diff to the table, as the table of the diff has it."""
    module = _load(patched / "hinted.py")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    table: dict[str, KindSpec] = _load(patched / "__init__.py").KINDS
    assert [*table] == [*KINDS, "hinted"]
    monkeypatch.setitem(KINDS, "hinted", table["hinted"])
    return KINDS["hinted"]


def _load(path: Path) -> ModuleType:
    name = f"builder.corpus.kinds.{path.stem}"
    spec = spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_module_but_a_kinds_own_asks_which_kind_a_question_is() -> None:
    asks = re.compile(r"\.kind\s*(?:==|!=|is\b|in\b|not\b)|case Kind|\bKind\.")
    # What importing finds gets a kind there; and its losses and pieces of text have kinds of their own.
    others = {PROJECT / KINDS_FOLDER, PROJECT / "builder" / "importing"}
    modules = [path for path in (PROJECT / "builder").rglob("*.py") if others.isdisjoint(path.parents)]
    modules.remove(PROJECT / "builder" / "commands" / "import_.py")
    assert len(modules) > 100
    assert [path.name for path in modules if asks.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_rules_that_do_not_suit_a_kind_are_there(kind: KindSpec) -> None:
    assert kind.exempt <= {rule.code for rule in CHAPTER_RULES}


def test_adding_a_kind_touches_two_files() -> None:
    touched = re.findall(r"^\+\+\+ b/(\S+)", _diff(), re.MULTILINE)
    assert touched == [f"{KINDS_FOLDER}/__init__.py", f"{KINDS_FOLDER}/hinted.py"]


def test_it_is_no_kind_before(write_corpus: WriteCorpus) -> None:
    _, found = read_corpus(write_corpus({"01-first.md": HINTED}))
    assert [diagnostic.code for diagnostic in found] == ["unknown-class"]


@pytest.mark.usefixtures("hinted")
def test_check_reads_it_and_runs_its_check(run: Run, write_corpus: WriteCorpus) -> None:
    right = run("check", write_corpus({"01-first.md": HINTED}))
    assert (right.exit_code, right.stderr) == (0, "")
    wrong = run("check", write_corpus({"01-first.md": NOT_HINTED}))
    assert wrong.exit_code == 1
    assert "01-first.md:3:1: error: a '.hinted' question without a hint [no-hint]" in wrong.stderr


@pytest.mark.usefixtures("hinted")
def test_the_catalogue_has_its_codes_with_examples_that_hold() -> None:
    entry = runpy.run_path(str(CATALOGUE))["CATALOGUE"]["no-hint"]
    assert (entry.severity, entry.is_rule) == ("error", False)
    assert entry.reason == "Without its hint, such a question is a plain one."
    assert _codes(entry.bad) == ["no-hint"]
    assert _codes(entry.good) == []


def _codes(questions: str) -> list[str]:
    chapter, found = read_chapter(Source(Path("any", "01-any.md"), f"# Any\n\n{questions}"))
    settings = Settings(id="any", title="Any", deck="Any")
    found += check(Corpus(folder=Path("any"), settings=settings, chapters=(chapter,)))
    return [diagnostic.code for diagnostic in found]


@pytest.mark.usefixtures("hinted")
def test_the_deck_has_its_fields_and_its_card(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"01-first.md": HINTED})
    result = run("build", folder, "--output", tmp_path / "out", "--only", "apkg")
    assert result.exit_code == 0, result.output
    assert "demo.apkg: 1 note, 1 card" in result.output
    (note,) = read_package(tmp_path / "out" / "demo.apkg", "demo").notes.values()
    assert (note.type, note.cards) == ("basic", (0,))
    assert note.fields["Prompt"] == "Which sign begins a heading?"
    assert note.fields["Options"] == _HINT
    assert note.fields["Answer"] == _ANSWER


_HINT = "<blockquote>\n<p>It is called a hash, too.</p>\n</blockquote>"
_ANSWER = "<p><code>#</code>: as many of them as the heading is deep.</p>"


@pytest.fixture
def subdeck(hinted: KindSpec, write_corpus: WriteCorpus) -> Subdeck:
    corpus, found = read_corpus(write_corpus({"01-first.md": HINTED}))
    assert found == []
    (subdeck,) = corpus.deck({"heading-sign": "1.1"}).subdecks
    return subdeck


def test_the_sheet_prints_its_answer_without_the_hint(subdeck: Subdeck) -> None:
    html = "".join(piece.html for piece in cut(subdeck))
    assert _ANSWER in html
    assert "a hash" not in html


def test_its_flashcard_has_the_hint_on_the_front_alone(subdeck: Subdeck) -> None:
    (note,) = subdeck.notes
    front, back = sides(note)
    assert _HINT in front
    assert "Which sign" in front
    assert back == _ANSWER


@pytest.mark.usefixtures("hinted")
def test_the_preview_shows_its_card_and_its_name(write_corpus: WriteCorpus) -> None:
    corpus = Drafting(write_corpus({"01-first.md": HINTED})).update(1_790_000_000)
    assert corpus.findings == ()
    card = corpus.drafts()["heading-sign"].cards()[0]
    assert _HINT in card.front
    assert _ANSWER not in card.front
    assert _ANSWER in card.back
    (question,) = corpus_json(corpus)["chapters"][0]["questions"]
    assert (question["kind"], question["ordinals"], question["names"]) == ("hinted", (0,), [""])


@pytest.mark.usefixtures("hinted")
def test_an_author_can_begin_one(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    chapter = folder / "01-first.md"
    result = run("new", "question", chapter, "Which sign begins a list?", "--kind", "hinted")
    assert result.exit_code == 0, result.output
    ending = "## Which sign begins a list? {#which-sign-begins-a-list .hinted}\n\n> \n\n\n"
    assert chapter.read_text().endswith(ending)


def test_the_first_chapter_of_a_new_corpus_shows_it(hinted: KindSpec) -> None:
    files, _ = starter("demo", "Demo")
    chapter, found = read_chapter(Source(Path(CHAPTER), files[CHAPTER]))
    assert found == []
    assert {question.kind for question in chapter.all_questions()} == set(KINDS)
    assert files[CHAPTER].endswith(f"\n\n{hinted.starter}")


@pytest.mark.usefixtures("hinted")
def test_it_is_counted(run: Run, write_corpus: WriteCorpus) -> None:
    result = run("stats", write_corpus({"01-first.md": HINTED}))
    assert result.exit_code == 0, result.output
    (heads,) = (line for line in result.output.splitlines() if line.startswith("Kinds"))
    assert heads.split()[1:] == [*KINDS]
