"""Exceptions that nobody expected: a sentence with the chapter and the question, and nothing is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click
import pytest
from click.testing import Result

from builder.anki import fields, plan, render, write
from builder.authoring import stats
from builder.checks import fixes, rules, whole
from builder.checks import run as checks
from builder.checks.content import CHAPTER_CHECKS
from builder.checks.rules import prompts
from builder.cli import COMMANDS, main
from builder.corpus import reader
from builder.corpus.model import Chapter, Outline
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.faults import EXIT_STATUS, at_chapter, at_question, making, sentence
from builder.markdown.parser import parse
from builder.print.engine.weasyprint import Machine
from builder.runtime.workers import spread
from tests.conftest import CHAPTER, PROJECT, WriteCorpus

Run = Callable[..., Result]
Inject = Callable[[pytest.MonkeyPatch], None]
REPORT = (
    "; please report it with this command line, the output of --verbose and what cardpress doctor prints\n"
)


class UnforeseenError(Exception):
    """What no code expects."""


def _fails_for(function: Callable[..., Any], is_meant: Callable[..., bool]) -> Callable[..., Any]:
    """Return a function that raises for some arguments, and for others does what it did."""

    def failing(*arguments: Any, **options: Any) -> Any:
        if is_meant(*arguments, **options):
            raise UnforeseenError("it broke")
        return function(*arguments, **options)

    return failing


def _has_two(chapter: Chapter) -> bool:
    return any(question.id == "two" for question in chapter.questions)


def _in_the_parser(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reader, "parse", _fails_for(parse, lambda text, *titles: "{#two" in text))


def _in_the_reader(patch: pytest.MonkeyPatch) -> None:
    usual = reader._ChapterReader.divide
    is_two = _fails_for(usual, lambda self, part: "two" in part.heading[1].content)
    patch.setattr(reader._ChapterReader, "divide", is_two)


def _in_a_check(patch: pytest.MonkeyPatch) -> None:
    def check(chapter: Chapter) -> Iterator[Diagnostic]:
        yield from ()
        if _has_two(chapter):
            raise UnforeseenError("it broke")

    patch.setattr(checks, "CHAPTER_CHECKS", (*CHAPTER_CHECKS, check))


def _in_a_rule(patch: pytest.MonkeyPatch) -> None:
    rule = prompts.prompts_are_short
    broken = replace(rule, check=_fails_for(rule.check, lambda chapter, limits: _has_two(chapter)))
    patch.setattr(rules, "CHAPTER_RULES", (broken,))


def _in_a_check_of_the_whole(patch: pytest.MonkeyPatch) -> None:
    def check(outline: Outline) -> Iterator[Diagnostic]:
        yield from ()
        if any(question.id == "two" for question in outline.questions()):
            raise UnforeseenError("it broke")

    patch.setattr(whole, "CORPUS_CHECKS", (*whole.CORPUS_CHECKS, check))


def _in_rendering(patch: pytest.MonkeyPatch) -> None:
    is_two = _fails_for(render.cards_of, lambda question: question.id == "two")
    patch.setattr(render, "cards_of", is_two)


def _in_packing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fields, "_fields", _fails_for(fields._fields, lambda _, note: note.id == "two"))


def _on_paper(patch: pytest.MonkeyPatch) -> None:
    is_two = _fails_for(Machine.lay_out, lambda machine, body, css="": "What is two" in body)
    patch.setattr(Machine, "lay_out", is_two)


def _in_the_plan(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "_words", _fails_for(plan._words, lambda note: "two" in note.fields["ID"]))
    patch.setattr(plan, "_line", _fails_for(plan._line, lambda note: note.fields["ID"] == "two"))


def _in_the_counting(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stats, "cards_of", _fails_for(render.cards_of, lambda question: question.id == "two"))


def _in_fixing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        fixes, "_heading", _fails_for(fixes._heading, lambda _, question, *__: question.id == "two")
    )


TWO = "{folder}/01-first.md:9, question 'two': "
SHEET = "the studysheet of demo: "
CASES: dict[str, tuple[Inject, str, str]] = {
    "the parser": (_in_the_parser, "check", TWO),
    "the reader": (_in_the_reader, "check", TWO),
    "a check": (_in_a_check, "check", TWO),
    "a rule": (_in_a_rule, "check", TWO),
    "a check of the whole": (_in_a_check_of_the_whole, "check", TWO),
    "rendering": (_in_rendering, "build --only apkg", TWO),
    "packing": (_in_packing, "build --only apkg", TWO),
    "a sheet": (_on_paper, "studysheet", TWO + SHEET),
    "the cheat-sheet": (_on_paper, "cheatsheet", TWO + "the cheatsheet of demo: "),
    "flashcards": (_on_paper, "flashcards", TWO + "the flashcards of demo: "),
    "a handbook": (_on_paper, "studysheet --handbook", TWO + "the handbook of demo: "),
    "the plan": (_in_the_plan, "plan", TWO),
    "an export": (_in_packing, "export --format json", TWO),
    "stats": (_in_the_counting, "stats", TWO),
    "check --fix": (_in_fixing, "check --fix", TWO),
}
WRITES = ("build", "export", "cheatsheet", "studysheet", "flashcards")
FILES = {"01-first.md": CHAPTER.replace('{#one .junior tags="numbers"}', '{tags="numbers" #one}')}
"""With something to fix."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what another test compiled from standing in for the function that fails."""
    monkeypatch.setattr("builder.project.CACHE", tmp_path / "cache")


@pytest.mark.parametrize(("inject", "command", "place"), CASES.values(), ids=CASES)
def test_a_fault_is_one_sentence_with_chapter_and_question_and_nothing_is_written(
    run: Run,
    write_corpus: WriteCorpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    inject: Inject,
    command: str,
    place: str,
) -> None:
    folder = write_corpus(FILES)
    name, *options = command.split()
    output = ["--output", tmp_path / "dist"] if name in WRITES else []
    if name == "plan":
        options += ["--against", str(_older_package(run, write_corpus, tmp_path))]
    files = sorted(folder.rglob("*"))
    inject(monkeypatch)
    result = run(name, folder, *options, *output)
    where = place.format(folder=folder)
    told = result.stderr.splitlines(keepends=True)[-1]
    assert told == f"Error: {where}this is a fault of cardpress (UnforeseenError: it broke){REPORT}"
    assert "Traceback" not in result.output
    assert result.exit_code == EXIT_STATUS == 70
    assert not (tmp_path / "dist").exists() or not list((tmp_path / "dist").iterdir())
    assert sorted(folder.rglob("*")) == files


def _older_package(run: Run, write_corpus: WriteCorpus, folder: Path) -> Path:
    older = write_corpus({"01-first.md": CHAPTER.replace("{#two .mid}", "{#three .mid}")})
    run("build", older, "--only", "apkg", "--output", folder / "older")
    write_corpus(FILES)
    (older / "deck.lock").unlink()
    return folder / "older" / "demo.apkg"


def test_with_verbose_the_traceback_comes_first(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    _in_rendering(monkeypatch)
    for words in (("-v", "build"), ("build", "--verbose")):
        result = run(*words, write_corpus(), "--only", "apkg")
        assert result.exit_code == EXIT_STATUS
        assert "UnforeseenError: it broke\ncardpress was at " in result.stderr
        assert "Traceback (most recent call last)" in result.stderr
        assert result.stderr.endswith(REPORT.replace("the output of --verbose", "the traceback above"))


@pytest.mark.parametrize("kind", [MemoryError, RecursionError, KeyError, AssertionError, UnicodeError])
def test_every_kind_of_exception_is_told(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def broken(*_: object) -> NoReturn:
        raise kind

    monkeypatch.setattr(render, "cards_of", broken)
    folder = write_corpus()
    result = run("build", folder, "--only", "apkg")
    assert result.exit_code == EXIT_STATUS
    assert f"{folder}/01-first.md:5, question 'one': this is a fault of cardpress ({kind.__name__})" in (
        result.stderr
    )


def test_a_real_recursion_without_end_is_told(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deeper(question: object) -> Any:
        return deeper(question)

    monkeypatch.setattr(render, "cards_of", deeper)
    result = run("build", write_corpus(), "--only", "apkg")
    assert result.exit_code == EXIT_STATUS
    assert "question 'one': this is a fault of cardpress (RecursionError: " in result.stderr


OUT_OF_MEMORY = """\
import resource, sys
from builder.anki import render
from builder.cli import main

def greedy(question):
    kept = []
    while True:
        kept.append(bytearray(1_000_000))

render.cards_of = greedy
used = 4096 * int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000,) * 2)
main(["build", sys.argv[1], "--only", "apkg", "--output", sys.argv[2], *sys.argv[3:]])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="bounds a process's memory as Linux does")
@pytest.mark.parametrize("options", [(), ("--verbose",)], ids=["plain", "verbose"])
def test_where_memory_really_runs_out_a_sentence_says_where(
    write_corpus: WriteCorpus, tmp_path: Path, options: tuple[str, ...]
) -> None:
    folder = write_corpus()
    result = _python(OUT_OF_MEMORY, tmp_path, str(folder), str(tmp_path / "dist"), *options)
    assert result.returncode == EXIT_STATUS, result.stderr
    assert "01-first.md:5, question 'one': this is a fault of cardpress (MemoryError)" in result.stderr
    assert ("Traceback" in result.stderr) == bool(options)


IN_A_PROCESS = """\
import os, sys
from builder.anki import render
from builder.pipeline import compile
from builder.cli import main

class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} {two}")

first, usual = os.getpid(), render.cards_of

def cards_of(question):
    if question.id == "q-7-3":
        assert os.getpid() != first
        raise Odd("not", "picklable") if sys.argv[3] == "odd" else ValueError("picklable")
    return usual(question)

compile.cores = lambda: 2
render.cards_of = cards_of
main(["build", sys.argv[1], "--only", "apkg", "--output", sys.argv[2]])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="copies of this process, which know of its functions")
@pytest.mark.parametrize(
    ("kind", "told"), [("plain", "ValueError: picklable"), ("odd", "Odd: not picklable")]
)
def test_from_another_process_the_chapter_and_the_question_arrive(
    write_corpus: WriteCorpus, tmp_path: Path, kind: str, told: str
) -> None:
    chapters: dict[str, str | bytes] = {
        f"{number:02}-more.md": f"# More {number}\n\n"
        + "".join(
            f"## Why is it {number}.{n}? {{#q-{number}-{n}}}\n\n" + "A word, and more. " * 400 + "\n\n"
            for n in range(10)
        )
        for number in range(2, 12)
    }
    folder = write_corpus(chapters)
    result = _python(IN_A_PROCESS, tmp_path, str(folder), str(tmp_path / "dist"), kind)
    assert result.returncode == EXIT_STATUS, result.stderr
    where = f"{folder}/07-more.md:15, question 'q-7-3'"
    assert result.stderr.endswith(f"Error: {where}: this is a fault of cardpress ({told}){REPORT}")
    assert "Traceback" not in result.stderr
    assert not any((tmp_path / "dist").glob("*"))


def _python(program: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "SOURCE_DATE_EPOCH": "1790000000"},
        capture_output=True,
        text=True,
    )


def _kill_itself(job: int) -> int:
    if job == 1:
        os.kill(os.getpid(), 9)
    return job


def test_a_process_that_the_system_ended_is_told_as_that() -> None:
    with pytest.raises(BuildError, match="the system ended a process that cardpress had started"):
        list(spread(_kill_itself, [1, 1, 1], processes=2))


def test_a_fault_before_any_command_runs_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> NoReturn:
        raise UnforeseenError("in a callback")

    (option,) = (param for param in main.params if param.name == "is_verbose")
    monkeypatch.setattr(option, "callback", broken)
    result = run("check")
    assert result.exit_code == EXIT_STATUS
    assert result.stderr == f"Error: this is a fault of cardpress (UnforeseenError: in a callback){REPORT}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fault_in_any_command_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        raise UnforeseenError("in a command")

    command = main.get_command(click.Context(main), name)
    assert command
    monkeypatch.setattr(command, "invoke", broken)
    monkeypatch.setattr(command, "parse_args", lambda ctx, args: [])
    result = run(name)
    assert (result.exit_code, "fault of cardpress" in result.stderr) == (EXIT_STATUS, True)


def test_a_fault_in_completion_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CARDPRESS_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "cardpress check ")
    monkeypatch.setenv("COMP_CWORD", "2")

    def broken(*_: object) -> NoReturn:
        raise UnforeseenError("at a key")

    monkeypatch.setattr("builder.commands.arguments.corpus_folders", broken)
    from click.testing import CliRunner

    result = CliRunner().invoke(main, [], prog_name="cardpress")
    assert (result.exit_code, result.stderr) == (
        EXIT_STATUS,
        f"Error: this is a fault of cardpress (UnforeseenError: at a key){REPORT}",
    )


@pytest.mark.parametrize(
    "error",
    [PermissionError(13, "Permission denied", "a"), OSError(28, "No space left on device", "a")],
    ids=["no permission", "no space"],
)
def test_what_the_system_refuses_is_no_fault_of_cardpress(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refused(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(write, "write", refused)
    result = run("build", write_corpus(), "--only", "apkg", "--output", tmp_path)
    assert result.exit_code == 1
    assert "fault of cardpress" not in result.stderr
    assert str(error.strerror) in result.stderr


def test_the_innermost_place_is_told() -> None:
    with pytest.raises(UnforeseenError) as caught:
        _raise_in_places(UnforeseenError("it broke"))
    assert sentence(caught.value).startswith("a.md:3, question 'one': the sheet of demo: this is a fault")


def test_what_is_expected_gets_no_note() -> None:
    with pytest.raises(BuildError) as caught:
        _raise_in_places(BuildError("the disk is full"))
    assert not hasattr(caught.value, "__notes__")


def test_the_place_of_what_an_exception_came_of_counts() -> None:
    def raise_from() -> NoReturn:
        try:
            _raise_in_places(UnforeseenError("it broke"))
        except UnforeseenError as error:
            raise ValueError("later") from error
        raise AssertionError

    with pytest.raises(ValueError, match="later") as caught:
        raise_from()
    assert sentence(caught.value).startswith("a.md:3, question 'one': ")


def _raise_in_places(error: Exception) -> None:
    with making("the sheet of demo"), at_chapter(Path("a.md")), at_question(Location(Path("a.md"), 3), "one"):
        raise error


def test_the_sentence_is_one_line_whatever_the_exception_says() -> None:
    class BrokenError(Exception):
        def __str__(self) -> str:
            raise ValueError

    for error in (UnforeseenError("a\nb\x1b[31m" + "c" * 10_000), BrokenError()):
        text = sentence(error)
        assert text.isprintable()
        assert len(text) < 400


def test_a_fault_in_a_thread_is_told_and_the_command_goes_on(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    from builder.commands import check as module

    usual = module._praise

    def praise(outline: Outline, files: frozenset[Path]) -> str:
        def broken() -> NoReturn:
            raise UnforeseenError("in a thread")

        thread = threading.Thread(target=broken)
        thread.start()
        thread.join()
        return usual(outline, files)

    monkeypatch.setattr(module, "_praise", praise)
    result = run("check", write_corpus())
    assert result.exit_code == 0
    assert re.fullmatch(rf"Error: this is a fault .*in a thread.*{re.escape(REPORT)}", result.stderr)
    assert "no errors" in result.stdout
