"""Runs the checks: on each chapter by itself, then on the corpus as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from builder.checks.content import CHAPTER_CHECKS
from builder.checks.glyphs import check_glyphs
from builder.checks.rules import Rulebook
from builder.checks.rules.codes import MISSING_GLYPH
from builder.corpus.kinds import KINDS
from builder.corpus.model import Chapter
from builder.diagnostics import Diagnostic
from builder.faults import Work, at_chapter, at_question, pin_down
from builder.markdown.parser import Passage


def check_chapter(chapter: Chapter, rules: Rulebook) -> list[Diagnostic]:
    """Check a chapter by itself. The findings depend only on its text, its images and the rules."""
    found: list[Diagnostic] = []
    with at_chapter(chapter.source.path):
        of_kinds = chain.from_iterable(kind.checks for kind in KINDS.values())
        checks: tuple[Callable[[Chapter], Iterable[Diagnostic]], ...] = (
            *of_kinds,
            *CHAPTER_CHECKS,
            rules.judge_chapter,
            lambda chapter: rules.judged(MISSING_GLYPH, _glyphs(chapter)),
        )
        for each in checks:
            found += _findings(each, chapter)
    return rules.weigh(found)


def _glyphs(chapter: Chapter) -> Iterator[Diagnostic]:
    return check_glyphs(chapter.source, chapter.start, chapter.end)


def _findings(check: Callable[[Chapter], Iterable[Diagnostic]], chapter: Chapter) -> list[Diagnostic]:
    try:
        return list(check(chapter))
    except Exception as error:
        pin_down(error, lambda part: list(check(part)), _parts(chapter))
        raise


def _parts(chapter: Chapter) -> Iterator[tuple[Work, Chapter]]:
    """Yield a chapter without its questions, then with one question at a time."""
    yield at_chapter(chapter.source.path), replace(chapter, questions=())
    bare = replace(chapter, introduction=Passage(chapter.source))
    for question in chapter.all_questions():
        only = replace(bare, questions=(replace(question, drills=()),))
        yield at_question(question.location, question.id or question.prompt), only
