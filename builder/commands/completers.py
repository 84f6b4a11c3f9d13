"""Shell completion, and choices on the command line: levels, kinds, and names in the corpora.

Names are read from the headings line by line, without parsing: a suggestion must be fast, and may be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from builder.commands.arguments import corpus_folders
from builder.text import is_line, one_line

_ATTRIBUTES = re.compile(r"^(#{2,3}) (.*)\{#([^\s}]+)(.*)\}\s*$", re.MULTILINE)
_TAGS = re.compile(r'tags="([^"]*)"')


class OneOf(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """One of several names, which are looked up only when needed."""

    name = "name"

    def __init__(self, names: Callable[[], Iterable[str]]) -> None:
        self.names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a value that is not one of the names."""
        names = [*map(str, self.names())]
        if value not in names:
            self.fail(f"{value!r} is not one of {', '.join(names)}", param, ctx)
        return str(value)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Show the names in the help."""
        return f"[{'|'.join(map(str, self.names()))}]"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete one of the names."""
        return _items(map(str, self.names()), incomplete)


class LanguageCode(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A language code. Any is valid; completion offers those with labels."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a value that is not a language code."""
        from builder.markdown.language_tags import wrong_tag

        if hint := wrong_tag(value):
            self.fail(f"{value!r} is not a language code: {hint}", param, ctx)
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete a language that has labels."""
        from builder.corpus.labels import LANGUAGES

        return _items(LANGUAGES, incomplete)


def levels() -> Iterable[str]:
    """List the levels."""
    from builder.corpus.model import Level

    return Level


def kinds() -> Iterable[str]:
    """List the kinds of questions."""
    from builder.corpus.kinds import KINDS

    return KINDS


def complete_chapter_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the words of a chapter's file name: `contexts`."""
    from builder.corpus.files import name_of

    return _items((name_of(path)[1] for path in _chapters(ctx)), incomplete)


def complete_chapters(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a chapter's file."""
    return _items(map(str, _chapters(ctx)), incomplete)


def complete_tags(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a tag that a corpus uses."""
    tags = (tag for *_, rest in _headings(ctx) for found in _TAGS.findall(rest) for tag in found.split())
    return _items(tags, incomplete)


def complete_questions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the id of a question, but not of a drill, with its prompt beside it."""
    return [
        CompletionItem(id_, help=one_line(prompt.strip()))
        for marks, prompt, id_, _ in _headings(ctx)
        if marks == "##" and id_.startswith(incomplete) and is_line(id_)
    ]


def complete_codes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the code of a finding."""
    from builder.checks.catalogue import CATALOGUE

    return _items(CATALOGUE, incomplete)


def _items(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    # Suggestions must not have characters that a terminal would act on.
    return [
        CompletionItem(name) for name in sorted(set(names)) if name.startswith(incomplete) and is_line(name)
    ]


def _headings(ctx: click.Context) -> Iterator[tuple[str, str, str, str]]:
    """Yield the marks, the prompt, the id and the other attributes of each question's heading."""
    from builder.corpus.files import read_source

    for path in _chapters(ctx):
        text = read_source(path)[0].text
        yield from _ATTRIBUTES.findall(text)


def _chapters(ctx: click.Context) -> Sequence[Path]:
    """List the chapters of the corpora, or the chapter, in the command line so far."""
    # click does not assign words to arguments while the option to complete has no value yet.
    words = [*(ctx.params.get("corpora") or ()), ctx.params.get("chapter") or "", *ctx.args]
    named = [Path(word) for word in words if word]
    if files := [path for path in named if path.is_file()]:
        return files
    try:
        folders = corpus_folders([path for path in named if path.is_dir()])
    except click.UsageError:
        return []
    from builder.corpus.files import chapter_files

    return [path for folder in folders for path in chapter_files(folder)[0]]
