"""Somebody's first hour: a new corpus and ten mistakes, each named with its place and how to fix it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import Result

from builder.authoring.new_corpus import CHAPTER
from builder.cli import main
from tests.conftest import PROJECT

Run = Callable[..., Result]
_FINDING = re.compile(
    r"^(\S+?):(\d+):(\d+): (?:error|warning): (.+) \[([a-z0-9-]+)\]\n    (.+(?:\n    .+)*)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an author is told of a mistake."""

    file: str
    line: int
    column: int
    message: str
    code: str
    hint: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake of a beginner: what was there, what they write instead, and how they fix it by the hint."""

    was: str
    wrong: str
    at: str
    """What stands where the mistake is named."""
    code: str
    hint: str
    """What the hint says to do."""
    fixed: str
    """What they write then; `\\1` is what the hint tells them to write."""
    file: str = CHAPTER
    is_advice: bool = False
    """Whether a build goes on all the same."""


TEN = {
    "a heading without a space": Mistake(
        was="## The indexes of a list begin at",
        wrong="##The indexes of a list begin at",
        at="##The",
        code="no-heading",
        hint="add a space after the '#'",
        fixed="## The indexes of a list begin at",
    ),
    "a question without an id": Mistake(
        was="{#index-of-b .junior",
        wrong="{.junior",
        at="## Which index",
        code="missing-id",
        hint=r"add a permanent id: \{#([a-z-]+)\}",
        fixed=r"{#\1 .junior",
    ),
    "an id that was copied": Mistake(
        was="{#sort-returns .typed}",
        wrong="{#sorted-returns .typed}",
        at="### What does `list.sort`",
        code="duplicate-id",
        hint="give the newer question another id",
        fixed="{#list-sort-returns .typed}",
    ),
    "a level that is misspelt": Mistake(
        was='.junior tags="python lists"',
        wrong='.juniour tags="python lists"',
        at=".juniour",
        code="unknown-class",
        hint=r"did you mean '(\.[a-z]+)'\?",
        fixed=r'\1 tags="python lists"',
    ),
    "code that is not closed": Mistake(
        was="print(sorted(titles), titles)\n```\n",
        wrong="print(sorted(titles), titles)\n",
        at="```python\ntitles",
        code="unclosed-code",
        hint=r"close it with a line '(```)'",
        fixed="print(sorted(titles), titles)\n\\1\n",
    ),
    "a language that is misspelt": Mistake(
        was="```python\nitems",
        wrong="```pyhton\nitems",
        at="pyhton",
        code="unknown-language",
        hint=r"did you mean '(python)'\?",
        fixed="```\\1\nitems",
        is_advice=True,
    ),
    "a picture that is elsewhere": Mistake(
        was="1 and 2](media/list.svg)",
        wrong="1 and 2](list.svg)",
        at="![Three boxes",
        code="missing-image",
        hint=r"(media/list\.svg)",
        fixed=r"1 and 2](\1)",
    ),
    "two right options": Mistake(
        was="- [ ] `first.insert(second)`",
        wrong="- [x] `first.insert(second)`",
        at="- [ ] `first.append",
        code="one-right-option",
        hint=r"mark the right one with \[x\], all others with (\[ \])",
        fixed=r"- \1 `first.insert(second)`",
    ),
    "a gap without its number": Mistake(
        was="{{c2::`len(items) - 1`::an expression}}",
        wrong="{{`len(items) - 1`}}",
        at="{{`len",
        code="unread-cloze",
        hint=r"write \{\{c1::text\}\}",
        fixed="{{c2::`len(items) - 1`}}",
    ),
    "a setting without quotes": Mistake(
        was='title = "Mine"',
        wrong="title = Mine",
        at="Mine",
        code="bad-toml",
        hint='write a setting as name = "value"',
        fixed='title = "Mine"',
        file="deck.toml",
    ),
}


@pytest.fixture
def corpus(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Start a corpus in an empty folder."""
    monkeypatch.chdir(tmp_path)
    assert run("new", "mine").exit_code == 0
    return Path("mine")


def _findings(result: Result) -> Iterator[Finding]:
    for file, line, column, message, code, hint in _FINDING.findall(result.stderr):
        yield Finding(file, int(line), int(column), message, code, " ".join(hint.split()))


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new))


def _place(text: str, at: str) -> tuple[int, int]:
    before = text[: text.index(at)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("name", TEN)
def test_a_mistake_is_named_where_it_is_and_fixed_by_its_hint(run: Run, corpus: Path, name: str) -> None:
    mistake = TEN[name]
    path = corpus / mistake.file
    _replace(path, mistake.was, mistake.wrong)
    result = run("check")
    assert result.exit_code == (0 if mistake.is_advice else 1)
    found = [finding for finding in _findings(result) if finding.code == mistake.code]
    assert found, result.stderr
    assert (found[0].file, found[0].line, found[0].column) == (
        str(path),
        *_place(path.read_text(), mistake.at),
    )
    hint = re.search(mistake.hint, found[0].hint)
    assert hint, found[0].hint

    _replace(path, mistake.wrong, hint.expand(mistake.fixed))
    fixed = run("check")
    assert (fixed.exit_code, fixed.stderr) == (0, "")


def test_several_mistakes_are_named_in_one_run_and_nothing_is_built(
    run: Run, corpus: Path, tmp_path: Path
) -> None:
    hiding = ("unclosed-code", "bad-toml", "no-heading")  # what follows is not what it was
    others = [mistake for mistake in TEN.values() if mistake.code not in hiding and not mistake.is_advice]
    for mistake in others:
        _replace(corpus / mistake.file, mistake.was, mistake.wrong)
    result = run("build", "mine")
    assert result.exit_code == 1
    assert {mistake.code for mistake in others} <= {finding.code for finding in _findings(result)}
    assert not (tmp_path / "dist").exists()


def test_the_first_hour_ends_with_a_deck(run: Run, corpus: Path, tmp_path: Path) -> None:
    added = run("new", "question", "mine/1", "What is the last index of a list with three items?")
    place = re.match(r"(.+):(\d+):", added.output)
    assert place
    assert "[no-answer]" in run("check", "mine").stderr
    path, line = Path(place[1]), int(place[2])
    lines = path.read_text().split("\n")
    lines[line - 1] = "2, or -1 counted from the end."
    path.write_text("\n".join(lines))
    assert "mine.apkg: 8 notes" in run("build", "mine", "--only", "apkg").output
    assert "1 changed" not in run("build", "mine", "--only", "apkg").output


def test_the_readme_shows_what_is_said_of_a_misspelt_level(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run("new", "my-corpus")
    mistake = TEN["a level that is misspelt"]
    _replace(Path("my-corpus", mistake.file), mistake.was, mistake.wrong)
    said = run("check").stderr.rpartition("\n1 error")[0]
    assert f"```text\n{said}\n```" in (PROJECT / "README.md").read_text(encoding="utf-8")


_COMMAND = re.compile(r"^\$ cardpress (.*?)(?: +#.*)?$|`cardpress ([^`\n]+)`", re.MULTILINE)
_TARGET = re.compile(r"^\$ make ?([a-z-]*)|`make ([a-z-]+)", re.MULTILINE)
_PAGES = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
]


@pytest.mark.parametrize("path", _PAGES, ids=lambda path: path.name)
def test_every_command_that_is_shown_is_one(path: Path) -> None:
    for shown, named in _COMMAND.findall(path.read_text(encoding="utf-8")):
        line = shown or named
        name, *words = shlex.split(line)
        if name == "--help":
            continue
        command = main.get_command(click.Context(main), name)
        assert command, line
        while isinstance(command, click.Group):
            within = command.get_command(click.Context(command), words[0]) if words else None
            command = within or command.commands["corpus"]
        known = {option for param in command.params for option in param.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


@pytest.mark.parametrize("path", _PAGES, ids=lambda path: path.name)
def test_every_target_of_make_that_is_shown_is_one(path: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for shown, named in _TARGET.findall(path.read_text(encoding="utf-8")):
        assert (shown or named or "all") in targets, path.name
