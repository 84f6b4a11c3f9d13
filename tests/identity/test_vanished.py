"""What endangers learners' histories is found in the files alone, until its author says that it is meant."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import SETTINGS, WriteCorpus

Run = Callable[..., Result]
CHAPTER = """\
# First chapter

## What is one? {#one}

The first number.

## What is two? {#two}

The second number.

### After one comes {#after-one .cloze}

{{c1::two}}, then {{c2::three}}.
"""


@dataclass(frozen=True)
class Edit:
    """An author's edit of a published corpus, what is said of it, and ways on."""

    chapter: tuple[str, str] = ("", "")
    settings: tuple[str, str] = ("", "")
    finding: str = ""
    fixed: tuple[str, str] = ("", "")
    """An edit of the chapter after which there is nothing to find."""
    accepted: str = ""
    """A line of [accepted] after which there is nothing to find."""


EDITS = {
    "a renamed question": Edit(
        chapter=("{#two}", "{#two-again}"),
        finding="01-first.md:7:1: warning: the published question 'two' is gone, and 'two-again' is new: its"
        " reviews would stay behind [question-gone]",
        fixed=("{#two-again}", '{#two-again was="two"}'),
        accepted='retired = ["two"]',
    ),
    "a question that is gone": Edit(
        chapter=("## What is one? {#one}\n\nThe first number.\n\n", ""),
        finding="deck.lock:5:1: warning: the published question 'one' is gone: learners keep its cards"
        " [question-gone]",
        fixed=("# First chapter\n", "# First chapter\n\n## What is one? {#one}\n\nThe first number.\n"),
        accepted='retired = ["one"]',
    ),
    "another number of a gap": Edit(
        chapter=("c2::", "c3::"),
        finding="01-first.md:11:1: warning: cloze number 2 of 'after-one' was published, and is gone:"
        " learners lose its reviews [card-gone]",
        fixed=("c3::", "c2::"),
        accepted='cards = ["after-one:2"]',
    ),
    "another kind": Edit(
        chapter=(" .cloze}\n\n{{c1::two}}, then {{c2::three}}.", "}\n\nTwo, then three."),
        finding="01-first.md:11:1: warning: 'after-one' was published as another kind: Anki makes a new note"
        " of it, and leaves the old one with its reviews [kind-changed]",
        fixed=(
            "{#after-one}\n\nTwo, then three.",
            "{#after-one .cloze}\n\n{{c1::two}}, then {{c2::three}}.",
        ),
        accepted='retired = ["after-one"]',
    ),
    "another root deck": Edit(
        settings=('deck = "Demo deck"', 'deck = "Another deck"'),
        finding="deck.toml:3:1: warning: the root deck was published as 'Demo deck', and is 'Another deck'"
        " now: learners keep the old deck [root-deck-changed]",
        accepted='decks = ["Demo deck"]',
    ),
}


@pytest.fixture
def published(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> Path:
    """Return a corpus that was published, without any git."""
    folder = write_corpus({"01-first.md": CHAPTER})
    assert _build(run, folder).exit_code == 0
    return folder


def _build(run: Run, folder: Path, *options: str) -> Result:
    return run("build", folder, "--only", "apkg", "--output", folder.parent / "out", *options)


def _edit(path: Path, edit: tuple[str, str]) -> None:
    text = path.read_text()
    assert edit[0] in text
    path.write_text(text.replace(*edit) if edit[0] else text)


def _is_found(result: Result, edit: Edit) -> bool:
    return edit.finding in result.stderr


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_it_is_found_before_and_after_a_build_and_a_locked_build_fails(
    edit: Edit, published: Path, run: Run
) -> None:
    _edit(published / "01-first.md", edit.chapter)
    _edit(published / "deck.toml", edit.settings)
    for result in (run("check", published), _build(run, published)):
        assert result.exit_code == 0, result.stderr
        assert _is_found(result, edit), result.stderr
    code = edit.finding.rpartition(" ")[2]
    for result in (run("check", published), _build(run, published)):
        assert code in result.stderr, "the lock remembers it"
    result = _build(run, published, "--locked")
    assert (result.exit_code, "error: " in result.stderr, code in result.stderr) == (1, True, True)


@pytest.mark.parametrize("name", [name for name, edit in EDITS.items() if edit.fixed[0]])
def test_the_way_back_ends_it(name: str, published: Path, run: Run) -> None:
    edit = EDITS[name]
    _edit(published / "01-first.md", edit.chapter)
    assert run("check", published).stderr
    _edit(published / "01-first.md", edit.fixed)
    assert run("check", published).stderr == ""
    assert _build(run, published, "--only", "apkg").exit_code == 0
    assert run("check", published).stderr == ""


def test_what_was_published_under_a_new_id_in_between_is_named_too(published: Path, run: Run) -> None:
    _edit(published / "01-first.md", ("{#two}", "{#two-again}"))
    _build(run, published)
    _edit(published / "01-first.md", ("{#two-again}", '{#two-again was="two"}'))
    found = run("check", published).stderr
    assert "the published question 'two-again' is gone" in found
    assert "'two' is gone" not in found
    assert "1 back (two)" in _build(run, published).stdout


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_once_accepted_it_is_never_mentioned_again(edit: Edit, published: Path, run: Run) -> None:
    _edit(published / "01-first.md", edit.chapter)
    _edit(published / "deck.toml", edit.settings)
    settings = (published / "deck.toml").read_text()
    (published / "deck.toml").write_text(f"{settings}\n[accepted]\n{edit.accepted}\n")
    assert run("check", published).stderr == ""
    assert _build(run, published).exit_code == 0
    assert _build(run, published, "--locked").exit_code == 0
    assert run("check", published).stderr == ""
    (published / "deck.toml").write_text(settings)
    assert run("check", published).stderr == "", "the lock remembers it"
    assert _build(run, published, "--locked").exit_code == 0


def test_what_is_accepted_in_vain_is_named(published: Path, run: Run) -> None:
    settings = (published / "deck.toml").read_text()
    accepted = '[accepted]\nretired = ["tow", "one"]\ncards = ["after-one:1"]\n'
    (published / "deck.toml").write_text(f"{settings}\n{accepted}")
    found = run("check", published).stderr
    for what in ("question 'tow'", "question 'one'", "card 'after-one:1'"):
        assert f"names the {what}, but no published" in found
    assert found.count("[nothing-to-accept]") == 3


def test_another_id_is_an_error_until_it_is_accepted_as_a_new_beginning(run: Run, published: Path) -> None:
    folder = published.rename(published.parent / "other")
    (folder / "deck.toml").write_text(SETTINGS.replace('"demo"', '"other"'))
    assert "[foreign-lock]" in run("check", folder).stderr
    with (folder / "deck.toml").open("a") as file:
        file.write('\n[accepted]\nids = ["demo"]\n')
    assert run("check", folder).stderr == ""
    assert _build(run, folder).exit_code == 0
    lock = (folder / "deck.lock").read_text()
    assert "corpus other\n" in lock
    assert "demo:" not in lock
    (folder / "deck.toml").write_text(SETTINGS.replace('"demo"', '"other"'))
    assert run("check", folder).stderr == ""


def test_a_starter_that_was_built_leaves_nothing_behind(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "my-deck").exit_code == 0
    assert not Path("my-deck/deck.lock").exists()
    assert run("build", "my-deck", "--only", "apkg").exit_code == 0
    assert " sample " in Path("my-deck/deck.lock").read_text()
    (chapter,) = Path("my-deck").glob("*.md")
    chapter.write_text("# Mine\n\n## What is mine? {#mine}\n\nThis.\n")
    shutil.rmtree("my-deck/media")
    assert run("check", "my-deck").stderr == ""
    assert run("build", "my-deck", "--only", "apkg").exit_code == 0
    notes = [line for line in Path("my-deck/deck.lock").read_text().splitlines() if line.startswith("note ")]
    assert len(notes) == 1
    assert " mine " in notes[0]
    assert " 1.1 live " in notes[0], "its number is the first"
