"""The chapter that an author names: by its file, or by a corpus and its number or words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.arguments import CONTENT, corpus_folders, project_cache

if TYPE_CHECKING:
    from builder.corpus.model import ChapterOutline, Outline


def chapter_named(name: str) -> tuple[Outline, ChapterOutline]:
    """Find the chapter that is meant by `06-contexts.md`, `flask/6` or `contexts`, and its corpus."""
    from builder.pipeline.compile import compile_corpus

    path = Path(name)
    if path.is_dir():
        raise click.BadParameter(f"{name!r} is a corpus: name a chapter of it, as in {path / '1'}")
    cache = project_cache()
    corpora = [compile_corpus(folder, cache, is_rendered=False).outline for folder in _folders(path)]
    chapters = [(corpus, chapter) for corpus in corpora for chapter in corpus.chapters]
    found = [(corpus, chapter) for corpus, chapter in chapters if path.name in _names(chapter)]
    if len(found) == 1:
        return found[0]
    if found:
        several = " or ".join(str(chapter.path) for _, chapter in found)
        raise click.BadParameter(f"{name!r} may be {several}: name the corpus too")
    known = ", ".join(str(chapter.path) for _, chapter in chapters) or "none yet"
    raise click.BadParameter(f"there is no chapter {name!r}; the chapters are: {known}")


def _names(chapter: ChapterOutline) -> tuple[str, ...]:
    path = chapter.path
    return (path.name, path.stem, chapter.slug, str(chapter.number), path.stem.partition("-")[0])


def _folders(path: Path) -> list[Path]:
    """Return the corpora in which a chapter may lie: the one that is named with it, or all that are here."""
    from builder.corpus.settings import SETTINGS_FILE

    if len(path.parts) == 1:
        return corpus_folders(())
    for folder in (path.parent, CONTENT / path.parent):
        if (folder / SETTINGS_FILE).is_file():
            return [folder]
    raise click.BadParameter(
        f"{str(path.parent)!r} is no corpus: it has no {SETTINGS_FILE};"
        f" cardpress new {path.parent} starts one"
    )
