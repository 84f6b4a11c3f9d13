"""The catalogue of codes: complete, with examples that were run; docs/rules.md is made of it."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from builder.checks.catalogue import CATALOGUE, CONTENT, GOOD_CARDS, STRUCTURE, WHOLE, Entry
from builder.checks.rules import RULE_TABLE
from builder.checks.rules.codes import ADVICE
from builder.corpus.model import Settings
from builder.corpus.settings import read_settings
from builder.diagnostics import Diagnostic, Location
from builder.markdown.parser import Source
from tests.conftest import CASES, PROJECT
from tests.reading import Corpus, check, read_file

PAGE = PROJECT / "docs" / "rules.md"
_RUN = [entry for entry in CATALOGUE.values() if entry.of != "words"]
_INTRODUCTION = """\
<!-- Written by make golden, from the rules themselves. -->
# Rules

Everything that `cardpress check` says ends in a code, `[yes-no-question]`. This page lists all of them: the
reason for each, an example that breaks it with its message, and the same example fixed. The tests run them.

**Errors** stop a build. **Warnings** are advice: a build goes on. Findings about the *structure* of a
chapter, its *content* and the *corpus as a whole* concern cards that could not be asked or answered: their
errors cannot be switched off. Warnings, and the rules for *good cards*, can. Do so in deck.toml for a
corpus:

```toml
[rules]
yes-no-question = "off"         # or "warning", or "error"
longest-prompt = 25             # change the numbers, too
```

or allow one question to break a rule, with the reason in a comment below it:

```markdown
## Is Flask a framework? {#flask-framework allow="yes-no-question"}

<!-- Interviewers ask it like this. -->
```

Separate several with spaces. An allowance that a question no longer needs is reported, too.
"""
_GROUPS: tuple[tuple[str, Sequence[Entry]], ...] = (
    ("Good cards", GOOD_CARDS),
    ("Structure", STRUCTURE),
    ("Content", CONTENT),
    ("The corpus as a whole", WHOLE),
)


def _found(entry: Entry, example: str) -> list[Diagnostic]:
    if entry.of == "settings":
        return read_settings(Source(Path("flask") / "deck.toml", example), RULE_TABLE)[1]
    # In the folder of the cases, where there are images.
    source = Source(CASES / "01-any.md", example if entry.of == "file" else f"# Any\n\n{example}")
    chapters, diagnostics = read_file(source)
    settings = Settings(id="cases", title="Any", deck="Any")
    corpus = Corpus(folder=CASES, settings=settings, chapters=chapters)
    return sorted([*diagnostics, *check(corpus)])


@pytest.mark.parametrize("entry", _RUN, ids=lambda entry: entry.code)
def test_what_is_wrong_is_named_and_what_is_right_has_no_finding(entry: Entry) -> None:
    wrong = _found(entry, entry.bad)
    assert {found.severity for found in wrong if found.code == entry.code} == {entry.severity}
    assert _found(entry, entry.good) == []


def _calls() -> Iterator[tuple[Path, str, ast.Call]]:
    """Yield the calls in the program: the file, and what is called."""
    for path in sorted((PROJECT / "builder").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield path.relative_to(PROJECT / "builder"), node.func.id, node


def test_every_code_that_the_program_declares_is_in_the_catalogue() -> None:
    named = (call.args[0] for _, name, call in _calls() if name in ("Code", "rule") and call.args)
    declared = {name.value for name in named if isinstance(name, ast.Constant)}
    cases = "".join(path.read_text(encoding="utf-8") for path in CASES.rglob("*.txt"))
    assert len(declared) > 90
    assert (declared | set(re.findall(r"\[([a-z0-9-]+)\]$", cases, re.MULTILINE))) - CATALOGUE.keys() == set()


def test_nothing_is_reported_but_under_a_declared_code() -> None:
    by_hand = {path.as_posix() for path, name, _ in _calls() if name == "Diagnostic"}
    others = {"diagnostics.py", "checks/rules/__init__.py"}  # a rule's code is its own
    assert by_hand - others == set()


def test_advice_on_chapters_is_what_a_corpus_may_take_more_seriously() -> None:
    found = [*STRUCTURE, *CONTENT, CATALOGUE["duplicate-prompt"], CATALOGUE["unknown-question"]]
    assert sorted(ADVICE) == sorted(entry.code for entry in found if entry.severity == "warning")


def test_no_code_is_in_it_twice() -> None:
    assert sum(len(group) for _, group in _GROUPS) == len(CATALOGUE)


def test_every_reason_is_a_sentence() -> None:
    for entry in CATALOGUE.values():
        assert re.fullmatch(r"([A-Z`]|markdown-it).*\.", entry.reason, re.DOTALL), entry.code


def test_the_page_of_rules_is_made_of_them() -> None:
    wanted = page()
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(wanted, encoding="utf-8")
    assert wanted == PAGE.read_text(encoding="utf-8"), "run `make golden`"


def page() -> str:
    parts = [_INTRODUCTION]
    for title, entries in _GROUPS:
        links = ", ".join(f"[{entry.code}](#{entry.code})" for entry in entries)
        parts.append(f"**{title}**: {links}.\n")
    for title, entries in _GROUPS:
        parts.append(f"## {title}\n")
        parts += map(_section, entries)
    return "\n".join(parts)


def _section(entry: Entry) -> str:
    severity = {"error": "An error.", "warning": "A warning.", "off": "Off."}[entry.severity]
    english = " Only of texts in English." if entry.language == "en" else ""
    lines = [f"### {entry.code}\n", f"{entry.reason} *{severity}{english}*\n"]
    if entry.of == "words":
        lines.append(f"Wrong: {entry.bad}. Right: {entry.good}.\n")
    else:
        lines.append(f"{entry.fenced(entry.bad)}\n")
        lines.append(f"{_said(entry)}\n")
        lines.append(f"{entry.fenced(entry.good)}\n")
    is_chosen = entry.is_rule or entry.code in ADVICE
    lines += (f"{more}\n" for more in (entry.fixing, entry.switches if is_chosen else "") if more)
    return "\n".join(lines)


def _said(entry: Entry) -> str:
    """Return what check says first of an entry's example."""
    found = next(found for found in _found(entry, entry.bad) if found.code == entry.code)
    text = str(replace(found, location=Location(Path(), found.location.line, found.location.column)))
    return f"```text\n{text.removeprefix('.:')}\n```".replace(f"{CASES}/", "").replace(
        "into cases/", "into flask/"
    )
