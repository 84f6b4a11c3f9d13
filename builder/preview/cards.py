"""Questions as the preview shows them: their cards as far as they can be shown while they are being written.

A question with an error keeps the card that it had, marked as stale; the rest of its chapter goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import pairwise
from pathlib import Path

from builder.anki import note_types
from builder.anki.fields import finished, pack
from builder.anki.note import Note
from builder.anki.release import PackedNote, digest
from builder.anki.render import numbered, render_chapter
from builder.corpus.model import Chapter, Question, Settings
from builder.corpus.pictures import PictureError
from builder.diagnostics import Diagnostic, Location
from builder.markdown.parser import Passage, plain_text
from builder.preview.reviewer import as_reviewed
from builder.preview.templates import Sides, fill_card

_ELEMENT = re.compile(r"<[^>]*>")
_DEFINITION = re.compile(r"^[ \t>*+\-0-9.)]*\[[^\]\n]+\]:", re.MULTILINE)
"""Where a link may be defined, which any question of the chapter may use."""


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
    made_of: tuple[object, ...] = ()
    """All that its cards depend on: where that is the same, they are."""

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


Stamps = tuple[tuple[str, int, int], ...]
"""Name, time and size of every file that may be a picture."""


@dataclass(frozen=True, slots=True)
class Drafter:
    """What a chapter's questions are drafted with."""

    settings: Settings
    folder: Path
    numbers: Mapping[str, str]
    stamps: Stamps

    def draft(
        self, chapter: Chapter, lines: Sequence[int], last: Sequence[Draft]
    ) -> tuple[list[Draft], Mapping[str, Path]]:
        """Draft a chapter with errors at some lines, of which `last` is known; with its pictures by name."""
        written = list(chapter.all_questions())
        before = {draft.id: draft for draft in last}
        made_of = {
            question.location: parts
            for question, parts in zip(written, self._made_of(chapter, written), strict=True)
        }
        wrong = {question_at(written, line) for line in lines}
        kept = {
            question.id: replace(before[question.id], location=question.location)
            for place, question in enumerate(written)
            if place not in wrong and _is_still(before.get(question.id), made_of[question.location])
        }
        known = {place for place, question in enumerate(written) if question.id in kept}
        try:
            fresh, media = self._render(chapter, wrong | known, made_of, is_whole=not lines)
        except PictureError:  # in the chapter's title
            return [replace(draft, is_stale=True) for draft in last], {}
        drafts = [
            fresh.get(question.id)
            or kept.get(question.id)
            or _stale(before.get(question.id), question, self.numbers.get(question.identity, ""))
            for question in written
        ]
        if lines:
            _put_back(drafts, last)
        return _each_once(drafts), media

    def _render(
        self,
        chapter: Chapter,
        others: set[int | None],
        made_of: Mapping[Location, tuple[object, ...]],
        *,
        is_whole: bool,
    ) -> tuple[dict[str, Draft], Mapping[str, Path]]:
        """Draft the questions of a chapter but for some, by their places. Raises `PictureError`."""
        some = replace(
            chapter,
            introduction=chapter.introduction if is_whole else Passage(chapter.source),
            questions=tuple(_without(chapter.questions, others)),
        )
        rendered = render_chapter(some, self.settings, self.folder)
        subdeck = numbered(rendered.subdeck, self.numbers)
        notes = zip(subdeck.notes, finished(pack(subdeck), "", self.numbers), strict=True)
        drafts = {note.id: _fresh(note, packed, made_of[note.location]) for note, packed in notes}
        return drafts, rendered.media

    def _made_of(self, chapter: Chapter, written: Sequence[Question]) -> Iterator[tuple[object, ...]]:
        """Yield what the cards of each question depend on."""
        lines, text = chapter.source.lines, chapter.source.text
        shared = (
            text if _DEFINITION.search(text) else "",
            (chapter.number, chapter.slug, plain_text(chapter.title)),
            (self.settings.id, self.settings.source),
        )
        starts = [*(question.location.line - 1 for question in written), len(lines)]
        for question, (start, end) in zip(written, pairwise(starts), strict=True):
            own = "\n".join(lines[start:end])
            number = self.numbers.get(question.identity)
            stamps = self.stamps if "![" in own else ()
            yield own, stamps, question.level, question.tags, number, *shared


def _is_still(last: Draft | None, made_of: tuple[object, ...]) -> bool:
    return last is not None and bool(last.cards) and not last.is_stale and last.made_of == made_of


def question_at(questions: Sequence[Question], line: int) -> int | None:
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


def _fresh(note: Note, packed: PackedNote, made_of: tuple[object, ...]) -> Draft:
    fields = {name: packed.fields.get(name, "") for name, _ in note_types.FIELDS}
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
        made_of=made_of,
        cards={
            ordinal: as_reviewed(fill_card(*note_types.card_template(file), fields, ordinal), fields)
            for ordinal in note.cards
            for file in [_template_file(packed.type, ordinal)]
        },
    )


def _template_file(note_type: str, ordinal: int) -> str:
    """Return the files' name of the template that makes a card: of a cloze there is one for all gaps."""
    templates = note_types.TEMPLATES[note_type]
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
