"""What other systems have, or lack, as far as one can try it here: CRLF, encodings, separators, no fork."""

from __future__ import annotations

import ast
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Any, cast

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.checks.report.formats import as_github, as_json
from builder.diagnostics import Diagnostic, Location
from tests.conftest import PROJECT, WriteCorpus, git

Run = Callable[..., Result]
MODULES = sorted((PROJECT / "builder").rglob("*.py"))
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""An encoding that has no letter beyond ASCII, for files, for names, and for what is printed."""
ENCODINGS = [
    ASCII,
    {"PYTHONIOENCODING": "ascii"},
    {**ASCII, "PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp1252"},  # Windows, where output goes to a file
]
GERMAN = """\
# Größe

Was ist groß?

## Wie heißt „groß“ auf Japanisch? {#gross .mid tags="größe"}

大きい → *ōkii*.

## Welche Bytes hat `ä`? {#bytes .cloze}

```python
"ä".encode()  # {{c1::b"\\xc3\\xa4"::zwei}}
```
"""


def _calls(path: Path, name: str) -> Iterator[tuple[int, set[str | None]]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node.lineno, {keyword.arg for keyword in node.keywords}


@pytest.mark.parametrize("name", ["read_text", "write_text"])
def test_the_program_names_the_encoding_and_the_line_ends_of_a_text_file(name: str) -> None:
    needed = {"encoding", "newline"} if name == "write_text" else {"encoding"}
    found = [(path, *call) for path in MODULES for call in _calls(path, name)]
    assert found
    for path, line, keywords in found:
        assert needed <= keywords, f"{path}:{line}"


def _packed(folder: Path, run: Run, out: Path) -> tuple[bytes, bytes]:
    """Return the package and the lock that a build makes."""
    result = run("build", folder, "--only", "apkg", "--output", out)
    assert result.exit_code == 0, result.output
    return (out / "demo.apkg").read_bytes(), (folder / "deck.lock").read_bytes()


def test_a_checkout_with_crlf_is_the_same_corpus(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"02-second.md": GERMAN})
    package, lock = _packed(folder, run, tmp_path / "lf")
    other = tmp_path / "other" / "demo"
    shutil.copytree(folder, other)
    for path in other.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert run("check", other).exit_code == 0
    assert run("build", other, "--only", "apkg", "--output", tmp_path / "crlf", "--locked").exit_code == 0
    assert (tmp_path / "crlf" / "demo.apkg").read_bytes() == package
    assert (other / "deck.lock").read_bytes().replace(b"\r\n", b"\n") == lock


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_no_encoding_of_the_system_changes_what_is_made(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, encoding: dict[str, str]
) -> None:
    folder = write_corpus({"02-größe.md": GERMAN})
    package, lock = _packed(folder, run, tmp_path / "utf-8")
    (folder / "deck.lock").unlink()
    out = tmp_path / "other"
    for command in (
        ["check", folder],
        ["build", folder, "--only", "apkg", "--output", out],
        ["stats", folder],
        ["export", folder, "--format", "csv", "--output", out],
        ["doctor"],
        ["new", tmp_path / "neu", "--title", "Größe 大"],
        ["new", "question", folder / "02-größe.md", "Wie groß ist 大きい?"],
    ):
        result = _ran(command, tmp_path, encoding)
        assert result.returncode == 0, (command, result.stderr)
        assert b"fault" not in result.stderr
    assert ((out / "demo.apkg").read_bytes(), (folder / "deck.lock").read_bytes()) == (package, lock)
    assert "Wie groß ist 大きい?" in (folder / "02-größe.md").read_text(encoding="utf-8")
    assert 'title = "Größe 大"' in (tmp_path / "neu" / "deck.toml").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_findings_are_printed_in_every_encoding(
    write_corpus: WriteCorpus, tmp_path: Path, encoding: dict[str, str], form: str
) -> None:
    folder = write_corpus({"02-größe.md": "# G\n\n## Wie groß ist 大?\n\nGroß.\n"})
    result = _ran(["check", folder, "--format", form], tmp_path, encoding)
    assert result.returncode == 1
    assert b"missing-id" in result.stdout + result.stderr
    assert b"fault" not in result.stderr
    if form in ("json", "sarif"):
        assert "Wie groß ist 大?" in str(json.loads(result.stdout))


def _ran(command: list[Any], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "builder", *map(str, command)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "SOURCE_DATE_EPOCH": "1790000000", **environment},
        capture_output=True,
    )


def test_paths_for_programs_have_slashes() -> None:
    place = Location(cast(Path, PureWindowsPath("content", "flask", "01-first.md")), 3, 4)
    found = [Diagnostic(place, "missing-id", "it has no id", "add one", "error")]
    assert '"path": "content/flask/01-first.md"' in as_json(found, ())
    assert as_github(found).startswith("::error file=content/flask/01-first.md,line=3,")


@pytest.mark.slow
def test_a_system_that_cannot_fork_makes_the_same(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapters: dict[str, str | bytes] = {
        f"{n:02}-c.md": f"# Chapter {n}\n\n## What is {n}? {{#n-{n}}}\n\n`{n}`\n" for n in range(2, 42)
    }
    folder = write_corpus(chapters)
    forked = _packed(folder, run, tmp_path / "forked")
    asked: list[str] = []
    known = multiprocessing.get_context

    def get_context(method: str) -> Any:
        asked.append(method)
        return known(method)

    monkeypatch.setattr("builder.pipeline.compile._WORTH_A_PROCESS", 100)
    monkeypatch.setattr("builder.pipeline.compile._BATCH", 100)
    monkeypatch.setattr("builder.pipeline.compile.cores", lambda: 2)
    monkeypatch.setattr("builder.runtime.workers._is_alone", lambda: False)
    monkeypatch.setattr("multiprocessing.get_context", get_context)
    monkeypatch.chdir(tmp_path)  # another cache, which is empty
    (folder / "deck.lock").unlink()
    assert _packed(folder, run, tmp_path / "spawned") == forked
    assert "spawn" in asked
    assert "fork" not in asked


WITHOUT_POSIX = """\
import asyncio, concurrent.futures.process, multiprocessing.context, multiprocessing.resource_tracker
import click, click.shell_completion, os, pathlib, shutil, signal, subprocess, sys, tempfile, zipfile
# Libraries that look at the system when they are imported: here they are those of this system.
import ziamath

for module, names in {
    os: "fork killpg getuid geteuid getgid setpriority getpriority PRIO_PROCESS sched_getaffinity"
    " O_NONBLOCK O_NOFOLLOW O_CLOEXEC O_NOCTTY chown",
    signal: "SIGHUP SIGKILL SIG_BLOCK SIG_UNBLOCK SIG_SETMASK pthread_sigmask",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"
from builder.cli import main

main(sys.argv[1:])
"""


@pytest.mark.slow
def test_commands_need_nothing_that_windows_lacks(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(WITHOUT_POSIX)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    git(tmp_path, "init", "-q", "-b", "main")
    for command in (
        ["new", "mine", "--editor", "vscode"],
        ["check"],
        ["build", "--only", "apkg"],
        ["plan"],
        ["stats"],
        ["export", "--format", "json"],
        ["doctor"],
        ["schema"],
        ["outputs"],
    ):
        result = subprocess.run(
            [sys.executable, str(program), *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, (command, result.stderr)
        if command[0] == "build":
            git(tmp_path, "add", ".")
            git(tmp_path, "commit", "-qm", "A release")
    assert read_package(tmp_path / "dist" / "mine.apkg", "mine").notes
