"""Rules for blocks of code: they should have colours, fit a phone and a column, and parse."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from symtable import symtable
from textwrap import dedent
from typing import TYPE_CHECKING

from builder.checks.rules.rule import Limits, Number, Violation, rule
from builder.corpus.kinds import kind_of
from builder.corpus.model import Chapter, Question
from builder.corpus.toml import TomlError, TooManyDigitsError, load
from builder.diagnostics import Edit
from builder.markdown.cloze import deletions_in_code
from builder.markdown.source import Passage

if TYPE_CHECKING:
    from builder.markdown.parser import Token

_PROMPT = re.compile(r"\s*(?:>>>|\.\.\.)(?: |$)")
_FENCE = re.compile(r"(```|~~~)")
_INDENT = re.compile(r" {0,3}\t| {4}")
_ELISION = re.compile(r"\.\.\.|…")


@rule(
    "code-without-language",
    bad="""\
## How does a view say that there is no such book? {#no-such-book}

```
abort(404)
```
""",
    good="""\
## How does a view say that there is no such book? {#no-such-book}

```python
abort(404)
```
""",
)
def code_names_its_language(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Code without a language has no colours, and nothing can check it."""
    for question, passage, token in chapter.code:
        if token.type == "code_block" and _FENCE.match(token.content):
            yield Violation(
                question,
                passage.locate(token),
                "an indented block of code shows its own backticks",
                "begin the line with the backticks, without a tab or spaces before them",
                tuple(_dedented(passage, token)),
            )
        elif not token.info.strip():
            yield Violation(
                question,
                passage.locate(token) if token.type == "code_block" else passage.find(token, token.markup),
                "a block of code without a language",
                f"add one: {token.markup or '```'}python, or {token.markup or '```'}text if it has none",
            )


def _dedented(passage: Passage, token: Token) -> Iterator[Edit]:
    """Yield the edits that remove the indentation of indented code, outside of lists."""
    assert token.map is not None
    for number in range(*token.map):
        line = passage.source.lines[number]
        found = _INDENT.match(line)
        if found and token.level == 0:
            yield Edit.within(number + 1, 1, found[0], "")


@rule(
    "code-too-wide",
    numbers={"widest-code": Number(68, "characters of a line of code")},
    bad="""\
## How does a view name the template of a page? {#name-template}

```python
return render_template("shop/index.html", books=books, authors=authors, user=user)
```
""",
    good="""\
## How does a view name the template of a page? {#name-template}

```python
return render_template("shop/index.html", books=books)
```
""",
)
def code_fits_its_column(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """A line that is wider than a phone or a column of the study sheet is broken in a bad place."""
    widest = limits["widest-code"]
    for question, passage, token in chapter.code:
        lines = _shown(question, passage, token).split("\n")
        if "\t" not in token.content and max(map(len, lines)) <= widest:
            continue
        for number, line in enumerate(lines):
            if len(line.expandtabs(8)) > widest:
                first = token.map[0] + (token.type == "fence") if token.map else 0
                written = passage.source.lines[min(first + number, len(passage.source.lines) - 1)]
                yield Violation(
                    question,
                    passage.source.location(first + number, min(widest, len(written))),
                    f"line of code has {len(line.expandtabs(8))} characters ({widest} fit)",
                    "break it, or leave out what the question does not need",
                )


@rule(
    "code-too-tall",
    numbers={"tallest-code": Number(30, "lines of a block of code")},
    bad=f"""\
## What does a form need? {{#form-needs}}

```python
class Form:
{chr(10).join(f"    field_{number} = Field()" for number in range(31))}
```
""",
    good="""\
## What does a form need? {#form-needs}

```python
class Form:
    name = Field()
```
""",
)
def code_fits_a_screen(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Code that needs scrolling cannot be read as a whole, and most of it does not belong to the question."""
    tallest = limits["tallest-code"]
    for question, passage, token in chapter.code:
        height = len(token.content.rstrip("\n").split("\n"))
        if height > tallest:
            yield Violation(
                question,
                passage.locate(token) if token.type == "code_block" else passage.find(token, token.markup),
                f"block of code has {height} lines (recommended maximum: {tallest})",
                "leave out what the question does not need, or split it",
            )


@rule(
    "code-does-not-parse",
    bad="""\
## How does a view read a form's field? {#read-field}

```python
name = request.form["name"
```
""",
    good="""\
## How does a view read a form's field? {#read-field}

```python
name = request.form["name"]
```
""",
)
def code_parses(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Learners type what they learned: it should run.

    Python, JSON and TOML are parsed; `...` stands for what is left out.
    """
    for question, passage, token in chapter.code:
        parse = _PARSERS.get((token.info.split() or [""])[0].lower())
        if parse and (error := parse(_shown(question, passage, token))):
            line, message = error
            first = token.map[0] + (token.type == "fence") if token.map else 0
            last = token.map[1] - 1 if token.map else 0
            yield Violation(
                question,
                passage.source.find("", min(first + line, last)),
                f"this is not {_NAMES[parse]}: {message}",
                "fix it; if it is another language, name that or 'text'; or allow the mistake",
            )


_Wrong = tuple[int, str] | None
"""Line (from 0) and message of a syntax error, or None."""


def _python(code: str) -> _Wrong:
    if not code.strip():
        return None
    code = _statements(code)
    error = _syntax_error(code)
    if error is None:
        return None
    # `...` is an expression, but an error beside it may come from what was left out.
    beside = code.split("\n")[max(error[0] - 1, 0) : error[0] + 2]
    return None if any(map(_ELISION.search, beside)) else error


def _statements(code: str) -> str:
    """Return the statements of a Python session, each in its line; other code without its indentation."""
    if ">>>" not in code or not re.search(r"^\s*>>>", code, re.MULTILINE):
        return dedent(code) if code[0].isspace() else code
    typed = [line if (found := _PROMPT.match(line)) and found else "" for line in code.split("\n")]
    return "\n".join(_PROMPT.sub("", line, count=1) for line in typed)


def _syntax_error(code: str) -> _Wrong:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Code that has a symbol table is valid; code without one may still be valid.
            with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                symtable(code, "", "exec")
                return None
            compile(code, "", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return max((error.lineno or 1) - 1, 0), error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return 0, str(error) or "it is nested too deeply"
    return None


def _json(code: str) -> _Wrong:
    try:
        json.loads(code)
    except json.JSONDecodeError as error:
        return None if _ELISION.search(code) else (error.lineno - 1, error.msg)
    except ValueError:
        return None  # a number with more digits than Python reads, which is no mistake
    except RecursionError:
        return 0, "it is nested too deeply"
    return None


def _toml(code: str) -> _Wrong:
    try:
        load(code)
    except TooManyDigitsError:
        return None  # as in JSON
    except TomlError as error:
        lines = len(code.rstrip().split("\n"))
        return None if _ELISION.search(code) else (min(error.line, lines) - 1, str(error))
    return None


_NAMES: Mapping[Callable[[str], _Wrong], str] = {_python: "Python", _json: "JSON", _toml: "TOML"}
_PARSERS: Mapping[str, Callable[[str], _Wrong]] = {
    **dict.fromkeys(("python", "py", "python3", "py3", "pycon"), _python),
    "json": _json,
    "toml": _toml,
}
"""Parsers by language; code in other languages is not checked."""


def _shown(question: Question | None, passage: Passage, token: Token) -> str:
    """Return code as a learner sees it, with cloze deletions filled."""
    is_cloze = question and kind_of(question).is_cloze and passage is question.lead
    return deletions_in_code(token.content)[0] if is_cloze else token.content
