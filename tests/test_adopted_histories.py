"""The promise to learners of a deck that was there before its corpus: years later, no review is lost."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")

from builder.cli import main
from tests.conftest import git
from tests.histories import run_histories
from tests.old_deck import CHAPTER, FORMATS, NOTES, OldDeck, OldLearner, make_old_deck, write_adopted_corpus

_BEGIN = 1_790_000_000
_QUESTIONS = {"to-be": "to be", "give": "to give", "house": ") house", "capital": "is the capital"}
"""Passages of questions that their author rewrites."""
_HEADINGS = {
    "to-be": ('tags="verbs"', 'tags="verbs new"'),
    "give": ("{#give}", '{#give tags="new"}'),
    "house": ('tags="nouns unit"', 'tags="new nouns unit"'),
    "capital": ("{#capital .cloze}", '{#capital .cloze tags="new"}'),
}
"""Their attributes, and what they become with one more tag."""
_VERSIONS = ("{}", "{} *so*", "{}, or not")
_MARKS = ("", "<em>so</em>", ", or not")
"""What they add to a passage, in Markdown and in HTML; the first is what was adopted."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A note as a package or a collection has it."""

    mod: int
    fields: str
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Build:
    """A package, and its notes by GUID."""

    path: Path
    notes: Mapping[str, Stored]


@dataclass(slots=True)
class Holder:
    """A learner of the old deck, and whether they changed notes themselves."""

    learner: OldLearner
    touched: int = 0
    """Time at which they last changed their notes."""

    def notes(self) -> dict[str, Stored]:
        assert self.learner.collection.db
        rows = self.learner.collection.db.all("SELECT guid, mod, flds, tags FROM notes")
        return {guid: Stored(mod, fields, frozenset(tags.split())) for guid, mod, fields, tags in rows}


class History(RuleBasedStateMachine):
    """An author who rewrites an adopted deck, and a learner from each format of its package."""

    folder: ClassVar[Path]
    old: ClassVar[OldDeck]

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir=self.folder))
        self.corpus = self.root / "spanish"
        self.now = _BEGIN
        self.texts = dict.fromkeys(_QUESTIONS, 0)
        self.tagged: set[str] = set()
        self.added = 0
        self.ever_changed: set[str] = set()
        self.builds: list[Build] = []
        self.holders: list[Holder] = []

    @initialize()
    def begin(self) -> None:
        shutil.copytree(self.folder / "spanish", self.corpus)
        git(self.corpus, "init", "--quiet")
        for name in FORMATS:
            shutil.copytree(self.folder / name, self.root / name)
            self.holders.append(Holder(OldLearner(self.root / name)))
        self.build()

    @rule(question=st.sampled_from([*_QUESTIONS]), version=st.integers(0, len(_VERSIONS) - 1))
    def rewrite(self, question: str, version: int) -> None:
        self.texts[question] = version
        self.build()

    @rule(question=st.sampled_from([*_QUESTIONS]))
    def tag(self, question: str) -> None:
        self.tagged ^= {question}
        self.build()

    @rule()
    def add(self) -> None:
        self.added += 1
        self.build()

    @rule(keeps=st.sampled_from(["package", "commit"]))
    def lose_the_lock(self, keeps: str) -> None:
        if keeps == "commit":
            git(self.corpus, "add", "--all")
            git(self.corpus, "commit", "--quiet", "--allow-empty", "--message", "Work")
            shutil.rmtree(self.root / "out")
        (self.corpus / "deck.lock").unlink()
        self.build()

    @rule(holder=st.integers(0, 2), back=st.sampled_from([0, 0, 0, 1, 3]))
    def take(self, holder: int, back: int) -> None:
        self.imports(self.holders[holder], self.builds[max(len(self.builds) - 1 - back, 0)])

    @rule(holder=st.integers(0, 2))
    def study(self, holder: int) -> None:
        self.holders[holder].learner.reviews()

    @rule(holder=st.integers(0, 2))
    def mark(self, holder: int) -> None:
        self.now += 60
        self.holders[holder].learner.tags("my::own", at=self.now)
        self.holders[holder].touched = self.now

    def build(self) -> None:
        self.now += 3600
        self.write()
        environment = {"SOURCE_DATE_EPOCH": str(self.now)}
        command = ["build", str(self.corpus), "--output", str(self.root / "out"), "--only", "apkg"]
        result = CliRunner().invoke(main, command, env=environment, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        path = self.root / f"{len(self.builds)}.apkg"
        shutil.copy(self.root / "out" / "spanish.apkg", path)
        self.builds.append(Build(path, _notes(path)))
        changed = {name for name, version in self.texts.items() if version} | self.tagged
        self.ever_changed |= changed
        for name, (guid, *_) in NOTES.items():
            note, old = self.builds[-1].notes[guid], self.old.adopted.notes[name]
            text = "\x1f".join(old.fields)
            assert (note.fields == text) == (not self.texts[name]), name
            assert _MARKS[self.texts[name]] in note.fields, name
            assert note.tags == {*old.tags, *(("spanish::new",) if name in self.tagged else ())}, name
            if name not in self.ever_changed:
                assert note.mod == old.mod, name

    def write(self) -> None:
        text = CHAPTER
        for name, passage in _QUESTIONS.items():
            assert text.count(passage) == 1, passage
            text = text.replace(passage, _VERSIONS[self.texts[name]].format(passage))
        for name in self.tagged:
            heading, tagged = _HEADINGS[name]
            assert text.count(heading) == 1, heading
            text = text.replace(heading, tagged)
        text += "".join(f"\n## What is {n}? {{#new-{n}}}\n\nIt is {n}.\n" for n in range(self.added))
        (self.corpus / "01-spanish.md").write_text(text)

    def imports(self, holder: Holder, build: Build) -> None:
        before, rows = holder.notes(), holder.learner.rows()
        log = holder.learner.imports(build.path)
        after, now = holder.notes(), holder.learner.rows()
        new = build.notes.keys() - before.keys()
        updated = {
            guid for guid in build.notes.keys() & before.keys() if build.notes[guid].mod > before[guid].mod
        }
        kept = len(build.notes) - len(new) - len(updated)
        counted = {"new": len(new), "updated": len(updated), "duplicate": kept}
        assert log == {name: number for name, number in counted.items() if number}
        assert not new & {guid for guid, *_ in NOTES.values()}
        assert after == {**before, **{guid: build.notes[guid] for guid in new | updated}}
        cards = {row[0] for row in rows["cards"]}
        assert [row for row in now["cards"] if row[0] in cards] == rows["cards"]
        assert now["reviews"] == rows["reviews"]
        adopted = self.old.adopted.types
        for table in ("types", "templates", "fields"):
            assert [row for row in now[table] if row[0] in adopted] == [
                row for row in rows[table] if row[0] in adopted
            ]
        assert holder.learner.imports(build.path) == {"duplicate": len(build.notes)}
        if build is self.builds[-1] and not holder.touched:
            assert {guid: after[guid] for guid in build.notes} == build.notes, "an edit did not arrive"

    def teardown(self) -> None:
        try:
            if self.builds:
                for holder in self.holders:
                    self.imports(holder, self.builds[-1])
        finally:
            for holder in self.holders:
                holder.learner.close()
            shutil.rmtree(self.root)


def _notes(package: Path) -> dict[str, Stored]:
    with zipfile.ZipFile(package) as archive, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(archive.read("collection.anki2"))
        rows = database.execute("SELECT guid, mod, flds, tags FROM notes")
        return {guid: Stored(mod, fields, frozenset(tags.split())) for guid, mod, fields, tags in rows}


@pytest.fixture(scope="module")
def workshop() -> Iterator[None]:
    """Make what all histories begin with: the old deck, its learners, and the corpus made of it."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        History.folder = Path(name)
        History.old = make_old_deck(History.folder / "old")
        write_adopted_corpus(History.folder / "spanish", History.old)
        for format_ in FORMATS:
            learner = OldLearner(History.folder / format_, History.old.packages[format_])
            learner.reviews()
            learner.close()
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("workshop")
def test_learners_of_the_old_deck_lose_nothing_and_miss_nothing() -> None:
    run_histories(History, 40, 16)
