"""What a shell completes: by click's protocol, in every shell's form, and in a real bash."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from select import select

import pytest
from click.shell_completion import get_completion_class
from click.testing import Result

from builder.cli import COMMANDS, main
from builder.corpus.kinds import KINDS
from tests.conftest import FLASK, WriteCorpus
from tests.programs import program
from tests.running import PATIENCE

Run = Callable[..., Result]
BIN = Path(sys.executable).parent


def _completed(line: str) -> list[str]:
    """Return what is offered for the last word of a command line, which may be empty."""
    *words, incomplete = line.split(" ")
    shell = get_completion_class("bash")
    assert shell
    complete = shell(main, {}, "cardpress", "_CARDPRESS_COMPLETE")
    return [str(item.value) for item in complete.get_completions(words, incomplete)]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("", list(COMMANDS)),
        ("sta", ["stats"]),
        ("build --on", ["--only"]),
        ("build --only ap", ["apkg"]),
        ("check ", ["content/flask"]),
        ("check content/f", ["content/flask"]),
        ("flashcards --level s", ["senior"]),
        ("flashcards --chapter con", ["configuration", "contexts"]),
        ("flashcards content/flask --tag struct", ["structure"]),
        ("new question content/flask/06", ["content/flask/06-contexts.md"]),
        ("new question --kind ", sorted(KINDS)),
        ("new question content/flask/06-contexts.md Why? --drill-of sha", ["shared-g"]),
        ("check --explain duplicate-p", ["duplicate-prompt"]),
        ("new corpus mine --language p", ["pt"]),
        ("new mine --language ", ["ar", "de", "en", "es", "fr", "ja", "pt", "zh", "zh-Hant"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("export content/flask --format ", ["crowdanki", "csv", "json", "tsv"]),
        ("pull --d", ["--deck", "--dry-run"]),
        ("pull x.apkg content/f", ["content/flask"]),
    ],
)
def test_a_word_is_completed_by_what_fits(line: str, offered: list[str]) -> None:
    assert _completed(line) == offered


def test_only_tags_of_the_corpora_that_were_named_are_offered(
    write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    assert _completed(f"flashcards {write_corpus()} --tag ") == ["numbers"]


def test_where_there_is_no_corpus_folders_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = get_completion_class("bash")
    assert shell
    (item,) = shell(main, {}, "cardpress", "_CARDPRESS_COMPLETE").get_completions(["check"], "some")
    assert item.type == "dir"
    assert _completed("flashcards --tag a") == []


def test_chapters_without_a_number_are_offered_too(
    write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_corpus({"basics.md": '# T\n\n## A? {#a tags="b"}\n\nC.\n', "TODO.md": "# T\n"})
    monkeypatch.chdir(tmp_path)
    assert _completed("flashcards --chapter ") == ["basics", "first"]
    assert _completed("flashcards --tag ") == ["b", "numbers"]


def test_a_chapter_that_cannot_be_read_offers_nothing(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": b"# \xff", "02-second.md": '# T\n\n## A? {#a tags="b"}\n\nC.\n'})
    assert _completed(f"flashcards {folder} --tag ") == ["b"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_told_in_its_own_form(run: Run, shell: str) -> None:
    script = run("completion", shell).output
    assert f"_CARDPRESS_COMPLETE={shell}_complete" in script
    words = {"COMP_WORDS": "cardpress sta", "COMP_CWORD": "sta" if shell == "fish" else "1"}
    result = subprocess.run(
        [BIN / "cardpress"],
        env={**os.environ, **words, "_CARDPRESS_COMPLETE": f"{shell}_complete"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "stats" in re.split(r"[,\s]", result.stdout)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_its_shell_takes(run: Run, shell: str) -> None:
    script = run("completion", shell).output
    option = "--no-execute" if shell == "fish" else "-n"
    result = subprocess.run([program(shell), option], input=script, text=True, capture_output=True)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_tab_completes_in_bash(tmp_path: Path) -> None:
    """In an interactive bash, on a terminal, as somebody types."""
    terminal, child = pty.openpty()
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "TERM": "dumb", "PS1": "ready> ", "HOME": str(tmp_path)}
    bash = subprocess.Popen(
        [program("bash"), "--norc", "--noprofile", "-i"],
        cwd=FLASK.parent.parent,
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment,
        start_new_session=True,
    )
    os.close(child)
    try:
        os.write(terminal, b'eval "$(cardpress completion bash)"\n')
        _await(terminal, "ready> ", times=2)
        for typed, completed in (("cardpress sta\t", "cardpress stats "), ("con\t", "content/flask ")):
            os.write(terminal, typed.encode())
            _await(terminal, completed)
    finally:
        bash.kill()
        bash.wait()
        os.close(terminal)


def _await(terminal: int, text: str, *, times: int = 1) -> None:
    """Read a terminal until a text was shown."""
    shown = ""
    while shown.count(text) < times:
        assert select([terminal], [], [], PATIENCE)[0], shown
        shown += os.read(terminal, 1000).decode()
