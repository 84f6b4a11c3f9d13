"""Finds questions to check again, because they were checked against another version of a library."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from builder.corpus.model import ChapterOutline, Outline, QuestionOutline
from builder.corpus.versions import CheckedVersion

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
    checked: CheckedVersion
    now: str
    """Current version of the library."""
    is_about_it: bool
    """True if the question names the library, or has a version of its own."""
    is_about_a_version: bool
    """True if it also names a version, which has most likely changed."""


def outdated(corpus: Outline, now: Mapping[str, Library], lines_of: LinesOf) -> Iterator[Outdated]:
    """Yield the questions of a corpus that were checked against other versions than those in `now`.

    A question's own version of a library replaces its chapter's.
    """
    versions = dict(corpus.settings.checked)
    begins = {(chapter.path, chapter.index): chapter.line for chapter in corpus.chapters}
    for chapter in corpus.chapters:
        of_chapter = versions.get(chapter.path.stem, ())
        if not of_chapter and not any(question.id in versions for question in chapter.questions):
            continue
        following = begins.get((chapter.path, chapter.index + 1))
        lines = lines_of(chapter.path)[: following and following - 1]
        for question, text in _texts(chapter, lines):
            own = versions.get(question.id, ())
            named = {checked.library for checked in own}
            for checked in (*own, *(checked for checked in of_chapter if checked.library not in named)):
                library = now.get(checked.library)
                if library and not checked.is_met_by(library.version):
                    is_about_it = checked in own or _names(text, checked.library, library.modules)
                    is_versioned = is_about_it and _names_version(text, checked, library.version)
                    yield Outdated(question, checked, library.version, is_about_it, is_versioned)


def checked_libraries(corpus: Outline) -> frozenset[str]:
    """Return the libraries that a corpus was checked against."""
    return frozenset(checked.library for _, versions in corpus.settings.checked for checked in versions)


def _texts(chapter: ChapterOutline, lines: Sequence[str]) -> Iterator[tuple[QuestionOutline, str]]:
    """Yield the questions of a chapter, each with its lines."""
    starts = (question.location.line - 1 for question in chapter.questions)
    spans = pairwise(chain(starts, [len(lines)]))
    for question, (start, end) in zip(chapter.questions, spans, strict=True):
        yield question, "\n".join(lines[start:end])


def _names_version(text: str, checked: CheckedVersion, now: str) -> bool:
    """Tell whether a text names a version: any after the library's name, or the checked or current one."""
    versions = "|".join(re.escape(".".join(version.split(".")[:2])) for version in (checked.version, now))
    library = re.escape(checked.library).replace(r"\-", "[-_. ]")
    return bool(re.search(rf"(?i:\b{library}\W{{1,3}}\d+\.\d)|(?<![\d.])(?:{versions})(?![\d%])", text))


def _names(text: str, library: str, modules: Iterable[str]) -> bool:
    """Tell whether a text names a library or its module; `Flask-WTF` does not name Flask."""
    names = {re.escape(library).replace(r"\-", "[-_. ]"), *map(re.escape, modules)}
    pattern = rf"(?<![\w-])(?:{'|'.join(sorted(names))})(?![\w-])"
    return bool(re.search(pattern, text, re.IGNORECASE))
