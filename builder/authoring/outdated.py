"""Finds questions to check again, because they were checked against another version of a library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from builder.corpus.model import ChapterOutline, Outline, QuestionOutline
from builder.corpus.versions import Mark

LinesOf = Callable[[Path], Sequence[str]]
"""Returns the lines of a chapter's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A library and its current version."""

    version: str
    modules: tuple[str, ...] = ()
    """Names of its modules."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """A question that was checked against another version of a library."""

    question: QuestionOutline
    mark: Mark
    now: str
    """Current version of the library."""
    is_about_it: bool
    """True if the question names the library, or has a mark of its own."""
    is_about_a_version: bool
    """True if it also names a version, which has most likely changed."""


def outdated(corpus: Outline, now: Mapping[str, Library], lines_of: LinesOf) -> Iterator[Outdated]:
    """Yield the questions of a corpus that were checked against other versions than those in `now`.

    A question's own mark for a library replaces its chapter's.
    """
    marks = dict(corpus.settings.checked)
    begins = {(chapter.path, chapter.index): chapter.line for chapter in corpus.chapters}
    for chapter in corpus.chapters:
        of_chapter = marks.get(chapter.path.stem, ())
        if not of_chapter and not any(question.id in marks for question in chapter.questions):
            continue
        following = begins.get((chapter.path, chapter.index + 1))
        lines = lines_of(chapter.path)[: following and following - 1]
        for question, text in _texts(chapter, lines):
            own = marks.get(question.id, ())
            named = {mark.library for mark in own}
            for mark in (*own, *(mark for mark in of_chapter if mark.library not in named)):
                library = now.get(mark.library)
                if library and not mark.is_met_by(library.version):
                    is_about_it = mark in own or _names(text, mark.library, library.modules)
                    is_versioned = is_about_it and _names_version(text, mark, library.version)
                    yield Outdated(question, mark, library.version, is_about_it, is_versioned)


def marked_libraries(corpus: Outline) -> frozenset[str]:
    """Return the libraries in the marks of a corpus."""
    return frozenset(mark.library for _, marks in corpus.settings.checked for mark in marks)


def _texts(chapter: ChapterOutline, lines: Sequence[str]) -> Iterator[tuple[QuestionOutline, str]]:
    """Yield the questions of a chapter, each with its lines."""
    starts = (question.location.line - 1 for question in chapter.questions)
    spans = pairwise(chain(starts, [len(lines)]))
    for question, (start, end) in zip(chapter.questions, spans, strict=True):
        yield question, "\n".join(lines[start:end])


def _names_version(text: str, mark: Mark, now: str) -> bool:
    """Tell whether a text names a version: any after the library's name, or the marked or current one."""
    versions = "|".join(re.escape(".".join(version.split(".")[:2])) for version in (mark.version, now))
    library = re.escape(mark.library).replace(r"\-", "[-_. ]")
    return bool(re.search(rf"(?i:\b{library}\W{{1,3}}\d+\.\d)|(?<![\d.])(?:{versions})(?![\d%])", text))


def _names(text: str, library: str, modules: Iterable[str]) -> bool:
    """Tell whether a text names a library or its module; `Flask-WTF` does not name Flask."""
    names = {re.escape(library).replace(r"\-", "[-_. ]"), *map(re.escape, modules)}
    pattern = rf"(?<![\w-])(?:{'|'.join(sorted(names))})(?![\w-])"
    return bool(re.search(pattern, text, re.IGNORECASE))
