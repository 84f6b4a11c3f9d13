"""A corpus, an author who edits and builds it, and a learner who imports it, on the days of a story.

The days lie in the past. What Anki stamps with its clock is dated back to the day of the story after
each step: so an import can come days after a build, or before it, and no test waits.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import time
import zipfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from click.testing import CliRunner

from builder.cli import main
from builder.design import styles

SCRIPT = Path(__file__).parent / "in_anki.py"
_IMAGES = Path(__file__).parent / "cases" / "media"
_SETTINGS = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo deck"\n'
TICK = 1 / (24 * 60 * 60)
"""A second, in days."""
_FIRST_DAY = 1_700_000_000
_STANDING = ("Chapter", "Source")
"""Fields that say where a note stands: they come with its next change."""

FIRST, SECOND = "01-first.md", "02-second.md"
_FIRST_CHAPTER = """\
# First

## What is one? {#one .junior tags="numbers"}

The first.

## What is two? {#two .mid}

The second.

### What is half of two? {#half}

One.

## What is three? {#three}

![blue](blue.png)
"""
SIX = """\
## What is six? {#six}

The sixth.
"""
_SECOND_CHAPTER = f"""\
# Second

## What is four? {{#four}}

The fourth.

## What is five? {{#five}}

The fifth.

{SIX}
## Nine is {{#nine .cloze}}

{{{{c1::the ninth}}}} after {{{{c2::eight}}}}.

## Eight {{#eight .reversed}}

The eighth.
"""
QUESTIONS = {"one", "two", "half", "three", "four", "five", "six", "eight", "nine"}
"""What the corpus asks before an author edits it."""

Step = Mapping[str, object]
"""Something that a learner does in Anki: `in_anki.py` has the list."""


def _seconds(day: float | None) -> int:
    return round(time.time() if day is None else _FIRST_DAY + day / TICK)


def _question(guid: str) -> str:
    return guid.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says: its fields by name, and its tags."""

    text: Mapping[str, str]
    tags: frozenset[str]

    def lacks(self, other: Note) -> bool:
        """Whether a learner would miss something that the other note says."""
        return (self.tags, self._said()) != (other.tags, other._said())

    def _said(self) -> dict[str, str]:
        return {name: text for name, text in self.text.items() if name not in _STANDING}


@dataclass(frozen=True, slots=True)
class Package:
    """A built package: the file, and what is in it; notes by question."""

    path: Path
    notes: Mapping[str, Note]
    css: str

    @classmethod
    def read(cls, path: Path) -> Self:
        with zipfile.ZipFile(path) as archive, closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(archive.read("collection.anki2"))
            ((types,),) = database.execute("SELECT models FROM col")
            rows = database.execute("SELECT guid, tags, flds, mid FROM notes").fetchall()
        names = {
            int(type_["id"]): [field["name"] for field in type_["flds"]]
            for type_ in json.loads(types).values()
        }
        notes = {
            _question(guid): Note(
                dict(zip(names[type_], text.split("\x1f"), strict=True)), frozenset(tags.split())
            )
            for guid, tags, text, type_ in rows
        }
        (css,) = {type_["css"] for type_ in json.loads(types).values()}
        return cls(path, notes, css)


class Author:
    """Who writes a corpus, and builds it."""

    def __init__(self, folder: Path) -> None:
        self.corpus = folder / "demo"
        self.styles = folder / "styles"
        self._builds = folder / "builds"
        self._number = 0
        shutil.copytree(styles.FOLDER, self.styles)
        self.corpus.mkdir()
        for name, text in (("deck.toml", _SETTINGS), (FIRST, _FIRST_CHAPTER), (SECOND, _SECOND_CHAPTER)):
            (self.corpus / name).write_text(text, encoding="utf-8")
        for name in ("blue.png", "box.svg"):
            shutil.copy(_IMAGES / name, self.corpus)

    def edit(self, name: str, *changes: tuple[str, str]) -> None:
        """Replace passages of a file, each of which is in it once."""
        text = (self.corpus / name).read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (self.corpus / name).write_text(text, encoding="utf-8")

    def restyle(self, css: str) -> None:
        sheet = self.styles / "card.css"
        sheet.write_text(sheet.read_text(encoding="utf-8") + css, encoding="utf-8")

    def builds(self, *, day: float | None) -> Package:
        """Build on a day of the story or, on none, now. What was built before stays, as downloads do."""
        self._number += 1
        folder = self._builds / str(self._number)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(styles.read_styles, "__defaults__", (self.styles,))
            result = CliRunner().invoke(
                main,
                ["build", str(self.corpus), "--output", str(folder), "--only", "apkg"],
                env={"SOURCE_DATE_EPOCH": str(_seconds(day))},
                catch_exceptions=False,
            )
        assert result.exit_code == 0, result.output
        return Package.read(folder / "demo.apkg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """All that is in a learner's Anki, as `in_anki.py` tells it."""

    notes: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    reviews: list[list[int]]
    types: dict[str, dict[str, Any]]
    options: dict[str, Any]
    """By deck."""
    media: list[str]


def _as_stored(collection: Collection, guids: set[str]) -> dict[str, object]:
    """Return notes with all that Anki keeps of them; fields go by their place, for some may be renamed."""
    return {
        note["guid"]: {**note, "fields": list(note["fields"].values())}
        for note in collection.notes
        if note["guid"] in guids
    }


class Anki:
    """An Anki, in a process of its own and run by its own interpreter."""

    def __init__(self, python: Path, folder: Path) -> None:
        self._errors = folder / "errors.txt"
        with self._errors.open("w", encoding="utf-8") as errors:
            self._process = subprocess.Popen(
                # -P: beside the script, tests/anki would hide the library.
                [python, "-P", SCRIPT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
        self.version = str(self._answer()["version"])
        self._folder = folder
        self._learners = 0
        self._empty = folder / "empty.anki2"
        self._contents, _ = self.ask(self._empty)

    @property
    def dates_changes_by_import(self) -> bool:
        """Whether a note that an import changed is dated by that import, and not by its build."""
        year, month = self.version.split(".")[:2]
        return (int(year), int(month)) < (25, 2)

    def ask(self, path: Path, *steps: Step, **moment: int) -> tuple[Collection, list[dict[str, list[str]]]]:
        """Return a collection after steps, and the logs of the imports among them."""
        assert self._process.stdin
        print(
            json.dumps({"collection": str(path), "steps": steps, **moment}),
            file=self._process.stdin,
            flush=True,
        )
        answer = self._answer()
        return Collection(**answer["collection"]), answer["logs"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer = json.loads(line or json.dumps({"error": self._errors.read_text(encoding="utf-8")}))
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return dict(answer)

    def learner(self) -> Learner:
        """Return somebody who has just installed this Anki."""
        self._learners += 1
        path = self._folder / str(self._learners) / "collection.anki2"
        path.parent.mkdir()
        shutil.copy2(self._empty, path)
        return Learner(self, path, self._contents)

    def close(self) -> None:
        self._process.communicate()


class Learner:
    """Who imports packages and, whatever else an import does, must never lose anything by it."""

    def __init__(self, anki: Anki, path: Path, contents: Collection) -> None:
        self.anki = anki
        self.has = contents
        """The collection after the last step."""
        self._path = path
        self._stock_types = frozenset(contents.types)

    def does(self, *steps: Step, day: float | None) -> None:
        """Take steps on a day of the story or, on none, now."""
        self._take(*steps, day=day)

    def studies(self, *more: Step, day: float) -> None:
        """Leave traces of all kinds that an import must not touch, and take more steps."""
        self.does(
            {"do": "review", "search": "ID:one or ID:three or ID:six", "ease": 3},
            {"do": "suspend", "search": "ID:two"},
            {"do": "flag", "search": "ID:four", "flag": 3},
            {"do": "move", "search": "ID:one or ID:five", "deck": "My own"},
            {"do": "choose preset", "deck": "Demo deck::02 Second", "preset": "My pace"},
            {"do": "limit", "deck": "Demo deck::01 First", "new_a_day": 7},  # in Anki's own preset
            *more,
            day=day,
        )

    def _take(self, *steps: Step, day: float | None) -> list[dict[str, list[str]]]:
        self.has, logs = self.anki.ask(self._path, *steps, **({} if day is None else {"at": _seconds(day)}))
        return logs

    def imports(self, package: Package, *, day: float | None, **options: bool | str) -> dict[str, set[str]]:
        """Import a package and return the questions that were "new" or "updated", by what Anki calls that.

        All others are as they were.
        """
        before = self.has
        (log,) = self._take({"do": "import", "file": str(package.path), "options": options}, day=day)
        assert log["conflicting"] == []
        self._assert_nothing_is_lost(before)
        made = {name: {_question(guid) for guid in log[name]} for name in ("new", "updated") if log[name]}
        touched = set().union(*made.values())
        assert {question: self.notes()[question] for question in touched} == {
            question: package.notes[question] for question in touched
        }
        left = {note["guid"] for note in self.has.notes if _question(note["guid"]) not in touched}
        assert _as_stored(self.has, left) == _as_stored(before, left)
        return made

    def _assert_nothing_is_lost(self, before: Collection) -> None:
        after = self.has
        assert after.reviews == before.reviews
        known = {card["row"][0] for card in before.cards}
        assert [card for card in after.cards if card["row"][0] in known] == before.cards
        guids = [note["guid"] for note in after.notes]
        assert len(guids) == len(set(guids)), "a question came twice"
        assert {note["guid"] for note in before.notes} <= set(guids)
        assert after.types.keys() - self._stock_types == {"Demo (basic)", "Demo (cloze)"}
        assert before.options == {deck: after.options[deck] for deck in before.options}
        assert set(before.media) <= set(after.media)

    def notes(self) -> dict[str, Note]:
        """Return the learner's notes by question."""
        return {
            _question(note["guid"]): Note(note["fields"], frozenset(note["tags"])) for note in self.has.notes
        }

    def lacks(self, package: Package) -> set[str]:
        """Return the questions of a package that are not, or not so, in the collection."""
        notes = self.notes()
        return {
            question
            for question, note in package.notes.items()
            if question not in notes or notes[question].lacks(note)
        }

    def has_style(self, package: Package) -> bool:
        ours = self.has.types.keys() - self._stock_types
        return {self.has.types[name]["css"] for name in ours} == {package.css}

    def card(self, question: str) -> dict[str, Any]:
        (card,) = (card for card in self.has.cards if _question(card["guid"]) == question)
        return card
