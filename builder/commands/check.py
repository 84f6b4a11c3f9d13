"""`cardpress check`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import chosen_files, corpora_argument, corpus_folders, examine, report
from builder.commands.completers import complete_codes
from builder.commands.terminal import say, show, show_json
from builder.diagnostics import Diagnostic, has_errors
from builder.project import fixable, fixes_of
from builder.text import count

if TYPE_CHECKING:
    from builder.corpus.model import Outline, QuestionOutline

_MOST_ROUNDS = 50
"""Maximum rounds of --fix: a fix may reveal a further finding, such as a list within HTML."""


@click.command()
@corpora_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "github", "sarif")),
    default="text",
    show_default=True,
    help="Format of standard output: text for people, the others for programs.",
)
@click.option(
    "--explain",
    "code",
    metavar="CODE",
    shell_complete=complete_codes,
    help="Explain a code, with an example, and do nothing else.",
)
@click.option(
    "--fix",
    "is_fixed",
    is_flag=True,
    help="First fix what is safe: add missing ids, put attributes in order, turn HTML into Markdown."
    " docs/checking.md has the list.",
)
def check(corpora: tuple[Path, ...], form: str, code: str | None, is_fixed: bool) -> None:
    """Report every problem with its file, line and column.

    A CORPUS is a folder with a deck.toml. Default: every corpus in the current folder.
    If you name a file, only problems of that file are reported. The exit status is 1 if there is an error;
    warnings do not count.

    Example: cardpress check content/flask --fix
    """
    if code is not None:
        show(_explanation(code.strip("[]")))
        return
    folders = corpus_folders(corpora)
    files = chosen_files(corpora)
    outlines, diagnostics = _examine(folders, files)
    for _ in range(_MOST_ROUNDS if is_fixed else 0):
        if not _fix(outlines, diagnostics):
            break
        outlines, diagnostics = _examine(folders, files)
    if form != "text":
        _print(form, diagnostics, outlines)
        raise SystemExit(has_errors(diagnostics))
    report(diagnostics, outlines)
    if has_errors(diagnostics):
        raise SystemExit(1)
    for outline in outlines:
        say(_praise(outline, files))


def _explanation(code: str) -> str:
    from difflib import get_close_matches

    from builder.checks.catalogue import CATALOGUE

    if code in CATALOGUE:
        return CATALOGUE[code].help_text()
    near = get_close_matches(code, CATALOGUE, n=1)
    raise click.UsageError(
        f"unknown code {code!r}" + (f": did you mean {near[0]!r}?" if near else "; docs/rules.md has all")
    )


def _examine(folders: Sequence[Path], files: frozenset[Path]) -> tuple[list[Outline], list[Diagnostic]]:
    """Check corpora; if files of a corpus were named, return only findings in these files."""
    examined = examine(folders, is_rendered=False)
    outlines = [each.corpus.outline for each in examined]
    found = [
        found
        for each in examined
        for found in (*each.found, *_weak_contrasts(each.corpus.outline))
        if _is_asked(found, each.corpus.folder, files)
    ]
    return outlines, found


def _is_asked(found: Diagnostic, folder: Path, files: frozenset[Path]) -> bool:
    """Tell whether a finding is in a named file, or in a corpus without named files."""
    inside = folder.resolve()
    named = {file for file in files if file.is_relative_to(inside)}
    return not named or found.location.path.resolve() in named


def _weak_contrasts(outline: Outline) -> Iterator[Diagnostic]:
    """Yield weak contrasts of the styles, with the severity that the corpus gives them."""
    from builder.checks.contrast import weak_contrasts
    from builder.checks.rules import rulebook
    from builder.checks.rules.codes import LOW_CONTRAST

    severity = rulebook(outline.settings).severity(LOW_CONTRAST.name)
    if severity != "off":
        yield from (replace(found, severity=severity) for found in weak_contrasts())


def _fix(outlines: Sequence[Outline], diagnostics: Sequence[Diagnostic]) -> bool:
    """Fix chapters, and print each fix; return whether there was one."""
    from builder.checks.fixes import fix

    found = [each for outline in outlines for each in fixes_of(outline, diagnostics)]
    for source, fixes in found:
        fix(source, fixes)
        for each in sorted(
            (each for one in fixes if one.edits for each in one.findings), key=lambda each: each.location
        ):
            show(f"{each.location}: fixed: {each.what} [{each.code}]", err=True)
    return bool(found)


def _print(form: str, diagnostics: Sequence[Diagnostic], outlines: Sequence[Outline]) -> None:
    """Print findings for a program."""
    from builder.checks.report.formats import as_github, as_json
    from builder.checks.report.sarif import as_sarif

    found = sorted(set(diagnostics))
    match form:
        case "json":
            show_json(as_json(found, fixable(found, outlines)))
        case "github" if found:
            show(as_github(found))
        case "sarif":
            show_json(as_sarif(found, Path.cwd()))


def _praise(outline: Outline, files: frozenset[Path]) -> str:
    """Print the counts of a corpus without errors, or of its named files."""
    named = [file for file in sorted(files) if file.is_relative_to(outline.folder.resolve())]
    if named:
        return "\n".join(_praise_of(file, outline) for file in named)
    chapters = count(len(outline.chapters), "chapter")
    return f"{outline.folder}: no errors ({chapters}, {_counted(list(outline.questions()))})"


def _praise_of(file: Path, outline: Outline) -> str:
    of = f"of the corpus {outline.settings.id!r}"
    if chapters := [chapter for chapter in outline.chapters if chapter.path.resolve() == file]:
        questions = [question for chapter in chapters for question in chapter.questions]
        several = f"{count(len(chapters), 'chapter')}, " if len(chapters) > 1 else ""
        return f"{chapters[0].path}, {of}: no errors ({several}{_counted(questions)})"
    here = Path.cwd().resolve()
    # On Windows, there is no relative path to another drive.
    shown = file.relative_to(here) if file.is_relative_to(here) else file
    return f"{shown} is not a chapter {of}: no errors"


def _counted(questions: Sequence[QuestionOutline]) -> str:
    drills = sum(question.is_drill for question in questions)
    return f"{count(len(questions) - drills, 'question')}, {count(drills, 'drill')}"
