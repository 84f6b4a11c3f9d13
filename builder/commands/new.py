"""`cardpress new`: a corpus, or a question."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import chapter_named, report
from builder.commands.completers import (
    LanguageCode,
    OneOf,
    complete_chapters,
    complete_questions,
    complete_tags,
    kinds,
    levels,
)
from builder.commands.terminal import say
from builder.diagnostics import BuildError, Location
from builder.runtime.atomic import replacing, replacing_together

if TYPE_CHECKING:
    from builder.corpus.model import Chapter, Outline, Question


class _New(click.Group):
    """A group whose first word may also be a corpus folder: `cardpress new FOLDER`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["corpus", *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "FOLDER [--title TEXT] [--language CODE]")
        formatter.write_usage(ctx.command_path, "question [CORPUS/]CHAPTER PROMPT [OPTIONS]")


@click.group(cls=_New)
def new() -> None:
    """Start a corpus in a new folder, or add a question.

    Example: cardpress new world-history --title "World history"
    """


@new.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--title", help="Title of the corpus and of its deck in Anki. Default: made from the folder's name."
)
@click.option(
    "--language",
    type=LanguageCode(),
    default="en",
    show_default=True,
    help="Language of the text, as a BCP 47 code: de, pt-BR, ar.",
)
@click.option(
    "--editor", type=click.Choice(["vscode"]), help="Add tasks, a problem matcher and snippets for an editor."
)
def corpus(folder: Path, title: str | None, language: str, editor: str | None) -> None:
    """Start a corpus with a commented question of each kind.

    Writes a deck.toml and a sample chapter to replace. The folder's name is the corpus's id. It may be a
    repository that has only a README, a licence and the like; existing files are not overwritten.

    The chapter is in Arabic, Chinese, English, French, German, Japanese, Portuguese or Spanish; for other
    languages it is in English, and deck.toml lists the words to translate.

    Example: cardpress new world-history --title "World history"
    """
    from builder.authoring.new_corpus import CHAPTER, font_for, starter, title_of
    from builder.authoring.schema import FILE as SCHEMA
    from builder.commands.schema import text_of_schema
    from builder.corpus.settings import ID

    name = folder.resolve().name
    if not ID.fullmatch(name):
        from builder.text import slug

        raise click.UsageError(
            f"{name!r} cannot be the id of a corpus, which its folder's name is: use lower-case words of a-z"
            f" and 0-9 joined by hyphens, as in {slug(name) or 'a-name'!r}"
        )
    if folder.is_dir() and (there := sorted(path.name for path in folder.iterdir() if not _is_usual(path))):
        raise click.UsageError(
            f"{str(folder)!r} is not empty: it has {there[0]!r}; choose a new folder, or one with only a "
            "README, a licence and the like"
        )
    files, wrong = starter(name, title_of(name) if title is None else title, language)
    if wrong:
        raise click.UsageError(f"--title: {wrong[0].message}: {wrong[0].hint}")
    kept = {path: text for path, text in files.items() if (folder / path).exists()}
    for_editors = {SCHEMA: f"{text_of_schema()}\n"}
    if editor:
        from builder.authoring.vscode import vscode_files

        for_editors |= vscode_files()
    with replacing_together() as replacements:
        for path, text in files.items():
            if path not in kept:
                replacements.enter_context(replacing(folder / path)).write_text(
                    text, encoding="utf-8", newline="\n"
                )
        for path, text in for_editors.items():
            if (folder / path).exists():
                say(f"{folder / path} already exists and is kept")
            else:
                replacements.enter_context(replacing(folder / path)).write_text(
                    text, encoding="utf-8", newline="\n"
                )
    for path, text in kept.items():
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        say(f"{folder / path} already exists and is kept; consider adding: {'; '.join(lines)}")
    match font_for(language):
        case "":
            say(
                f"{folder / 'deck.toml'}: outputs is the Anki deck alone: no print font has the letters of"
                f" {language!r}"
            )
        case str(extra):
            say(f"{folder / 'deck.toml'}: the PDFs need a font for {language!r}: install cardpress[{extra}]")
    say(
        f"{folder / CHAPTER}: a sample question of each kind\n"
        "Next:\n"
        f"  cardpress watch {folder} --open   show the cards while you write\n"
        f"  cardpress check {folder}          report every problem, with its line\n"
        f"  cardpress build {folder}          make the deck and the PDFs, in dist/"
    )


_USUAL = re.compile(r"(readme|licen[cs]e|copying|notice|changelog|contributing|code_of_conduct|security)\b.*")


def _is_usual(path: Path) -> bool:
    """Tell whether a file is usual in a new repository, and not part of a corpus."""
    return path.name.startswith(".") or bool(_USUAL.fullmatch(path.name.lower()))


def _question(name: str, chapter: Chapter, corpus: Outline) -> Question:
    """Return the question that gets a drill."""
    for question in chapter.questions:
        if question.id == name:
            return question
        if name in (drill.id for drill in question.drills):
            raise click.UsageError(f"{name!r} is a drill itself: --drill-of {question.id}")
    if any(question.id == name for question in chapter.unanswered):
        raise click.UsageError(f"{name!r} has no answer yet: write it before its drills")
    elsewhere = [question.location.path for question in corpus.questions() if question.id == name]
    raise click.UsageError(
        f"{name!r} is in {str(elsewhere[0])!r}: name that chapter"
        if elsewhere
        else f"--drill-of: no question has the id {name!r}"
    )


@new.command()
@click.argument("chapter", metavar="[CORPUS/]CHAPTER", shell_complete=complete_chapters)
@click.argument("prompt")
@click.option("--kind", type=OneOf(kinds), default="plain", show_default=True)
@click.option("--level", type=OneOf(levels), help="Level of the question.")
@click.option(
    "--tag", "tags", multiple=True, shell_complete=complete_tags, help="Add this tag. Can be repeated."
)
@click.option(
    "--drill-of",
    "parent",
    metavar="ID",
    shell_complete=complete_questions,
    help="Add it as a drill of this question.",
)
@click.option("--edit", "is_edited", is_flag=True, help="Open it in your editor: $VISUAL or $EDITOR.")
def question(
    chapter: str,
    prompt: str,
    kind: str,
    level: str | None,
    tags: tuple[str, ...],
    parent: str | None,
    is_edited: bool,
) -> None:
    """Add a question to a chapter, with an id derived from its prompt.

    A chapter is named by its file, its number or its words: 06-contexts.md, 6 or contexts. Prints the line
    at which to write the answer. Nothing else in the file is changed.

    Example: cardpress new question flask/contexts "When does Flask push one?" --level mid --tag contexts
    """
    from builder.authoring.new_question import Draft, begin, id_for
    from builder.corpus.files import read_bytes, read_source
    from builder.corpus.model import Level
    from builder.corpus.reader import read_chapter
    from builder.identity.lockfile import stored_lock
    from builder.runtime.regular_files import RefusedFile
    from builder.text import is_line

    if not prompt.strip() or not is_line(prompt):
        raise click.UsageError(f"{prompt!r} is not a prompt: a prompt is one line with words in it")
    editor = _editor() if is_edited else []
    corpus, outline = chapter_named(chapter, parent)
    there, _ = read_chapter(read_source(outline.path)[0], outline.index)
    draft = Draft(
        prompt=prompt.strip(),
        kind=kind,
        level=Level(level) if level else None,
        tags=tuple(tag for text in tags for tag in text.split()),
    )
    taken = {name for each in corpus.questions() for name in (each.id, each.was)}
    taken |= {each.id for chapter in corpus.chapters for each in chapter.unanswered}
    taken |= stored_lock(corpus.folder)[0].numbers().keys()
    id_ = id_for(draft.prompt, taken, outline.slug)
    above = _question(parent, there, corpus) if parent else None
    try:
        written = read_bytes(outline.path)
    except RefusedFile as error:
        raise BuildError(f"{str(outline.path)!r} {error.reason}: {error.hint}") from error
    begun = begin(written, there, draft, id_, above)
    if isinstance(begun, list):
        report(begun)
        return
    _write(outline.path, begun.text)
    say(f"{begun.location.path}:{begun.location.line}: write the answer of {id_!r} here")
    if editor:
        subprocess.run(_at(editor, begun.location), check=False)


def _write(path: Path, text: bytes) -> None:
    """Replace a file's content; its permissions and a symbolic link to it stay."""
    target = path.resolve()
    mode = target.stat().st_mode
    with replacing(target) as replacement:
        replacement.write_bytes(text)
    target.chmod(mode)


def _editor() -> list[str]:
    editor = shlex.split(
        os.environ.get("VISUAL") or os.environ.get("EDITOR") or "",
        posix=os.name != "nt",  # on Windows, a backslash divides folders
    )
    if not editor:
        raise BuildError("no editor is set: set EDITOR, as in EDITOR=nano, or leave out --edit")
    return editor


def _at(editor: list[str], place: Location) -> list[str]:
    """Return the command that opens a file at a line; nearly all editors understand +LINE."""
    match Path(editor[0]).stem:
        case "code" | "codium" | "cursor":
            return [*editor, "--goto", f"{place.path}:{place.line}:{place.column}"]
        case "subl" | "zed" | "hx":
            return [*editor, f"{place.path}:{place.line}:{place.column}"]
        case _:
            return [*editor, f"+{place.line}", str(place.path)]
