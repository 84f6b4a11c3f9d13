"""Checks what was read: each chapter by itself, then what the corpus is as a whole."""

from __future__ import annotations

from builder.chapter_checks import CHAPTER_CHECKS
from builder.corpus_checks import check_outline
from builder.diagnostics import Diagnostic
from builder.model import Chapter, Corpus
from builder.rules import Rulebook, rulebook


def check(corpus: Corpus) -> list[Diagnostic]:
    """Run every check."""
    rules = rulebook(corpus.settings)
    found = [diagnostic for chapter in corpus.chapters for diagnostic in check_chapter(chapter, rules)]
    return found + check_outline(corpus.outline())


def check_chapter(chapter: Chapter, rules: Rulebook) -> list[Diagnostic]:
    """Check a chapter by itself: what is found depends on its text, its pictures and the rules alone."""
    found = [diagnostic for check in CHAPTER_CHECKS for diagnostic in check(chapter)]
    return [*found, *rules.judge_chapter(chapter)]
