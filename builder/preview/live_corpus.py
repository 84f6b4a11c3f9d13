"""Keeps a corpus while it is being written: a save compiles one chapter, all others are as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from builder.corpus.files import LOCK_FILE, read_source
from builder.corpus.model import ChapterOutline, Outline
from builder.diagnostics import BuildError, Diagnostic
from builder.identity.lockfile import read_corpus_lock, recall
from builder.identity.numbering import number_questions
from builder.pipeline.compile import Compiled, CompiledChapter, compile_corpus
from builder.preview.cards import ChapterDraft, CorpusDraft, Finding, draft_chapter
from builder.runtime.cache import NO_CACHE, Cache


@dataclass
class Drafting:
    """Keeps one corpus between saves: the only thing here that changes."""

    folder: Path
    cache: Cache = NO_CACHE
    _compiled: Compiled | None = None
    _drafted: dict[Path, tuple[Any, ChapterDraft]] = field(default_factory=dict)
    """The chapters, each with all that it was drafted from."""
    _numbers: tuple[Any, Mapping[str, str]] | None = None
    _lock: tuple[Any, Mapping[str, str], Sequence[Diagnostic]] | None = None

    def update(self, now: int) -> CorpusDraft:
        """Compile what has changed, and return the corpus as it is now, whatever its files hold.

        `now` is in seconds since the epoch: what git knows from later is not believed.
        Raises `BuildError` where a file changes meanwhile.
        """
        compiled = compile_corpus(self.folder, self.cache, is_draft=True, since=self._compiled)
        published, damage = self._published(compiled.outline, now)
        found = sorted({*compiled.found(), *damage})
        numbers = self._number(compiled, published)
        errors = [each.location for each in found if each.severity == "error"]
        lines = {place.path: {other.line for other in errors if other.path == place.path} for place in errors}
        outlines = {chapter.path: chapter for chapter in compiled.outline.chapters}
        drafted = {
            chapter.outline.path: self._draft(chapter, lines.get(chapter.outline.path, ()), numbers)
            for chapter in compiled.chapters
        }
        # A file that cannot be read at the moment: what it said last.
        for path in self._drafted.keys() - outlines.keys():
            if path.exists():
                drafted[path] = None, self._drafted[path][1].as_stale()
        self._drafted = drafted
        chapters = sorted(
            (draft for _, draft in drafted.values()), key=lambda draft: (draft.number, draft.slug)
        )
        findings = tuple(_finding(diagnostic, outlines) for diagnostic in found)
        self._compiled = compiled
        return CorpusDraft(settings=compiled.settings, chapters=tuple(chapters), findings=findings)

    def _published(self, outline: Outline, now: int) -> tuple[Mapping[str, str], Sequence[Diagnostic]]:
        """Return the numbers that were ever given, and what is wrong with the lock that keeps them."""
        source, _ = read_source(self.folder / LOCK_FILE)
        key = (source.text, {each.was: each.location for each in outline.questions() if each.was})
        if self._lock is None or self._lock[0] != key:
            lock, found = read_corpus_lock(outline)
            known = lock
            with suppress(BuildError):  # among what is found
                known = recall(outline, lock, now)
            self._lock = (key, known.numbers(), found)
        return self._lock[1:]

    def _number(self, compiled: Compiled, published: Mapping[str, str]) -> Mapping[str, str]:
        """Number the questions; most saves change a text, and nothing of that."""
        key = ([chapter.findings.placeless for chapter in compiled.chapters], published)
        if self._numbers is None or self._numbers[0] != key:
            self._numbers = key, number_questions(compiled.outline, published)
        return self._numbers[1]

    def _draft(
        self, chapter: CompiledChapter, lines: Iterable[int], numbers: Mapping[str, str]
    ) -> tuple[Any, ChapterDraft]:
        """Draft a chapter with errors at some lines, if anything is other than it was; with what it is of."""
        outline = chapter.outline
        wrong = {outline.place_at(line) for line in lines}
        key = (chapter.key, wrong, [numbers[question.identity] for question in outline.questions])
        known, last = self._drafted.get(outline.path, (None, None))
        if last and known == key:
            return key, last
        return key, draft_chapter(chapter, wrong, numbers, last)


def _finding(diagnostic: Diagnostic, outlines: Mapping[Path, ChapterOutline]) -> Finding:
    outline = outlines.get(diagnostic.location.path)
    place = outline.place_at(diagnostic.location.line) if outline else None
    return Finding(diagnostic, outline.questions[place].id if outline and place is not None else "")
