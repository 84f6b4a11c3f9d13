"""A corpus while it is being written: its cards as far as they can be shown, and all that is wrong with it.

A save brings one chapter: that is read, checked and rendered again, all others are remembered. A question
with an error keeps the card that it had, marked as stale; the rest of its chapter goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any

from builder.checks import check_chapter
from builder.corpus_checks import check_outline
from builder.diagnostics import Diagnostic, Location
from builder.files import chapter_files, read_source
from builder.ledger import read_corpus_lock, recall
from builder.lock import LOCK_FILE
from builder.markdown import Passage, plain_text
from builder.media import PictureError, pictures
from builder.model import Chapter, ChapterOutline, Note, Outline, Question, Settings
from builder.numbers import number_questions
from builder.outputs import apkg
from builder.package import PackedNote, digest
from builder.packing import finished, pack
from builder.preview.card_templates import Sides, fill_card
from builder.preview.reviewer import as_reviewed
from builder.print_checks import check_glyphs
from builder.reader import read_chapter
from builder.render import numbered, render_chapter
from builder.rules import rulebook
from builder.settings import SETTINGS_FILE, read_settings

_ELEMENT = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question as the preview shows it."""

    id: str
    number: str
    prompt: str
    """The words of its heading."""
    kind: str
    level: str
    tags: tuple[str, ...]
    location: Location
    words: str = ""
    """All that its cards say, without mark-up: for searching."""
    cards: Mapping[int, Sides] = field(default_factory=dict)
    """Its cards by ordinal; none where it has an error, and was never without."""
    is_stale: bool = False
    """Whether its cards are those before an error."""

    @property
    def digest(self) -> str:
        """What tells the versions of its cards from each other."""
        return digest(repr(self.cards))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterDraft:
    """A chapter as the preview shows it."""

    path: Path
    slug: str
    number: int
    title: str
    drafts: tuple[Draft, ...]
    media: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic, and the question that it is about, if it is about one."""

    diagnostic: Diagnostic
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusDraft:
    """A corpus as the preview shows it."""

    settings: Settings
    chapters: tuple[ChapterDraft, ...]
    findings: tuple[Finding, ...]

    def drafts(self) -> dict[str, Draft]:
        """Return the questions by their ids."""
        return {draft.id: draft for chapter in self.chapters for draft in chapter.drafts}


@dataclass(frozen=True, slots=True)
class _Read:
    """A chapter that was read and checked, and what its file and pictures were then."""

    text: str
    stamps: Stamps
    chapter: Chapter
    outline: ChapterOutline
    found: tuple[Diagnostic, ...]


Stamps = tuple[tuple[str, int, int], ...]
"""Name, time and size of every file that may be a picture."""


@dataclass
class Drafting:
    """Keeps one corpus's chapters between saves: the only thing here that changes."""

    folder: Path
    _read: dict[Path, _Read] = field(default_factory=dict)
    _drafted: dict[Path, tuple[Any, ChapterDraft]] = field(default_factory=dict)
    _settings: Settings | None = None
    _lock: tuple[Any, Mapping[str, str], Sequence[Diagnostic]] | None = None

    def update(self, now: int) -> CorpusDraft:
        """Read what has changed, and return the corpus as it is now; never raises for what a file holds.

        `now` is in seconds since the epoch: what git knows from later is not believed.
        """
        settings, found = self._read_settings()
        reads, unread = self._read_chapters(settings)
        outline = Outline(
            folder=self.folder, settings=settings, chapters=tuple(read.outline for read in reads)
        )
        published, damage = self._published(outline, now)
        found += [*unread, *damage, *check_outline(outline)]
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
        settings, wrong = read_settings(source)
        found = found or wrong
        # What is wrong is replaced, but not by what the author means: the last that was right is better.
        if _errors(found) and self._settings:
            return self._settings, found
        self._settings = settings
        return settings, found

    def _read_chapters(self, settings: Settings) -> tuple[list[_Read], list[Diagnostic]]:
        paths, found = chapter_files(self.folder)
        stamps = _stamps(self.folder)
        reads: dict[Path, _Read] = {}
        for path in paths:
            source, unread = read_source(path)
            found += unread
            if unread:
                continue
            known = self._read.get(path)
            if known and known.text == source.text and known.stamps in ((), stamps):
                reads[path] = known
                continue
            chapter, wrong = read_chapter(source)
            wrong += check_chapter(chapter, rulebook(settings))
            wrong += check_glyphs(source)
            has_pictures = any(True for passage in chapter.passages() for _ in pictures(passage))
            reads[path] = _Read(
                source.text, stamps if has_pictures else (), chapter, chapter.outline(), tuple(wrong)
            )
        self._read = reads
        return sorted(reads.values(), key=lambda read: (read.chapter.number, read.chapter.slug)), found

    def _published(self, outline: Outline, now: int) -> tuple[Mapping[str, str], Sequence[Diagnostic]]:
        """Return the numbers that were ever given, and what is wrong with the lock that keeps them."""
        source, _ = read_source(self.folder / LOCK_FILE)
        key = (source.text, {question.was: question.location for question in outline.questions()})
        if self._lock is None or self._lock[0] != key:
            lock, found = read_corpus_lock(outline)
            self._lock = (key, recall(outline, lock, now).numbers(), found)
        return self._lock[1:]

    def _draft(
        self, settings: Settings, read: _Read, found: Iterable[Diagnostic], numbers: Mapping[str, str]
    ) -> ChapterDraft:
        chapter, path = read.chapter, read.chapter.source.path
        lines = tuple(error.location.line for error in _errors(found) if error.location.path == path)
        own = tuple(numbers.get(question.identity) for question in chapter.all_questions())
        key = (id(read.chapter), lines, own, settings.id, settings.source)
        known = self._drafted.get(path)
        if known and known[0] == key:
            return known[1]
        last = known[1].drafts if known else ()
        drafts, media = _drafts(settings, self.folder, read.chapter, lines, numbers, last)
        draft = ChapterDraft(
            path=path,
            slug=chapter.slug,
            number=chapter.number,
            title=read.outline.title or path.name,
            drafts=tuple(drafts),
            media={**(known[1].media if known and lines else {}), **media},
        )
        self._drafted[path] = (key, draft)
        return draft


def _drafts(
    settings: Settings,
    folder: Path,
    chapter: Chapter,
    lines: Sequence[int],
    numbers: Mapping[str, str],
    last: Sequence[Draft],
) -> tuple[list[Draft], Mapping[str, Path]]:
    """Draft a chapter's questions; those with errors, at these lines, as they were last."""
    written = list(chapter.all_questions())
    wrong = {_question_at(written, line) for line in lines}
    right = replace(
        chapter,
        introduction=Passage(chapter.source) if lines else chapter.introduction,
        questions=tuple(_without(chapter.questions, wrong)),
    )
    try:
        rendered = render_chapter(right, settings, folder)
    except PictureError:  # in the chapter's title
        return [replace(draft, is_stale=True) for draft in last], {}
    subdeck = numbered(rendered.subdeck, numbers)
    packed = finished(pack(subdeck), "", numbers)
    fresh = {note.id: _fresh(note, fields) for note, fields in zip(subdeck.notes, packed, strict=True)}
    before = {draft.id: draft for draft in last}
    drafts = [
        fresh.get(question.id)
        or _stale(before.get(question.id), question, numbers.get(question.identity, ""))
        for question in written
    ]
    if lines:
        _put_back(drafts, last)
    return _each_once(drafts), rendered.media


def _question_at(questions: Sequence[Question], line: int) -> int | None:
    """Return the place of the question in which a line stands; none where it stands before all."""
    places = [index for index, question in enumerate(questions) if question.location.line <= line]
    return places[-1] if places else None


def _without(questions: Iterable[Question], wrong: set[int | None]) -> Iterator[Question]:
    """Leave out what is wrong, by its place in study order; a good drill of a wrong question stays."""
    place = 0
    for question in questions:
        is_right = place not in wrong
        drills = [drill for offset, drill in enumerate(question.drills, 1) if place + offset not in wrong]
        place += 1 + len(question.drills)
        if is_right:
            yield replace(question, drills=tuple(drills))
        else:
            yield from drills


def _fresh(note: Note, packed: PackedNote) -> Draft:
    fields = {name: packed.fields.get(name, "") for name, _ in apkg.FIELDS}
    shown = (note.prompt, *note.context, *note.lead, note.solution, note.details, *note.sections.values())
    return Draft(
        id=note.id,
        number=note.number,
        prompt=_words(note.prompt),
        kind=note.kind,
        level=note.level,
        tags=note.topics,
        location=note.location,
        words=_words(" ".join(shown)),
        cards={
            ordinal: as_reviewed(fill_card(*apkg.card_template(file), fields, ordinal), fields)
            for ordinal in note.cards
            for file in [_template_file(packed.type, ordinal)]
        },
    )


def _template_file(note_type: str, ordinal: int) -> str:
    """Return the files' name of the template that makes a card: of a cloze there is one for all gaps."""
    templates = apkg.TEMPLATES[note_type]
    return templates[min(ordinal, len(templates) - 1)][1]


def _words(html: str) -> str:
    return " ".join(unescape(_ELEMENT.sub("", html)).split())


def _stale(last: Draft | None, question: Question, number: str) -> Draft:
    if last:
        return replace(last, location=question.location, is_stale=bool(last.cards))
    return Draft(
        id=question.id,
        number=number,
        prompt=plain_text(question.title),
        kind=question.kind,
        level=question.level or "",
        tags=question.tags,
        location=question.location,
    )


def _put_back(drafts: list[Draft], last: Iterable[Draft]) -> None:
    """Put questions that an error swallowed back behind what they stood behind."""
    place = 0
    for draft in last:
        at = next((index for index, other in enumerate(drafts) if other.id == draft.id), None)
        if at is None:
            drafts.insert(place, replace(draft, is_stale=True))
            at = place
        place = at + 1


def _each_once(drafts: Iterable[Draft]) -> list[Draft]:
    """Leave out the second of two that have one id: it is an error at that place."""
    seen: dict[str, Draft] = {}
    for draft in drafts:
        seen.setdefault(draft.id or str(draft.location), draft)
    return list(seen.values())


def _finding(diagnostic: Diagnostic, reads: Iterable[_Read]) -> Finding:
    for read in reads:
        if read.chapter.source.path == diagnostic.location.path:
            written = list(read.chapter.all_questions())
            place = _question_at(written, diagnostic.location.line)
            return Finding(diagnostic, written[place].id if place is not None else "")
    return Finding(diagnostic)


def _errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [diagnostic for diagnostic in found if diagnostic.severity == "error"]


def _stamps(folder: Path) -> Stamps:
    stamps: list[tuple[str, int, int]] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix != ".md" and path.is_file():
            status = path.stat()
            stamps.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(stamps)
