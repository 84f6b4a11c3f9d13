"""Keeps a corpus while it is being written: a save brings one chapter, all others are remembered.

The chapter is read and checked again, and of its questions those are drafted again whose text is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from builder.checks.glyphs import check_glyphs
from builder.checks.rules import RULE_TABLE, Rulebook, rulebook
from builder.checks.rules.codes import MISSING_GLYPH
from builder.checks.run import check_chapter
from builder.checks.whole import check_outline
from builder.corpus.files import LOCK_FILE, chapter_files, read_source
from builder.corpus.model import Chapter, ChapterOutline, Outline, Settings
from builder.corpus.pictures import SUFFIXES, pictures
from builder.corpus.reader import read_chapter
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.identity.lockfile import read_corpus_lock, recall
from builder.identity.numbering import number_questions
from builder.preview.cards import ChapterDraft, CorpusDraft, Drafter, Finding, Stamps, question_at
from builder.runtime.regular_files import files_below


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A chapter that was read and checked, and what its file, pictures and rules were then."""

    text: str
    stamps: Stamps
    rules: Rulebook
    chapter: Chapter
    outline: ChapterOutline
    placeless: ChapterOutline
    """The same, wherever its questions stand in their file."""
    found: tuple[Diagnostic, ...]


@dataclass
class Drafting:
    """Keeps one corpus's chapters between saves: the only thing here that changes."""

    folder: Path
    _read: dict[Path, _Read] = field(default_factory=dict)
    _drafted: dict[Path, tuple[Any, ChapterDraft]] = field(default_factory=dict)
    _settings: Settings | None = None
    _lock: tuple[Any, Mapping[str, str], Sequence[Diagnostic]] | None = None
    _faultless: Any = None
    """What the corpus was as a whole when nothing was wrong with it as a whole."""

    def update(self, now: int) -> CorpusDraft:
        """Read what has changed, and return the corpus as it is now; never raises for what a file holds.

        `now` is in seconds since the epoch: what git knows from later is not believed.
        """
        settings, found = self._read_settings()
        reads, unread = self._read_chapters(rulebook(settings))
        outline = Outline(
            folder=self.folder, settings=settings, chapters=tuple(read.outline for read in reads)
        )
        published, damage = self._published(outline, now)
        found += [*unread, *damage, *self._check_outline(outline, reads)]
        found += [diagnostic for read in reads for diagnostic in read.found]
        numbers = number_questions(outline, published)
        chapters = [self._draft(settings, read, found, numbers) for read in reads]
        paths = {read.chapter.source.path for read in reads}
        # A file that cannot be read at the moment: what it said last.
        chapters += [
            replace(draft, drafts=tuple(replace(each, is_stale=True) for each in draft.drafts))
            for path, (_, draft) in self._drafted.items()
            if path not in paths and path.exists()
        ]
        self._drafted = {path: kept for path, kept in self._drafted.items() if path.exists()}
        chapters.sort(key=lambda chapter: (chapter.number, chapter.slug))
        findings = tuple(_finding(diagnostic, reads) for diagnostic in sorted(set(found)))
        return CorpusDraft(settings=settings, chapters=tuple(chapters), findings=findings)

    def _read_settings(self) -> tuple[Settings, list[Diagnostic]]:
        source, found = read_source(self.folder / SETTINGS_FILE)
        settings, wrong = read_settings(source, RULE_TABLE)
        found = found or wrong
        # What is wrong is replaced, but not by what the author means: the last that was right is better.
        if _errors(found) and self._settings:
            return self._settings, found
        self._settings = settings
        return settings, found

    def _read_chapters(self, rules: Rulebook) -> tuple[list[_Read], list[Diagnostic]]:
        paths, found = chapter_files(self.folder)
        stamps = _stamps(self.folder)
        reads: dict[Path, _Read] = {}
        for path in paths:
            source, unread = read_source(path)
            found += unread
            if unread:
                continue
            known = self._read.get(path)
            is_known = known and known.text == source.text and known.stamps in ((), stamps)
            if known and is_known and known.rules == rules:
                reads[path] = known
                continue
            chapter, wrong = read_chapter(source)
            wrong += check_chapter(chapter, rules)
            severity = rules.severity(MISSING_GLYPH.name)
            if severity != "off":
                wrong += (replace(found, severity=severity) for found in check_glyphs(source))
            has_pictures = any(True for passage in chapter.passages() for _ in pictures(passage))
            reads[path] = _Read(
                text=source.text,
                stamps=stamps if has_pictures else (),
                rules=rules,
                chapter=chapter,
                outline=(outline := chapter.outline()),
                placeless=_placeless(outline),
                found=tuple(wrong),
            )
        self._read = reads
        return sorted(reads.values(), key=lambda read: (read.chapter.number, read.chapter.slug)), found

    def _published(self, outline: Outline, now: int) -> tuple[Mapping[str, str], Sequence[Diagnostic]]:
        """Return the numbers that were ever given, and what is wrong with the lock that keeps them."""
        source, _ = read_source(self.folder / LOCK_FILE)
        key = (source.text, {question.was: question.location for question in outline.questions()})
        if self._lock is None or self._lock[0] != key:
            lock, found = read_corpus_lock(outline)
            known = lock
            with suppress(BuildError):  # among what is found
                known = recall(outline, lock, now)
            self._lock = (key, known.numbers(), found)
        return self._lock[1:]

    def _check_outline(self, outline: Outline, reads: Sequence[_Read]) -> list[Diagnostic]:
        """Check what chapters are together; most saves change a text, and nothing of that."""
        key = (outline.settings, [read.placeless for read in reads])
        if key == self._faultless:
            return []
        found = check_outline(outline)
        self._faultless = None if found else key
        return found

    def _draft(
        self, settings: Settings, read: _Read, found: Iterable[Diagnostic], numbers: Mapping[str, str]
    ) -> ChapterDraft:
        chapter, path = read.chapter, read.chapter.source.path
        lines = tuple(error.location.line for error in _errors(found) if error.location.path == path)
        own = tuple(numbers.get(question.identity) for question in chapter.all_questions())
        key = (read.text, read.stamps, lines, own, settings.id, settings.source)
        known = self._drafted.get(path)
        if known and known[0] == key:
            return known[1]
        last = known[1].drafts if known else ()
        drafter = Drafter(settings, self.folder, numbers, read.stamps)
        drafts, media = drafter.draft(chapter, lines, last)
        draft = ChapterDraft(
            path=path,
            slug=chapter.slug,
            number=chapter.number,
            title=read.outline.title or path.name,
            drafts=tuple(drafts),
            media={**(known[1].media if known else {}), **media},
        )
        self._drafted[path] = (key, draft)
        return draft


def _placeless(outline: ChapterOutline) -> ChapterOutline:
    nowhere = Location(outline.path)
    return replace(
        outline, questions=tuple(replace(question, location=nowhere) for question in outline.questions)
    )


def _finding(diagnostic: Diagnostic, reads: Iterable[_Read]) -> Finding:
    for read in reads:
        if read.chapter.source.path == diagnostic.location.path:
            written = list(read.chapter.all_questions())
            place = question_at(written, diagnostic.location.line)
            return Finding(diagnostic, written[place].id if place is not None else "")
    return Finding(diagnostic)


def _errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [diagnostic for diagnostic in found if diagnostic.severity == "error"]


def _stamps(folder: Path) -> Stamps:
    stamps: list[tuple[str, int, int]] = []
    for path in files_below(folder):
        with suppress(OSError):  # it has gone since it was found
            if path.suffix.lower() in SUFFIXES and path.is_file():
                status = path.stat()
                stamps.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(sorted(stamps))
