"""What `cardpress new --editor vscode` writes: tasks whose findings VS Code lists, and snippets."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from builder.authoring.vscode import vscode_files
from builder.cli import COMMANDS, main
from builder.corpus.kinds import KINDS
from builder.corpus.reader import read_chapters
from builder.markdown.source import Source
from tests.conftest import CASES, SETTINGS, WriteCorpus

Run = Callable[..., Result]
FILES = {name.removeprefix(".vscode/"): json.loads(text) for name, text in vscode_files().items()}
TASKS: Mapping[str, Any] = {task["label"]: task for task in FILES["tasks.json"]["tasks"]}
SNIPPETS: Mapping[str, Any] = FILES["cardpress.code-snippets"]


def _problems(lines: Sequence[str], matcher: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield file, line, column, severity, message and code as VS Code does: of two lines."""
    first, second = matcher["pattern"]
    for line, following in pairwise(lines):
        if (found := re.search(first["regexp"], line)) and (hint := re.search(second["regexp"], following)):
            parts = {name: found[group] for name, group in first.items() if name != "regexp"}
            parts["message"] += f"\n{hint[second['message']]}"
            yield tuple(parts.values())


@pytest.mark.parametrize("path", sorted((CASES / "invalid").glob("*.txt")), ids=lambda path: path.stem)
def test_the_matcher_finds_each_finding_with_its_hint(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    matcher = TASKS["cardpress check"]["problemMatcher"]
    assert len(list(_problems(lines, matcher))) == len(lines) / 2


def test_what_the_task_prints_in_a_terminal_is_found(
    write_corpus: WriteCorpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = f"## Why {'is it so ' * 30}?\n\nSo.\n"
    folder = write_corpus({"02-second.md": f"# S\n\n{long}\n## And [this]?\n\n![](a.png)\n"})
    task = TASKS["cardpress check"]
    monkeypatch.chdir(folder)
    listed = json.loads(run("check", "--format", "json").stdout)["findings"]
    assert len(listed) > 2
    # A terminal of 80 columns, as VS Code runs a task in.
    end, terminal = pty.openpty()
    process = subprocess.run(
        [str(Path(sys.executable).parent / task["command"]), *task["args"]],
        cwd=folder,
        env={**os.environ, **task["options"]["env"]},
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    printed = b""
    while part := _read(end):
        printed += part
    assert process.returncode == 1
    lines = printed.decode().replace("\r\n", "\n").split("\n")
    assert list(_problems(lines, task["problemMatcher"])) == [
        (
            each["path"],
            str(each["line"]),
            str(each["column"]),
            each["severity"],
            f"{each['message']}\n{each['hint']}",
            each["code"],
        )
        for each in listed
    ]


def _read(end: int) -> bytes:
    try:
        return os.read(end, 65536)
    except OSError:  # Linux says so where nobody writes any more
        return b""


def test_the_tasks_run_commands_that_there_are() -> None:
    for label, task in TASKS.items():
        name, *options = task["args"]
        assert label == f"cardpress {name}"
        assert name in COMMANDS
        command = main.get_command(None, name)  # type: ignore[arg-type]
        assert command
        known = {option for param in command.params for option in param.opts}
        assert {*options} <= known


@pytest.mark.parametrize("kind", KINDS)
def test_a_snippet_makes_a_question_of_its_kind(kind: str) -> None:
    snippet = SNIPPETS[f"{kind} question"]
    text = _filled(snippet["body"])
    (read, _), *_ = read_chapters(Source(Path("01.md"), f"# T\n\n{text}\n"))
    (question,) = (*read.questions, *read.unanswered)
    assert (question.id, question.kind, question.prompt) == ("an-id", kind, "What is it?")


def test_the_snippet_of_a_drill_makes_one() -> None:
    text = f"# T\n\n## What is this? {{#this}}\n\nThis.\n\n{_filled(SNIPPETS['drill']['body'])}\n"
    (read, found), *_ = read_chapters(Source(Path("01.md"), text))
    assert [drill.id for drill in read.questions[0].drills] == ["an-id"]
    assert found == []


def _filled(body: Sequence[str]) -> str:
    """Return what an author has who fills a snippet in."""
    text = "\n".join(body).replace("$1", "What is it?").replace("$2", "an-id").replace("$0", "this")
    return re.sub(r"\\([$\\])", r"\1", text)


def test_new_writes_them_into_a_new_corpus(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("new", "mine", "--editor", "vscode").exit_code == 0
    for name, text in vscode_files().items():
        assert (tmp_path / "mine" / name).read_text(encoding="utf-8") == text
    assert run("new", "other").exit_code == 0
    assert not (tmp_path / "other" / ".vscode").exists()


def test_new_keeps_what_is_there(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tasks = tmp_path / "mine" / ".vscode" / "tasks.json"
    tasks.parent.mkdir(parents=True)
    tasks.write_text(SETTINGS)
    result = run("new", "mine", "--editor", "vscode")
    assert "tasks.json already exists and is kept\n" in result.output
    assert tasks.read_text() == SETTINGS
    assert (tasks.parent / "extensions.json").exists()
