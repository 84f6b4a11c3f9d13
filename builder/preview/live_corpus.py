"""Keeps a corpus in memory while it is being written: a save compiles one chapter, and the others stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

from builder.checks.look import NO_LOOK
from builder.corpus.files import LOCK_FILE, read_source
from builder.corpus.model import ChapterOutline
from builder.design.styles import Look
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.identity.lockfile import read_corpus_lock, recall
from builder.identity.numbering import number_questions
from builder.pipeline.compile import Compiled, CompiledChapter, compile_corpus
from builder.pipeline.outputs import concerns, outputs_of
from builder.preview.cards import ChapterDraft, CorpusDraft, Finding, draft_chapter
from builder.runtime.cache import NO_CACHE, Cache


@dataclass(frozen=True, slots=True)
class _Numbered:
    """The numbers of questions, and findings about the lock, each with the inputs of the computation."""

    key: Any
    places: Any
    numbers: Mapping[str, str]
    damage: Sequence[Diagnostic]


@dataclass
class Drafting:
    """Keeps one corpus between saves. The only mutable object here."""

    folder: Path
    cache: Cache = NO_CACHE
    _compiled: Compiled | None = None
    _drafted: dict[tuple[Path, str], tuple[Any, ChapterDraft]] = field(default_factory=dict)
    """The chapters, by file and name in it, each with the inputs that it was drafted from."""
    _numbered: _Numbered | None = None

    @property
    def look(self) -> Look:
        """Look of its cards, as last compiled."""
        return self._compiled.look if self._compiled else NO_LOOK

    def update(self, now: int) -> CorpusDraft:
        """Compile what has changed, and return the corpus as it is now, even if its files have errors.

        `now` is in seconds since the epoch; later entries in git's history are ignored.
        Raises `BuildError` if a file changes in the meantime.
        """
        compiled = compile_corpus(self.folder, self.cache, is_draft=True, since=self._compiled)
        numbers, damage = self._number(compiled, now)
        names = outputs_of(compiled.settings)
        found = sorted({each for each in (*compiled.diagnostics, *damage) if concerns(each, names)})
        outlines: defaultdict[Path, list[ChapterOutline]] = defaultdict(list)
        for chapter in compiled.outline.chapters:
            outlines[chapter.path].append(chapter)
        wrong: defaultdict[tuple[Path, int], set[int]] = defaultdict(set)
        for each in found:
            if each.stops_all:
                outline = _outline_at(each.location, outlines)
                wrong[each.location.path, outline.index if outline else 0].add(each.location.line)
        broken = {path for path, _ in wrong} & outlines.keys()
        drafted = {
            chapter.task.name: self._draft(
                chapter, wrong[chapter.outline.path, chapter.outline.index], numbers
            )
            for chapter in compiled.chapters
        }
        # If a file cannot be read at the moment, its last drafts stay. If an error swallowed the heading of a
        # chapter, the drafts of its questions stay that are nowhere else.
        there = {question.id for question in compiled.questions()}
        for path, name in self._drafted.keys() - drafted.keys():
            last = self._drafted[path, name][1].as_stale()
            if path in broken:
                last = last.without(there)
            if (path in broken and last.drafts) or (path not in outlines and path.exists()):
                drafted[path, name] = None, last
        self._compiled, self._drafted = compiled, drafted
        chapters = [draft for _, draft in drafted.values()]
        return CorpusDraft(
            settings=compiled.settings,
            chapters=tuple(sorted(chapters, key=lambda draft: (draft.outline.number, draft.outline.slug))),
            findings=tuple(_finding(diagnostic, outlines) for diagnostic in found),
        )

    def _number(self, compiled: Compiled, now: int) -> tuple[Mapping[str, str], Sequence[Diagnostic]]:
        """Number the questions, and return them with findings about the lock.

        Most saves change a text, which affects neither, except for the places of findings.
        """
        source, _ = read_source(self.folder / LOCK_FILE)
        findings = [chapter.findings for chapter in compiled.chapters]
        key = (source.text, compiled.settings, [each.placeless for each in findings])
        places = [each.digest for each in findings]
        known = self._numbered
        if known is None or known.key != key or (known.damage and known.places != places):
            lock, damage = read_corpus_lock(compiled.outline)
            with suppress(BuildError):  # a build reports git's errors
                lock = recall(compiled.outline, lock, now)
            numbers = number_questions(compiled.outline, lock.numbers())
            known = self._numbered = _Numbered(key, places, numbers, damage)
        return known.numbers, known.damage

    def _draft(
        self, chapter: CompiledChapter, lines: Iterable[int], numbers: Mapping[str, str]
    ) -> tuple[Any, ChapterDraft]:
        """Draft a chapter with errors at some lines, if any input changed; return it with its inputs."""
        outline = chapter.outline
        wrong = {outline.place_at(line) for line in lines}
        key = (chapter.key, wrong, [numbers[question.identity] for question in outline.questions])
        known, last = self._drafted.get(chapter.task.name, (None, None))
        if last and known == key:
            return key, last
        return key, draft_chapter(chapter, wrong, numbers, last)


def _outline_at(
    location: Location, outlines: Mapping[Path, Sequence[ChapterOutline]]
) -> ChapterOutline | None:
    """Return the chapter of a file that contains a place."""
    before = [outline for outline in outlines.get(location.path, ()) if outline.line <= location.line]
    return max(before, key=attrgetter("line"), default=None)


def _finding(diagnostic: Diagnostic, outlines: Mapping[Path, Sequence[ChapterOutline]]) -> Finding:
    outline = _outline_at(diagnostic.location, outlines)
    place = outline.place_at(diagnostic.location.line) if outline else None
    return Finding(diagnostic, outline.questions[place].id if outline and place is not None else "")
