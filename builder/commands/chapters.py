"""The chapter that an author names: by its file, or by a corpus and its number or words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from builder.commands.corpora import CONTENT, corpus_folders

if TYPE_CHECKING:
    from builder.model import Chapter, Corpus


def chapter_named(name: str) -> tuple[Corpus, Chapter]:
    """Read the corpus of the chapter that is meant by `06-contexts.md`, `flask/6` or `contexts`."""
    from builder.reader import read_corpus

    path = Path(name)
    if path.is_dir():
        raise click.BadParameter(f"{name!r} is a corpus: name a chapter of it, as in {path / '1'}")
    folders = _folders(path)
    corpora = [read_corpus(folder)[0] for folder in folders]
    found = [
        (corpus, chapter) for corpus in corpora for chapter in corpus.chapters if path.name in _names(chapter)
    ]
    if len(found) == 1:
        return found[0]
    known = [chapter.source.path for corpus in corpora for chapter in corpus.chapters]
    if found:
        several = " or ".join(str(chapter.source.path) for _, chapter in found)
        raise click.BadParameter(f"{name!r} may be {several}: name the corpus too")
    raise click.BadParameter(
        f"there is no chapter {name!r}; the chapters are: {', '.join(map(str, known)) or 'none yet'}"
    )


def _names(chapter: Chapter) -> tuple[str, ...]:
    path = chapter.source.path
    return (path.name, path.stem, chapter.slug, str(chapter.number), path.stem.partition("-")[0])


def _folders(path: Path) -> list[Path]:
    """Return the corpora in which a chapter may lie: the one that is named with it, or all that are here."""
    from builder.settings import SETTINGS_FILE

    if len(path.parts) > 1:
        for folder in (path.parent, CONTENT / path.parent):
            if (folder / SETTINGS_FILE).is_file():
                return [folder]
        raise click.BadParameter(
            f"{str(path.parent)!r} is no corpus: it has no {SETTINGS_FILE};"
            f" cardpress new {path.parent} starts one"
        )
    here = Path()
    return [here] if (here / SETTINGS_FILE).is_file() else corpus_folders(())
