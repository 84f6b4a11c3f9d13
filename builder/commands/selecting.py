"""The options that choose a part of a corpus: the core, chapters, levels and tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from builder.commands.arguments import chosen_files, is_named
from builder.commands.completers import OneOf, complete_chapter_names, complete_tags, levels
from builder.diagnostics import BuildError
from builder.print.selection import Selection

if TYPE_CHECKING:
    from builder.corpus.model import Outline
    from builder.pipeline.compile import Compiled

_Command = TypeVar("_Command", bound=Callable[..., Any])


def selection_options(command: _Command) -> _Command:
    """Add the options that choose a part of a corpus to a command."""
    for option in (
        click.option(
            "--tag", "tags", multiple=True, shell_complete=complete_tags, help="Only questions with this tag."
        ),
        click.option(
            "--level",
            "chosen_levels",
            type=OneOf(levels),
            multiple=True,
            help="Only questions of this level.",
        ),
        click.option(
            "--chapter",
            "chapters",
            multiple=True,
            shell_complete=complete_chapter_names,
            help="Only this chapter, by number, title or file name.",
        ),
        click.option("--core", "is_core", is_flag=True, help="Only the core: what to know first."),
    ):
        command = option(command)
    return command


def select_of(
    corpora: Sequence[Path],
    chapters: Sequence[str],
    chosen_levels: Sequence[str],
    tags: Sequence[str],
    is_core: bool,
) -> Callable[[Compiled], Selection]:
    """Return a function that returns the selection in a corpus; chapters may also be named by files."""
    files = chosen_files(corpora)

    def selection_of(corpus: Compiled) -> Selection:
        _know_tags(corpus.outline, tags)
        return Selection(
            is_core=is_core,
            chapters=frozenset(_numbers(corpus.outline, chapters, files)),
            levels=frozenset(chosen_levels),
            tags=frozenset(tags),
        )

    return selection_of


def _numbers(corpus: Outline, names: Sequence[str], files: frozenset[Path]) -> Iterator[str]:
    """Yield the numbers of chapters. Raises `BuildError` for an unknown, probably misspelt name."""
    for chapter in corpus.chapters:
        if chapter.path.resolve() in files:
            yield str(chapter.number)
    for name in names:
        found = [str(chapter.number) for chapter in corpus.chapters if is_named(chapter, name)]
        if not found:
            slugs = [chapter.slug for chapter in corpus.chapters]
            near = _near(name, [*slugs, *(chapter.title for chapter in corpus.chapters)])
            raise _unknown(corpus, "chapter", name, near, slugs)
        yield from found


def _know_tags(corpus: Outline, tags: Sequence[str]) -> None:
    used = {tag for question in corpus.questions() for tag in question.tags}
    nested = {
        "::".join(parts[:end]) for parts in (tag.split("::") for tag in used) for end in range(1, len(parts))
    }
    for name in tags:
        if name not in used | nested:
            raise _unknown(corpus, "tag", name, _near(name, sorted(used)), sorted(used))


def _near(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    by_form = {each.casefold(): each for each in reversed(known)}
    near = get_close_matches(name.casefold(), by_form, n=1)
    return by_form[near[0]] if near else ""


def _unknown(corpus: Outline, kind: str, name: str, near: str, known: Sequence[str]) -> BuildError:
    there = f"did you mean {near!r}?" if near else f"there are: {', '.join(known) or 'none'}"
    return BuildError(f"{corpus.settings.id!r} has no {kind} {name!r}: {there}")
