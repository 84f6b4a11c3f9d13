"""Questions in the preview, with their cards, even while they are being written.

A question with an error keeps its last cards, marked as stale; the rest of its chapter is current. The data
for the page's list is in memory; cards are filled from the compiled chapter on demand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import unescape
from operator import attrgetter
from pathlib import Path

from builder.anki import note_types
from builder.anki.fields import load_note, made_of, split_records
from builder.anki.release import PackedNote, digest
from builder.corpus.model import ChapterOutline, QuestionOutline, Settings
from builder.diagnostics import BuildError, Diagnostic
from builder.markdown.sounds import with_words
from builder.pipeline.compile import CompiledChapter
from builder.preview.reviewer import as_reviewed
from builder.preview.templates import Sides, fill_card, reveal
from builder.runtime.cache import fingerprint, key_of
from builder.runtime.serialize import DAMAGED, dump, load

_ELEMENT = re.compile(r"<[^>]*>")
_SEARCHED = (
    "Prompt",
    "Context",
    "Answer",
    "Solution",
    "Details",
    "Why",
    "Weak answer",
    "Pitfall",
    "Follow-up",
    "Read more",
)
"""Fields in which the page searches for words."""
_LISTED = "listed"
"""Name under which a chapter stores the listed data of its notes."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """Data of a note for the page's list, without its cards."""

    digest: str
    """Digest of the note without its number; each version has another."""
    words: str


@dataclass(frozen=True, slots=True)
class _Listing:
    """Listed data of a chapter's notes, as stored in the cache."""

    notes: tuple[_Listed, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Place of a question's note: a compiled chapter, and the index among its notes."""

    chapter: CompiledChapter
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A question as the preview shows it."""

    question: QuestionOutline
    number: str
    settings: Settings = field(compare=False)
    """Settings of its corpus."""
    digest: str = ""
    """Digest of its note and number; each version of its cards has another."""
    is_stale: bool = False
    """True if its cards are from before an error."""
    source: _Place | PackedNote | None = field(default=None, compare=False, repr=False)
    """Its note, or the place of that; None if the question never was without an error."""

    @property
    def id(self) -> str:
        """The id by which the page requests it."""
        return self.question.id

    @property
    def ordinals(self) -> tuple[int, ...]:
        """The ordinals of its cards."""
        return self.question.cards if self.source else ()

    def words(self) -> str:
        """Return the text of its cards, without mark-up, for searching."""
        if not isinstance(self.source, _Place):
            return _words(self.source) if self.source else ""
        try:
            return _listing(self.source.chapter)[self.source.index].words
        except BuildError:
            return ""

    def note(self) -> PackedNote | None:
        """Load its note; None if it has none, or its chapter is gone in the meantime."""
        if not isinstance(self.source, _Place):
            return self.source
        try:
            record = _records(self.source.chapter)[self.source.index]
        except BuildError:
            return None
        return load_note(record, "", defaultdict(lambda: self.number))

    def cards(self) -> dict[int, Sides]:
        """Fill its cards, by ordinal."""
        note = self.note()
        if note is None:
            return {}
        fields = {name: note.fields.get(name, "") for name, _ in note_types.FIELDS}
        return {
            ordinal: as_reviewed(
                fill_card(*note_types.card_template(file, self.settings), fields, ordinal), fields
            )
            for ordinal in note.cards
            for file in [_template_file(note.type, ordinal)]
        }

    def as_stale(self) -> Draft:
        """Return it marked as stale, with its note in memory, because its file has changed."""
        if self.is_stale:
            return self
        note = self.note()
        return replace(self, digest=self.digest if note else "", is_stale=note is not None, source=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterDraft:
    """A chapter as the preview shows it."""

    outline: ChapterOutline
    drafts: tuple[Draft, ...]
    media: Mapping[str, Path]
    compiled: CompiledChapter = field(compare=False, repr=False)

    @property
    def key(self) -> str:
        """Key that most edits do not change: its file, and its name there if that has several chapters."""
        path, name = self.compiled.task.name
        return f"{path}#{name}" if self.outline.index else str(path)

    def without(self, questions: Container[str]) -> ChapterDraft:
        """Return the chapter without some questions."""
        return replace(self, drafts=tuple(draft for draft in self.drafts if draft.id not in questions))

    def as_stale(self) -> ChapterDraft:
        """Return the chapter marked as stale, while its file cannot be read."""
        return replace(self, drafts=tuple(draft.as_stale() for draft in self.drafts))


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic, and the id of its question, if any."""

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


def draft_chapter(
    chapter: CompiledChapter,
    wrong: Container[int | None],
    numbers: Mapping[str, str],
    last: ChapterDraft | None,
) -> ChapterDraft:
    """Draft a chapter with errors in the questions at some places; `last` is the draft before."""
    outline, former = chapter.outline, last.drafts if last else ()
    before = {draft.id: draft for draft in former}
    settings = chapter.task.settings
    look = f"{settings.language} {settings.labels} {settings.cards}"
    listed = _list_notes(chapter, last.compiled if last else None)
    index_of = {place: index for index, place in enumerate(chapter.rendered) if place not in wrong}
    drafts: list[Draft] = []
    for place, question in enumerate(outline.questions):
        number, index = numbers[question.identity], index_of.get(place)
        if index is not None:
            digest_, source = digest(f"{listed[index].digest} {number} {look}"), _Place(chapter, index)
            drafts.append(
                Draft(question=question, number=number, settings=settings, digest=digest_, source=source)
            )
        elif question.id in before:
            known = before[question.id].as_stale()
            drafts.append(replace(known, question=replace(known.question, location=question.location)))
        else:
            drafts.append(Draft(question=question, number=number, settings=settings))
    # An unanswered question has no cards, or its last ones.
    for question in filter(attrgetter("id"), outline.unanswered):
        known = (
            before[question.id].as_stale()
            if question.id in before
            else Draft(question=question, number="", settings=settings)
        )
        drafts.append(replace(known, question=replace(known.question, location=question.location)))
    drafts.sort(key=lambda draft: draft.question.location)
    if wrong:
        _put_back(drafts, former)
    kept = last.media if last and any(draft.is_stale for draft in drafts) else {}
    media = {**kept, **chapter.media}
    return ChapterDraft(outline=outline, drafts=tuple(_each_once(drafts)), media=media, compiled=chapter)


def _list_notes(chapter: CompiledChapter, last: CompiledChapter | None) -> tuple[_Listed, ...]:
    """Return the listed data of a chapter's notes; data that the last draft had is not read again."""
    stored = _stored(chapter)
    if stored is not None:
        return stored
    known = {each.digest: each for each in (_stored(last) if last else None) or ()}
    listed: list[_Listed] = []
    for record in _records(chapter):
        digest_ = digest(fingerprint() + made_of(record)[1])
        if digest_ not in known:
            known[digest_] = _Listed(digest_, _words(load_note(record, "", defaultdict(str))))
        listed.append(known[digest_])
    chapter.keep(key_of(chapter.key, _LISTED), dump(_Listing(tuple(listed))))
    return tuple(listed)


def _stored(chapter: CompiledChapter) -> tuple[_Listed, ...] | None:
    with suppress(*DAMAGED):
        if stored := chapter.stored(key_of(chapter.key, _LISTED)):
            return load(_Listing, stored).notes
    return None


@lru_cache(maxsize=4)
def _listing(chapter: CompiledChapter) -> tuple[_Listed, ...]:
    """Return the listed data of a chapter's notes; repeated requests for one chapter read it once."""
    return _list_notes(chapter, None)


@lru_cache(maxsize=4)
def _records(chapter: CompiledChapter) -> list[str]:
    """Return the records of a chapter's notes; recently used ones are in memory."""
    return split_records(chapter.part("notes")) if chapter.rendered else []


def _words(note: PackedNote) -> str:
    html = " ".join(note.fields[name] for name in _SEARCHED)
    if note.type == "cloze":
        html = reveal(html, 0, is_question=False)
    return " ".join(unescape(_ELEMENT.sub("", with_words(html))).split())


def _template_file(note_type: str, ordinal: int) -> str:
    """Return the base name of the files of a card's template; a cloze has one template for all cards."""
    templates = note_types.TEMPLATES[note_type]
    return templates[min(ordinal, len(templates) - 1)][1]


def _put_back(drafts: list[Draft], former: Iterable[Draft]) -> None:
    """Put back questions that an error swallowed, each after the one that it followed."""
    place = 0
    for draft in former:
        at = next((index for index, other in enumerate(drafts) if other.id == draft.id), None)
        if at is None:
            drafts.insert(place, draft.as_stale())
            at = place
        place = at + 1


def _each_once(drafts: Iterable[Draft]) -> list[Draft]:
    """Drop the second of two drafts with one id; an error is reported at its place."""
    seen: dict[str, Draft] = {}
    for draft in drafts:
        seen.setdefault(draft.id or str(draft.question.location), draft)
    return list(seen.values())
