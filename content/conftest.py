"""Runs and checks the corpus's blocks where they stand: a deck cannot teach stale code.

Python runs, invisible blocks too, top to bottom, one namespace a chapter; so does what a question says that
its code prints. A block of another language is checked by what knows that language, or follows a comment
that says why it cannot be: `<!-- not checked: reason -->`. Its text is `shown` to the Python after it.
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Set
from configparser import ConfigParser
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import pytest
import yaml
from _pytest.assertion.rewrite import rewrite_asserts
from dockerfile_parse import DockerfileParser
from flask import Flask
from sybil import Document, Example, Region, Sybil
from sybil.integration.pytest import SybilFile, SybilItem
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer
from sybil.region import Lexeme

from builder.markdown.cloze import deletions_in_code
from builder.pipeline.compile import compile_corpus
from builder.runtime.cache import NO_CACHE
from tests.blocks import read_block
from tests.programs import program

TALLY: Counter[str] = Counter()
"""How many blocks ran, or were checked, by language."""
NOT_CHECKED: list[tuple[str, str]] = []
"""The blocks that nothing here can check: place and reason."""


@dataclass(frozen=True, slots=True)
class _Skipped:
    """A block that did not run, or not to its end: its line, and why."""

    line: int
    reason: str


@dataclass
class _Chapter:
    """What became of a chapter's blocks so far."""

    printed: dict[int, str] = field(default_factory=dict)
    """What they printed, by where they begin."""
    skipped: dict[int, _Skipped] = field(default_factory=dict)
    """Those that were skipped, by where they begin."""
    missing: dict[str, _Skipped] = field(default_factory=dict)
    """What these would have made, by name."""


_CHAPTERS: WeakKeyDictionary[Document, _Chapter] = WeakKeyDictionary()


def _chapter(example: Example) -> _Chapter:
    return _CHAPTERS.setdefault(example.document, _Chapter())


def _as_a_module(namespace: dict[str, Any]) -> None:
    """Name the module that the blocks of a chapter make up: Flask(__name__) asks for it."""
    namespace["__name__"] = "bookshop"


class _Python(PythonCodeBlockParser):
    """Reads blocks with cloze gaps as the card's back shows them, and keeps what they print."""

    def __call__(self, document: Document) -> Iterator[Region]:
        for region in super().__call__(document):
            code = region.parsed
            region.parsed = Lexeme(deletions_in_code(code)[0], code.offset, code.line_offset)
            region.evaluator = self.evaluate
            yield region

    def evaluate(self, example: Example) -> None:
        """Run a block. Where it is skipped, what uses what it would have made is skipped, too."""
        chapter = _chapter(example)
        # Its lines are those of the chapter.
        source = "\n" * (example.line + example.parsed.line_offset) + example.parsed
        try:
            printed = _run(source, example, chapter)
        except pytest.skip.Exception as skipped:
            skip = _Skipped(example.line, getattr(skipped, "because", str(skipped)))
            chapter.skipped[example.start] = skip
            for name in read_block(source).made_from(_last_line(skipped, example.path)):
                if not isinstance(example.namespace.get(name), ModuleType):  # a module is there all the same
                    chapter.missing.setdefault(name, skip)
            raise
        if chapter.missing:
            for name in read_block(source).made_from(0):
                chapter.missing.pop(name, None)
        chapter.printed[example.start] = printed
        TALLY["Python"] += 1


def _run(source: str, example: Example, chapter: _Chapter) -> str:
    """Run a block in its chapter's namespace, and return what it prints; asserts show their values."""
    if chapter.missing:
        _skip_if_missing(chapter, read_block(source).reads)
    tree = ast.parse(source, example.path)
    rewrite_asserts(tree, source.encode())
    printed = io.StringIO()
    try:
        with redirect_stdout(printed):
            exec(compile(tree, example.path, "exec", dont_inherit=True), example.namespace)
    except NameError as error:  # read by a function of a block before
        _skip_if_missing(chapter, {error.name})
        raise
    return printed.getvalue()


def _skip_if_missing(chapter: _Chapter, names: Set[str]) -> None:
    """Skip a block that uses something which a skipped block would have made."""
    for name in sorted(names & chapter.missing.keys()):
        _skip_after(chapter.missing[name], f"it uses {name}")


def _skip_after(skipped: _Skipped, why: str) -> None:
    skip = pytest.skip.Exception(f"{why} of the block in line {skipped.line}: {skipped.reason}")
    skip.because = skipped.reason  # type: ignore[attr-defined]
    raise skip


def _last_line(error: BaseException | None, path: str) -> int:
    """Return the line of a block at which it ended; 0 where it did not begin."""
    while error:
        for frame, line in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == path and frame.f_code.co_name == "<module>":
                return line
        error = error.__context__
    return 0


_HEADING = re.compile(r"^#{1,3} .*$", re.MULTILINE)
_PRINTS = re.compile(r"\bprints?\b(?!\()", re.IGNORECASE)
_DIVIDER = re.compile(r"^---$", re.MULTILINE)
_ANSWERS = (
    re.compile(r"^- \[x\] `+ ?(?P<output>.+?) ?`+", re.MULTILINE),
    re.compile(r"```text\n(?P<output>.*?)^```|(?<!`)`(?P<code>[^`\n]+)`(?!`)", re.MULTILINE | re.DOTALL),
)


def _prints(document: Document) -> Iterator[Region]:
    """Find what questions say that their code prints: the answer's first code, or the right option."""
    text = document.text
    fences = [(region.start, region.end) for region in FencedCodeBlockLexer(r"\w+")(document)]
    headings = [
        match
        for match in _HEADING.finditer(text)
        if not any(start <= match.start() < end for start, end in fences)
    ]
    ends = [*(heading.start() for heading in headings[1:]), len(text)]
    for heading, end in zip(headings, ends, strict=True):
        divider = _DIVIDER.search(text, heading.end(), end)
        if not (divider and _PRINTS.search(heading.group().partition("{#")[0])):
            continue
        if "```python" not in text[heading.end() : divider.start()]:
            continue
        found = [match for pattern in _ANSWERS if (match := pattern.search(text, divider.end(), end))]
        start = found[0].start() if found else divider.start()
        said = (found[0]["output"] or found[0]["code"]) if found else None
        region = Region(start, start + 1, (said, heading.end()), _assert_printed)
        yield region


def _assert_printed(example: Example) -> None:
    said, begin = example.parsed
    chapter = _chapter(example)
    for start, skipped in chapter.skipped.items():
        if begin < start < example.start:
            _skip_after(skipped, "it is the output")
    outputs = sorted(chapter.printed.items())
    printed = "".join(output for start, output in outputs if begin < start < example.start)
    assert said is not None, "the answer to what is printed has no output, in backticks or in a text block"
    assert printed.split("\n") == [*said.rstrip("\n").split("\n"), ""], f"said {said!r}, printed {printed!r}"
    TALLY["outputs"] += 1


def _check_jinja(text: str, namespace: dict[str, Any]) -> None:
    app = namespace.get("app")
    (app if isinstance(app, Flask) else Flask("bookshop")).jinja_env.compile(text)


def _check_shell(text: str, namespace: dict[str, Any]) -> None:
    result = subprocess.run([program("bash"), "-n"], input=text, text=True, capture_output=True)
    assert result.returncode == 0, result.stderr


def _check_console(text: str, namespace: dict[str, Any]) -> None:
    commands = re.findall(r"^\$ (.*(?:\\\n.*)*)", text, re.MULTILINE)
    assert commands, "a console block has a line that begins with '$ '"
    _check_shell("\n".join(commands), namespace)


def _check_dockerfile(text: str, namespace: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        parser = DockerfileParser(str(Path(folder) / "Dockerfile"))
        parser.content = text
        instructions = [entry["instruction"] for entry in parser.structure]
    unknown = {*instructions} - _DOCKERFILE
    assert not unknown, f"no instructions of a Dockerfile: {unknown}"
    assert instructions[0] in ("ARG", "FROM"), "a Dockerfile begins with FROM"


_DOCKERFILE = {
    *("ADD", "ARG", "CMD", "COMMENT", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"),
    *("RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}


def _check_nginx(text: str, namespace: dict[str, Any]) -> None:
    """Ask nginx itself; a block is a server, or what stands in one."""
    server = text if re.search(r"^(server|upstream)\b", text, re.MULTILINE) else f"server {{ {text} }}"
    with TemporaryDirectory() as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(
            f"pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ access_log off;\n{server}\n}}\n"
        )
        result = subprocess.run(
            [program("nginx"), "-t", "-p", folder, "-c", str(config)], capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr


def _check_ini(text: str, namespace: dict[str, Any]) -> None:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)


_CHECKS: dict[str, Callable[[str, dict[str, Any]], object]] = {
    "jinja": _check_jinja,
    "html+jinja": _check_jinja,
    "console": _check_console,
    "bash": _check_shell,
    "docker": _check_dockerfile,
    "nginx": _check_nginx,
    "ini": _check_ini,
    "json": lambda text, namespace: json.loads(text),
    "toml": lambda text, namespace: tomllib.loads(text),
    "yaml": lambda text, namespace: yaml.safe_load(text),
}

_REASON = re.compile(r"<!-- not checked: (?P<reason>.+?) -->\s*\Z", re.DOTALL)

_PROOF = re.compile(r"\s*<!-- invisible-code-block: python\n(?P<code>.*?)-->", re.DOTALL)


def _others(document: Document) -> Iterator[Region]:
    """Find the blocks of other languages."""
    outputs = {region.start for region in _prints(document)}
    for region in FencedCodeBlockLexer(r"[^\n]+")(document):
        language = region.lexemes["language"].strip()
        if language == "python":
            continue
        if region.start in outputs:
            continue
        text = deletions_in_code(region.lexemes["source"])[0]
        reason = _REASON.search(document.text, 0, region.start)
        proof = _PROOF.match(document.text, region.end)
        parsed = (language, text, reason and reason["reason"], proof and "shown" in proof["code"])
        yield Region(region.start, region.end, parsed, _check_other)


def _check_other(example: Example) -> None:
    language, text, reason, is_proved = example.parsed
    example.namespace["shown"] = text
    if reason:
        NOT_CHECKED.append((f"{Path(example.path).name}:{example.line}", f"{language}: {reason}"))
        return
    if not is_proved:
        assert language in _CHECKS, f"nothing checks {language!r}; see content/conftest.py for what to do"
    if language in _CHECKS:
        _CHECKS[language](text, example.namespace)
    TALLY[language] += 1


_SYBIL = Sybil(
    parsers=[_Python(), SkipParser(), _prints, _others],
    patterns=["*.md"],
    setup=_as_a_module,
)


_STARTS = re.compile(r"^from tests\.running import .*\b(run|serving)\b", re.MULTILINE)


class _File(SybilFile):
    """A chapter: slow, if its blocks start servers or fresh interpreters."""

    def collect(self) -> Iterator[_Block]:
        (sybil,) = self.sybils
        document = sybil.parse(self.path)
        if _STARTS.search(document.text):
            self.add_marker("slow")
        self.documents.append(document)
        for example in document.examples():
            yield _Block.from_parent(self, sybil=sybil, example=example)


class _Block(SybilItem):
    """A block, or an output. Whatever it raises is a failure at its line."""

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        path, line, info = super().reportinfo()
        return path, line and line - 1, info  # pytest counts from 0

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        # Not "long", which shows the chapter's text from its beginning.
        return super().repr_failure(excinfo, style or "short")

    def _traceback_filter(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
        # Sybil's own takes the entry after its own, and ends the run where there is none.
        entries = excinfo.traceback
        return next(
            (cut for path in (self.path, __file__) if (cut := entries.cut(path=path)) != entries), entries
        )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> _File | None:
    """Take a chapter."""
    return (
        _File.from_parent(parent, path=file_path, sybils=[_SYBIL]) if _SYBIL.should_parse(file_path) else None
    )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what one of several processes did, where tests run side by side."""
    TALLY.update(node.workeroutput.get("tally", {}) if hasattr(node, "workeroutput") else {})
    NOT_CHECKED.extend(node.workeroutput.get("not checked", ()) if hasattr(node, "workeroutput") else ())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand on what this process did, if it is one of several."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput |= {"tally": dict(TALLY), "not checked": NOT_CHECKED}


def _counted(folder: Path) -> str:
    """Say how many questions and drills a corpus has, and how many of them are in its core."""
    corpus = compile_corpus(folder, NO_CACHE, is_rendered=False)
    questions = [question for question in corpus.questions() if not question.is_drill]
    drills = [question for question in corpus.questions() if question.is_drill]
    core, core_drills = (sum(question.core > 0 for question in each) for each in (questions, drills))
    return (
        f"{corpus.settings.id} has {len(questions):,} main questions, {core} of them in the core,"
        f" and {len(drills):,} drills, {core_drills} of them in the core"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much of the corpus was proved, and what was not."""
    if not TALLY:
        return
    others = {name: count for name, count in sorted(TALLY.items()) if name not in ("Python", "outputs")}
    by_language = ", ".join(f"{count} {name}" for name, count in others.items())
    terminalreporter.section("the corpus")
    for folder in sorted(path.parent for path in Path(__file__).parent.glob("*/deck.toml")):
        terminalreporter.write_line(_counted(folder))
    terminalreporter.write_line(
        f"{TALLY['Python']} Python blocks ran, {TALLY['outputs']} outputs were compared,"
        f" {sum(others.values())} other blocks were checked ({by_language}), {len(NOT_CHECKED)} were not"
    )
    for place, reason in NOT_CHECKED:
        terminalreporter.write_line(f"  {place}: {reason}")
