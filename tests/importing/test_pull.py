"""What was edited in the real Anki comes back into the lines of its question, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import WriteCorpus, git

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import Collection
from anki.decks import DeckId

from tests.exporting import exported

Run = Callable[..., Result]
CHAPTER = """\
# First chapter

An introduction.

## What is one? {#one .junior tags="numbers"}

The **first** number,
on two lines.

* It is odd. <!-- a comment -->

<!-- more -->

- more of it
- and more

### Pitfall

It is no prime.

### Why interviewers ask

Because.

### Of the author's own

In the details.

## What is two? {#two .mid}

```python
print(1 + 1)
```

What does it print?

---

The second.

### What is half of two? {#half-of-two}

One.

## Which is odd? {#odd .choice}

- [ ] two
- [x] three

  It is not divisible
  by two.
- [ ] four

Only one.

## Count {#count .cloze}

{{c1::One}}, {{c2::two::a number}}, three.

## Which function adds? {#adds .typed}

`sum`, of course.

## Set {#set .reversed}

A bag without duplicates.
"""


@pytest.fixture
def folder(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> Path:
    """Return the folder of a corpus with every kind, beside the package that was built of it."""
    folder = write_corpus({"01-first.md": CHAPTER})
    result = run("build", folder, "--output", tmp_path, "--only", "apkg")
    assert result.exit_code == 0, result.output
    return folder


def edited(folder: Path, edits: dict[str, dict[str, str | tuple[str, str]]], name: str = "edited") -> Path:
    """Return an export after fields of questions, by their ids, were replaced in Anki, or a part of them."""

    def live(collection: Collection) -> None:
        for id_, fields in edits.items():
            (note_id,) = collection.find_notes(f"ID:{id_}")
            note = collection.get_note(note_id)
            for field, new in fields.items():
                if field == "tags":
                    assert isinstance(new, tuple)
                    note.tags = [*(tag for tag in note.tags if tag != new[0]), *new[1].split()]
                elif isinstance(new, tuple):
                    assert new[0] in note[field], note[field]
                    note[field] = note[field].replace(*new)
                else:
                    note[field] = new
            collection.update_note(note)

    return exported(folder.parent / "demo.apkg", folder.parent / f"{name}.apkg", live=live)


def changed_lines(folder: Path, before: str = CHAPTER) -> list[tuple[str, str]]:
    """Return the lines that changed in the chapter, where as many came as went."""
    after = (folder / "01-first.md").read_bytes().decode()
    old, new = before.split("\n"), after.split("\n")
    assert len(old) == len(new), after
    return [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]


def texts_of(package: Path, id_: str) -> dict[str, str]:
    """Return the fields of a question in a package."""
    from builder.anki.read import read_package

    notes = read_package(package, "demo").notes.values()
    return dict(next(note.fields for note in notes if note.fields["ID"] == id_))


EDITS = {
    "prompt": ("one", "Prompt", ("What is one?", "What is <b>1</b>?"), "## What is **1**? {#one"),
    "paragraph": (
        "one",
        "Answer",
        ("number,", "of all numbers,"),
        "The **first** of all numbers, on two lines.",
    ),
    "item": ("one", "Details", ("and more", "<i>and</i> yet more"), "- *and* yet more"),
    "section": ("one", "Pitfall", ("no prime", "not a prime"), "It is not a prime."),
    "own section": ("one", "Details", ("In the details", "In the fold"), "In the fold."),
    "title": ("one", "Details", ("Of the author's own", "By the author"), "### By the author"),
    "context": ("two", "Context", ("What does", "What would"), "What would it print?"),
    "code": ("two", "Context", ("print", "show"), "show(1 + 1)"),
    "drill": ("half-of-two", "Answer", ("One.", "Uno."), "Uno."),
    "cloze": ("count", "Answer", ("One", "Eins"), "{{c1::Eins}}, {{c2::two::a number}}, three."),
    "answer beside options": ("odd", "Answer", ("Only one.", "Just one."), "Just one."),
    "reversed": ("set", "Answer", ("bag", "box"), "A box without duplicates."),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_an_edited_field_changes_the_lines_of_its_block(name: str, folder: Path, run: Run) -> None:
    id_, field, replaced, line = EDITS[name]
    package = edited(folder, {id_: {field: replaced}})
    dry = run("pull", package, folder, "--dry-run")
    assert dry.exit_code == 0
    assert f"+{line}" in dry.output
    assert (folder / "01-first.md").read_text() == CHAPTER
    result = run("pull", package, folder)
    assert result.exit_code == 0, result.output
    assert "1 field written" in result.output
    text = (folder / "01-first.md").read_text()
    assert line in text
    pulled = text
    again = run("pull", package, folder)
    assert "nothing was edited" in again.output, again.output
    built = run("build", folder, "--output", folder.parent / "next", "--only", "apkg")
    assert built.exit_code == 0, built.output
    shown, wanted = (
        re.sub(r"\s|<[^<>]*>", "", texts_of(path, id_)[field])
        for path in (folder.parent / "next" / "demo.apkg", package)
    )
    assert shown == wanted
    again = run("pull", package, folder)
    assert "nothing was edited" in again.output, again.output
    assert (folder / "01-first.md").read_text() == pulled


@pytest.mark.slow
def test_nothing_is_changed_where_nothing_was_edited(folder: Path, run: Run) -> None:
    result = run("pull", edited(folder, {}), folder)
    assert result.exit_code == 0
    assert "nothing was edited in Anki that is not here" in result.output
    assert (folder / "01-first.md").read_text() == CHAPTER


@pytest.mark.slow
def test_files_keep_their_line_ends_and_their_beginning(write_corpus: WriteCorpus, run: Run) -> None:
    before = "\ufeff" + CHAPTER.replace("\n", "\r\n")
    folder = write_corpus({"01-first.md": before})
    assert run("build", folder, "--output", folder.parent, "--only", "apkg").exit_code == 0
    package = edited(folder, {"one": {"Pitfall": "Not a prime.<br><br>And even less"}})
    assert run("pull", package, folder).exit_code == 0
    after = (folder / "01-first.md").read_bytes().decode()
    wanted = before.replace("It is no prime.\r\n", "Not a prime.\r\n\r\nAnd even less\r\n")
    assert after == wanted


@pytest.mark.slow
def test_blocks_are_added_and_removed(folder: Path, run: Run) -> None:
    package = edited(
        folder,
        {
            "one": {
                "Answer": ("<ul>", "<p>A new one.</p><ul>"),
                "Details": ("</ul>", "</ul><p>Behind the list.</p>"),
                "Weak answer": "I <b>guess</b>",
            },
            "two": {"Context": ("<p>What does it print?</p>", ""), "Details": "<div>a</div><div>b</div>"},
            "half-of-two": {"Context": "Think.", "Pitfall": "x"},
        },
    )
    result = run("pull", package, folder)
    assert result.exit_code == 0, result.output
    text = (folder / "01-first.md").read_text()
    assert "\n\nA new one.\n\n* It is odd." in text
    assert "- and more\n\nBehind the list.\n\n### Pitfall" in text
    assert "In the details.\n\n### Weak answer\n\nI **guess**\n\n## What is two?" in text
    assert "print(1 + 1)\n```\n\n---\n\nThe second.\n\n<!-- more -->\n\na\n\nb\n\n### What is half" in text
    assert "{#half-of-two}\n\nThink.\n\n---\n\nOne.\n" in text
    assert "half-of-two: Pitfall: left: a drill has no sections" in result.output
    assert "6 fields written, 1 left" in result.output
    assert "nothing was edited" not in run("pull", package, folder).output
    assert (folder / "01-first.md").read_text() == text
    assert run("check", folder).exit_code == 0


@pytest.mark.slow
def test_options_change_where_both_fields_say_the_same(folder: Path, run: Run) -> None:
    package = edited(
        folder,
        {
            "odd": {
                "Options": ("three", "<code>3</code>"),
                "Solution": ("three", "<code>3</code>"),
            }
        },
    )
    assert run("pull", package, folder).exit_code == 0
    assert changed_lines(folder) == [("- [x] three", "- [x] `3`")]
    assert "nothing was edited" in run("pull", package, folder).output
    only_one = edited(folder, {"odd": {"Options": ("four", "five")}}, "one")
    result = run("pull", only_one, folder)
    assert "odd: Options: left: Options and Solution differ: change an option in both fields" in result.output
    (folder / "01-first.md").write_text(CHAPTER)
    reason: dict[str, str | tuple[str, str]] = {"Solution": ("It is not divisible", "You cannot divide it")}
    reasons = edited(folder, {"odd": reason}, "reasons")
    result = run("pull", reasons, folder)
    assert result.exit_code == 0, result.output
    assert "  You cannot divide it by two.\n- [ ] four" in (folder / "01-first.md").read_text()


@pytest.mark.slow
def test_what_is_typed_changes_with_its_answer(folder: Path, run: Run) -> None:
    only_one = edited(folder, {"adds": {"Typed": "add"}}, "one")
    result = run("pull", only_one, folder)
    assert "adds: Typed: left: the answer has 'sum', and Typed has 'add': change both fields" in result.output
    both = edited(folder, {"adds": {"Typed": "add", "Answer": ("sum", "add")}})
    assert run("pull", both, folder).exit_code == 0
    assert changed_lines(folder) == [("`sum`, of course.", "`add`, of course.")]
    assert "nothing was edited" in run("pull", both, folder).output


@pytest.mark.slow
def test_what_a_chapter_cannot_say_is_named_and_left(folder: Path, run: Run) -> None:
    package = edited(
        folder,
        {
            "one": {
                "Answer": ("number", '<span style="color: red">number</span>'),
                "Pitfall": "",
                "Spare 2": "mine",
                "Level": "senior",
            },
            "two": {"Prompt": "What<div>is</div>two?", "Answer": '<img src="new.png">'},
        },
    )
    result = run("pull", package, folder)
    assert result.exit_code == 0, result.output
    assert (folder / "01-first.md").read_text() == CHAPTER
    for said in (
        "one: Answer: left: coloured text: no chapter has it [colour]",
        "one: Pitfall: left: it was emptied: if this is intended, delete it in the chapter",
        "one: Spare 2: left: no part of the question has this field",
        "one: Level: left: a build makes it: write the level into the heading",
        "two: Prompt: left: there is more than one paragraph where a chapter has one line",
        "two: Answer: left: 'new.png' is not in the corpus: copy it there, and show it in the chapter",
    ):
        assert said in result.output, result.output


@pytest.mark.slow
def test_what_changed_on_both_sides_is_a_conflict(folder: Path, run: Run) -> None:
    package = edited(folder, {"one": {"Pitfall": "It is <b>no</b> number."}, "set": {"Answer": "A heap."}})
    path = folder / "01-first.md"
    here = CHAPTER.replace("It is no prime.", "It is a unit.").replace("Because.", "Why not.")
    path.write_text(here)
    result = run("pull", package, folder)
    assert result.exit_code == 1
    assert "one: Pitfall: conflict: changed here and in Anki" in result.output
    assert "  here | It is a unit.\n  Anki | It is **no** number." in result.output
    assert path.read_text() == here.replace("A bag without duplicates.", "A heap.")
    # Published, it is no less a conflict: the package is of the release before.
    path.write_text(here)
    run("build", folder, "--output", folder.parent / "next", "--only", "apkg")
    result = run("pull", package, folder)
    assert "one: Pitfall: conflict" in result.output
    assert "set: Answer: written" in result.output


@pytest.mark.slow
def test_git_tells_which_fields_changed_here(folder: Path, run: Run) -> None:
    """A field that changed here stays, and one that changed only in Anki comes back, whenever that was."""
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "First release")
    path = folder / "01-first.md"
    here = CHAPTER.replace("Because.", "Why not.").replace("{#one .junior", "{#one .mid")
    path.write_text(here)
    assert run("build", folder, "--output", folder.parent / "next", "--only", "apkg").exit_code == 0
    git(folder, "commit", "-qam", "Second release")
    package = edited(folder, {"one": {"Pitfall": "It is <b>no</b> number."}})
    result = run("pull", package, folder)
    assert result.exit_code == 0, result.output
    assert path.read_text() == here.replace("It is no prime.", "It is **no** number.")
    both = edited(folder, {"one": {"Pitfall": "Never.", "Why": "For fun."}}, "both")
    path.write_text(here)
    result = run("pull", both, folder)
    assert result.exit_code == 1
    assert "  here | Why not.\n  Anki | For fun." in result.output
    assert path.read_text() == here.replace("It is no prime.", "Never.")


@pytest.mark.slow
def test_notes_that_were_added_are_counted(folder: Path, run: Run) -> None:
    def add(collection: Collection) -> None:
        kind = collection.models.by_name("Basic")
        assert kind
        for deck, front in (("Demo deck::01 First chapter", "a new one"), ("Private", "my own")):
            note = collection.new_note(kind)
            note["Front"] = front
            collection.add_note(note, DeckId(collection.decks.add_normal_deck_with_name(deck).id))

    package = exported(folder.parent / "demo.apkg", folder.parent / "more.apkg", live=add)
    result = run("pull", package, folder)
    assert result.exit_code == 0
    assert "not read: 1 note in its decks that no question of the corpus has" in result.output
    assert "my own" not in result.output


@pytest.mark.slow
def test_the_only_note_of_a_deck_can_be_edited(write_corpus: WriteCorpus, run: Run) -> None:
    folder = write_corpus({"01-first.md": "# One\n\n## What? {#what}\n\nThis.\n"})
    assert run("build", folder, "--output", folder.parent, "--only", "apkg").exit_code == 0
    result = run("pull", edited(folder, {"what": {"Answer": "That."}}), folder)
    assert result.exit_code == 0, result.output
    assert (folder / "01-first.md").read_text().endswith("\n\nThat.\n")


@pytest.mark.slow
def test_an_older_package_takes_nothing_back(folder: Path, run: Run) -> None:
    path = folder / "01-first.md"
    here = CHAPTER.replace("The second.", "The next one.")
    path.write_text(here)
    assert "nothing was edited" in run("pull", folder.parent / "demo.apkg", folder).output
    run("build", folder, "--output", folder.parent / "next", "--only", "apkg")
    result = run("pull", folder.parent / "demo.apkg", folder)
    assert path.read_text() == here, result.output


@pytest.mark.slow
def test_tags_below_the_corpus_are_its_authors(folder: Path, run: Run) -> None:
    package = edited(
        folder,
        {
            "one": {"tags": ("demo::numbers", "demo::digits::odd mine")},
            "two": {"tags": ("demo::level::mid", "hard mine")},
            "half-of-two": {"tags": ("", "demo::halves")},
        },
    )
    result = run("pull", package, folder)
    text = (folder / "01-first.md").read_text()
    assert '## What is one? {#one .junior tags="digits::odd"}\n' in text, result.output
    assert '### What is half of two? {#half-of-two tags="halves"}\n' in text
    assert "two: tags: left: -level::mid: a build makes demo::level::mid" in result.output
    assert "learners' own tags stay in Anki: mine (2), hard (1)" in result.output
    again = run("pull", package, folder)
    assert (folder / "01-first.md").read_text() == text
    assert "written" not in again.output.replace("0 fields written", "")
