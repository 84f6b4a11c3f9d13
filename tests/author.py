"""An author: a corpus in a real git repository, its branches, and the packages that were built of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Literal
from unittest import mock

from click.testing import CliRunner

from builder.anki.release import NOT_NEWS
from builder.cli import main
from builder.design import styles
from tests.conftest import SETTINGS
from tests.drafts import FIRST, Corpus, Edit, Text, cards_of, edited, files, merged

Keep = Literal["all", "chapters", "nothing"]
Content = tuple[tuple[str, ...], frozenset[str], tuple[str, ...]]
"""What a learner sees of a note, but for its number: the fields that count, tags, and images' hashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaged:
    """A note as a package has it, and what its author meant by it."""

    guid: str
    id: int
    mod: int
    fields: tuple[str, ...]
    tags: frozenset[str]
    due: int
    cards: tuple[int, ...]
    """The ordinals of its cards."""
    content: Content
    text: Text
    number: str
    place: tuple[int, str]
    """The chapter, and the number of the question above a drill: what its own number depends on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Build:
    """A package, and what is known of how it came about."""

    number: int
    path: Path
    css: str
    notes: Mapping[str, Packaged]
    """By GUID, in study order."""
    images: Mapping[str, bytes]
    ancestors: frozenset[int]
    """The numbers of all builds that this one comes from, by commits and merges; its own too."""
    changed: frozenset[str]
    """The notes whose text or number is another than in the builds that this one comes from directly."""
    core: Build | None = None
    """The package of its core, where there is one."""

    def __repr__(self) -> str:
        return f"build {self.number}"

    def knows(self, other: Build) -> bool:
        return other.number in self.ancestors


@dataclass(slots=True, kw_only=True)
class Branch:
    """A line of work: what stands in its files, and where it comes from."""

    corpus: Corpus
    commits: list[tuple[Corpus, bool]]
    """The corpus of each commit, by first parents, and whether that is a merge."""
    base: Corpus
    """What it and main had in common last."""
    ancestors: frozenset[int] = frozenset()
    published: frozenset[int] = frozenset()
    """The numbers of the questions that were ever published here."""
    versions: dict[str, tuple[Packaged, ...]] = field(default_factory=dict)
    """Each note in the latest builds: after a merge, maybe two."""
    last: Build | None = None
    """The last build, if nothing has happened since."""
    has_old_numbers: bool = False
    """Whether a revert has taken back numbers: git remembers how a note was numbered in its chapter, but what
    others have got meanwhile is theirs."""

    def fork(self) -> Branch:
        return Branch(
            corpus=self.corpus,
            commits=list(self.commits),
            base=self.corpus,
            ancestors=self.ancestors,
            published=self.published,
            versions=dict(self.versions),
            last=self.last,
            has_old_numbers=self.has_old_numbers,
        )


class Author:
    """Somebody who writes a corpus for years, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.packages = folder / "packages"
        self.branches = {"main": Branch(corpus=FIRST, commits=[], base=FIRST)}
        self.current = "main"
        self.builds: list[Build] = []
        self.published: list[Build] = []
        """The builds that were made on main."""
        self.latest_clock = 0
        self._is_dirty = False
        """Whether there may be something to commit."""
        self._last_number = max(question.number for _, question in FIRST.questions())
        self._guids: dict[int, str] = {}
        self._contents: dict[Text, Content] = {}
        self._texts: dict[Content, Text] = {}

    def copy(self, folder: Path) -> Author:
        """Return somebody who has come as far, in a folder of their own, with nothing but main yet."""
        other = copy(self)
        other.root = Path(shutil.copytree(self.root, folder / "project"))
        other.packages = folder / "packages"
        other.packages.mkdir()
        other.branches = {"main": self.branch.fork()}
        other.builds, other.published = list(self.builds), list(self.published)
        other._guids, other._contents, other._texts = (
            dict(self._guids),
            dict(self._contents),
            dict(self._texts),
        )
        return other

    @property
    def branch(self) -> Branch:
        return self.branches[self.current]

    def edit(self, edits: Sequence[Edit]) -> None:
        for edit in edits:
            self._last_number += 1
            corpus = edited(self.branch.corpus, edit, self._last_number, self.branch.published)
            if corpus != self.branch.corpus:
                self.branch.corpus = corpus
                self.branch.last = None
        self._write()

    def commit(self, now: int, keep: Keep = "all") -> None:
        """Commit everything; or forget the lock, which stays as it is for the next commit; or nothing."""
        if keep == "nothing" or not self._is_dirty:
            return
        self.git("add", "--all", *(("--", ".", ":!demo/deck.lock") if keep == "chapters" else ()), now=now)
        is_merge = (self.root / ".git" / "MERGE_HEAD").exists()
        if self.git("commit", "--quiet", "--message", "Work", now=now, may_fail=True):
            self.branch.commits.append((self.branch.corpus, is_merge))
        self._is_dirty = keep == "chapters"

    def build(self, now: int) -> Build:
        """Build as the command line does, and check that the package says what was written."""
        branch = self.branch
        self.latest_clock = max(self.latest_clock, now)
        output = self.root / "dist"
        arguments = (
            "build",
            str(self.root / "demo"),
            "--output",
            str(output),
            "--only",
            "apkg",
            "--only",
            "core",
        )
        (output / "demo-core.apkg").unlink(missing_ok=True)
        with (
            mock.patch.object(styles.read_styles, "__defaults__", (self.root / "styles",)),
            mock.patch("builder.project.CACHE", self.packages / "cache"),
            # What takes much of a build's time, and of which nothing here depends: the fonts, compressed into
            # every package.
            mock.patch("builder.anki.note_types.card_fonts", return_value=("", {})),
        ):
            result = CliRunner().invoke(main, arguments, env={"SOURCE_DATE_EPOCH": str(now)})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, f"the build failed: {result.output}"
        self._is_dirty |= "deck.lock" in result.output
        path = self.packages / f"{len(self.builds)}.apkg"
        shutil.copy(output / "demo.apkg", path)
        build = self._read(path, branch)
        if (output / "demo-core.apkg").exists():
            part = shutil.copy(output / "demo-core.apkg", path.with_suffix(".core.apkg"))
            build = replace(build, core=_core_of(build, Path(part)))
        if branch.last:
            assert path.read_bytes() == branch.last.path.read_bytes(), "the same tree, other bytes"
        self._check(build, now)
        if not branch.has_old_numbers:
            self._check_numbers(build, branch)
        branch.has_old_numbers = False
        self.builds.append(build)
        if self.current == "main":
            self.published.append(build)
        branch.last = build
        branch.ancestors = build.ancestors
        branch.versions |= {guid: (note,) for guid, note in build.notes.items()}
        branch.published |= {question.number for _, question in branch.corpus.questions()}
        return build

    def revert(self, now: int) -> bool:
        """Take back the last commit, as git does; committing first what stands in its way."""
        if self.branch.corpus != self.branch.commits[-1][0]:
            self.commit(now)
        if not self._revert_head(now):
            self.commit(now)
            if not self._revert_head(now):
                return False
        self.branch.last = None
        self.branch.has_old_numbers = True
        self._assert_written()
        return True

    def _revert_head(self, now: int) -> bool:
        commits = self.branch.commits
        if len(commits) < 2:
            return False
        corpus, is_merge = commits[-2][0], commits[-1][1]
        parent = ("--mainline", "1") if is_merge else ()
        if not self.git("revert", "--no-edit", *parent, "HEAD", now=now, may_fail=True):
            return False
        commits.append((corpus, False))
        self.branch.corpus = corpus
        return True

    def fork(self, now: int) -> None:
        """Begin a branch where everything is published and committed."""
        if {question.number for _, question in self.branch.corpus.questions()} - self.branch.published:
            self.build(now)
        self.commit(now)
        self.git("checkout", "--quiet", "-b", "side", now=now)
        self.branches["side"] = self.branch.fork()
        self.current = "side"

    def switch(self, now: int, name: str) -> None:
        if self.current == name:
            return
        self.commit(now)
        self.git("checkout", "--quiet", name, now=now)
        self.current = name
        self._assert_written()

    def merge(self, now: int, into: str, *, prefers_ours: bool) -> None:
        """Merge one branch into the other, in the files: git the lock, the author the chapters."""
        self.commit(now)
        self.switch(now, into)
        (name,) = self.branches.keys() - {into}
        ours, theirs, side = self.branch, self.branches[name], self.branches["side"]
        # Chapters that both sides changed are in conflict, which is no failure here.
        self.git("merge", "--quiet", "--no-commit", "--no-ff", name, now=now, may_fail=True)
        ours.corpus = merged(side.base, ours.corpus, theirs.corpus, prefers_ours=prefers_ours)
        side.base = theirs.corpus
        ours.ancestors |= theirs.ancestors
        ours.published |= theirs.published
        ours.has_old_numbers |= theirs.has_old_numbers
        for guid, versions in theirs.versions.items():
            ours.versions[guid] = (*ours.versions.get(guid, ()), *versions)
        ours.last = None
        self._write()
        self._is_dirty = True

    def drop_side(self, now: int) -> None:
        """Delete the side branch, which was merged."""
        self.git("branch", "--quiet", "-D", "side", now=now)
        del self.branches["side"]

    def git(self, *arguments: str, now: int, may_fail: bool = False) -> bool:
        dates = dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), f"{now} +0000")
        result = subprocess.run(
            ["git", *arguments], cwd=self.root, env=_environment() | dates, capture_output=True, text=True
        )
        assert may_fail or result.returncode == 0, f"git {arguments}: {result.stdout}{result.stderr}"
        return result.returncode == 0

    def _write(self) -> None:
        wanted = files(self.branch.corpus, _card_css())
        for path in self._written():
            if path not in wanted:
                (self.root / path).unlink()
                self._is_dirty = True
        for path, content in wanted.items():
            file = self.root / path
            if not file.exists() or file.read_bytes() != content:
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(content)
                self._is_dirty = True

    def _written(self) -> list[str]:
        folder = self.root / "demo"
        found = (*folder.glob("*.md"), *folder.glob("media/*"))
        return [path.relative_to(self.root).as_posix() for path in found]

    def _assert_written(self) -> None:
        """Check the tests themselves: git and they agree on what stands in the files."""
        wanted = files(self.branch.corpus, _card_css())
        assert set(self._written()) <= set(wanted)
        for path, content in wanted.items():
            assert (self.root / path).read_bytes() == content, path

    def _read(self, path: Path, branch: Branch) -> Build:
        css, images, rows = read_package(path)
        texts, above = branch.corpus.texts(), branch.corpus.above()
        numbers = {fields["ID"]: fields["Number"] for _, _, _, _, fields, _, _ in rows}
        notes: dict[str, Packaged] = {}
        for guid, id_, mod, tags, fields, due, cards in rows:
            identity = fields["ID"]
            content = (
                tuple(text for name, text in fields.items() if name not in (*NOT_NEWS, "Number")),
                tags,
                tuple(sha256(images[src]).hexdigest() for src in sources(fields.values())),
            )
            assert guid not in notes, f"{guid} is in the package twice"
            assert identity in texts, f"{identity} is in the package, not in the corpus"
            notes[guid] = Packaged(
                guid=guid,
                id=id_,
                mod=mod,
                fields=tuple(fields.values()),
                tags=tags,
                due=due,
                cards=cards,
                content=content,
                text=texts[identity],
                number=fields["Number"],
                place=(texts[identity][1], numbers.get(above.get(identity, ""), "")),
            )
        assert len(notes) == len(texts), "every question is one note"
        order = {text[0].number: place for place, text in enumerate(texts.values())}
        number = len(self.builds)
        return Build(
            number=number,
            path=path,
            css=css,
            notes=dict(sorted(notes.items(), key=lambda item: order[item[1].text[0].number])),
            images=images,
            ancestors=branch.ancestors | {number},
            changed=frozenset(
                guid
                for guid, note in notes.items()
                if not any(
                    (note.text, note.number) == (before.text, before.number)
                    for before in branch.versions.get(guid, ())
                )
            ),
        )

    def _check(self, build: Build, now: int) -> None:
        for guid, note in build.notes.items():
            question = note.text[0]
            assert self._guids.setdefault(question.number, guid) == guid, "a question has one GUID for ever"
            prompt, answer = note.fields[0], note.fields[2]
            assert f"number {question.number}, put {question.prompt}?" in prompt
            assert note.cards == cards_of(question)
            assert f"Answer {question.answer} to number {question.number}." in answer
            # One text is one content, and another text another: nothing is lost, nothing comes of itself.
            assert self._contents.setdefault(note.text, note.content) == note.content, (
                f"{guid}: a stray change"
            )
            assert self._texts.setdefault(note.content, note.text) == note.text, f"{guid}: a lost change"
            # An author's change must win over a learner's earlier ones, and over no later one.
            assert guid not in build.changed or note.mod >= now, f"{guid} is dated back"
            assert note.mod <= self.latest_clock + len(self.builds), f"{guid} is dated into the future"
        assert len(set(self._guids.values())) == len(self._guids), "two questions share a GUID"
        dues = [note.due for note in build.notes.values()]
        assert all(one < next_ for one, next_ in pairwise(dues)), "new cards come in another order"

    def _check_numbers(self, build: Build, branch: Branch) -> None:
        """Check that a number stays with a question that stays: to learners, a new one is news."""
        owners = {note.number: guid for guid, note in build.notes.items()}
        assert len(owners) == len(build.notes), "two questions have one number"
        for guid, note in build.notes.items():
            versions = branch.versions.get(guid, ())
            known = {version.number for version in versions}
            stays = known and all(version.place == note.place for version in versions)
            # Two branches may have given one number to two questions.
            is_taken = any(owners.get(number, guid) != guid for number in known)
            assert not stays or note.number in known or is_taken, f"{guid} had {known}, now {note.number}"


def _core_of(build: Build, path: Path) -> Build:
    """Return the core of a build, and check that its package has that of the whole, and no more."""
    _, images, rows = read_package(path)
    core = {guid: note for guid, note in build.notes.items() if note.text[0].core}
    _, _, whole = read_package(build.path)
    assert rows == [row for row in whole if row[0] in core], "a part has other notes than the whole"
    shown = {src for *_, values, _, _ in rows for src in sources(values.values())}
    assert images == {name: build.images[name] for name in shown}, "a part has other pictures"
    return replace(build, path=path, notes=core, images=images)


def read_package(
    path: Path,
) -> tuple[
    str, dict[str, bytes], list[tuple[str, int, int, frozenset[str], dict[str, str], int, tuple[int, ...]]]
]:
    """Read a package without Anki: its style sheet, its files, and each note's columns."""
    with zipfile.ZipFile(path) as archive:
        names = json.loads(archive.read("media"))
        files = {name: archive.read(member) for member, name in names.items()}
        collection = archive.read("collection.anki2")
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(collection)
        ((models,),) = database.execute("SELECT models FROM col")
        types = list(json.loads(models).values())
        rows = database.execute(
            "SELECT guid, notes.id, notes.mod, tags, flds, min(due), max(due), group_concat(ord)"
            " FROM notes LEFT JOIN cards ON nid = notes.id GROUP BY notes.id"
        ).fetchall()
    # The basic and the cloze type, if there are notes of both.
    css, fields = types[0]["css"], [entry["name"] for entry in types[0]["flds"]]
    assert all((type_["css"], [entry["name"] for entry in type_["flds"]]) == (css, fields) for type_ in types)
    notes = []
    for guid, id_, mod, tags, values, due, last_due, cards in rows:
        assert due == last_due, f"the cards of {guid} are apart"
        text = dict(zip(fields, values.split("\x1f"), strict=True))
        ordinals = tuple(sorted(map(int, cards.split(","))))
        notes.append((guid, id_, mod, frozenset(tags.split()), text, due, ordinals))
    return css, files, notes


def sources(fields: Sequence[str] | object) -> list[str]:
    """Find the names of the images in a note's fields."""
    return re.findall(r'src="([^"]+)"', " ".join(fields))  # type: ignore[arg-type]


def new_author(folder: Path, now: int) -> Author:
    """Return an author with a first corpus in a repository, built and committed."""
    author = Author(folder)
    author.packages.mkdir()
    shutil.copytree(styles.FOLDER, author.root / "styles")
    (author.root / ".gitattributes").write_text("deck.lock merge=union\n")
    (author.root / ".gitignore").write_text("dist/\n")
    (author.root / "demo").mkdir()
    (author.root / "demo" / "deck.toml").write_text(SETTINGS)
    author.edit(())
    author.git("init", "--quiet", "--template=", "--initial-branch=main", now=now)
    author.git("config", "maintenance.auto", "false", now=now)
    author.build(now)
    author.commit(now)
    return author


@cache
def _card_css() -> str:
    return (styles.FOLDER / "card.css").read_text(encoding="utf-8")


@cache
def _environment() -> dict[str, str]:
    """Return an environment in which git knows nothing of this machine's settings."""
    somebody = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Author"), ("EMAIL", "author@example.org"))
    }
    here = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**here, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **somebody}
