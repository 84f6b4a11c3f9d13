"""Renders a corpus once for all outputs: passages become HTML, and questions become notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from urllib.parse import quote

from builder.anki.note import Note, Subdeck, Table
from builder.corpus.images import image_path, images, media_name
from builder.corpus.kinds import kind_of
from builder.corpus.model import CORE, Chapter, Question, Role, Settings
from builder.corpus.reference import Reference
from builder.faults import at_chapter, at_question
from builder.identity.guid import own_guid
from builder.markdown.parser import ClozeForm, Passage, plain_text, to_html


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered chapter without its notes' numbers, which depend on earlier builds."""

    subdeck: Subdeck
    media: Mapping[str, Path]
    """Image files by the names that the notes use."""


def render_chapter(chapter: Chapter, settings: Settings, folder: Path) -> Rendered:
    """Render a checked chapter. Of the settings, it uses only the corpus's id and source."""
    renderer = _Renderer(settings, folder)
    with at_chapter(chapter.source.path):
        return Rendered(renderer.subdeck(chapter), renderer.media)


def render_tables(reference: Reference) -> tuple[Table, ...]:
    """Render the tables of a reference.md, which have no images."""
    return tuple(
        Table(
            id=table.id,
            title=to_html(table.title, {}),
            rows=tuple((to_html(key, {}), to_html(meaning, {})) for key, meaning in table.rows),
            note=to_html(table.note, {}),
            answers=table.answers,
            rank=table.rank,
            location=table.location,
        )
        for table in reference.tables
    )


def numbered(subdeck: Subdeck, numbers: Mapping[str, str]) -> Subdeck:
    """Return a chapter with its notes' numbers, taken from a mapping by identity."""
    notes = tuple(replace(note, number=numbers[note.question]) for note in subdeck.notes)
    return replace(subdeck, notes=notes)


@dataclass
class _Renderer:
    """Renders the parts of one chapter, and collects its images."""

    settings: Settings
    folder: Path
    media: dict[str, Path] = field(default_factory=dict)

    def subdeck(self, chapter: Chapter) -> Subdeck:
        drills = {drill.id for question in chapter.questions for drill in question.drills}
        return Subdeck(
            number=chapter.number,
            slug=chapter.slug,
            words=plain_text(chapter.title),
            title=self.html(chapter.title),
            introduction=self.blocks(chapter.introduction),
            notes=tuple(
                self.note(chapter, question, is_drill=question.id in drills)
                for question in chapter.all_questions()
            ),
        )

    def note(self, chapter: Chapter, question: Question, *, is_drill: bool) -> Note:
        with at_question(question.location, question.id):
            return self.whole_note(chapter, question, is_drill=is_drill)

    def whole_note(self, chapter: Chapter, question: Question, *, is_drill: bool) -> Note:
        """Render all parts of a question."""
        sections = {section.role: self.html(section.body) for section in question.sections}
        others = (
            f"<h3>{self.html(section.title)}</h3>\n{self.html(section.body)}"
            for section in question.sections
            if section.role is None
        )
        prompt, context = self.html(question.title), self.blocks(question.context)
        shown = kind_of(question).show(
            replace(question, language=question.language or self.settings.language), self.html
        )
        return Note(
            id=question.id,
            guid=own_guid(self.settings.id, question),
            type=kind_of(question).note_type,
            question=question.identity,
            is_drill=is_drill,
            number="",
            level=question.level or "",
            shown_level=escape(getattr(self.settings.labels, question.level)) if question.level else "",
            core=question.core,
            topics=question.tags,
            tags=self.tags(chapter, question),
            kind=question.kind,
            prompt=prompt,
            context=context,
            lead=shown.lead,
            options=shown.options,
            solution=shown.solution,
            cloze=shown.cloze,
            open=shown.open,
            solved=shown.solved,
            brief=shown.brief,
            fields=shown.fields,
            cards=cards_of(question),
            details="\n".join(filter(None, (self.html(question.details), *others))),
            sections={role: sections.get(role, "") for role in Role},
            source=self.source(chapter, question),
            language=question.language,
            location=question.location,
        )

    def tags(self, chapter: Chapter, question: Question) -> tuple[str, ...]:
        """Return Anki's tags, below the corpus's id so that they never mix with the learner's."""
        # The number tells it from a topic of the same name, as Anki's editor shows only a tag's last part.
        names = {f"chapter::{chapter.number:02}-{chapter.slug}", *question.tags}
        if question.level:
            names.add(f"level::{question.level}")
        # Only on these, and without a rank: a new tag is an update, which replaces learners' own tags.
        if question.core:
            names.add(CORE)
        return tuple(sorted(f"{self.settings.id}::{name}" for name in names))

    def source(self, chapter: Chapter, question: Question) -> str:
        """Return a note's source: its chapter and id, as a link if the corpus is on the web."""
        settings = self.settings
        place = f"{settings.id}/{chapter.slug}#{question.id}"
        if not settings.source:
            return escape(place)
        url = f"{settings.source.rstrip('/')}/{quote(chapter.source.path.name)}"
        return f'<a href="{escape(url)}">{escape(place)}</a>'

    def blocks(self, passage: Passage) -> tuple[str, ...]:
        return tuple(filter(None, map(self.html, passage.blocks())))

    def html(self, passage: Passage, show: ClozeForm = ClozeForm.WRITTEN) -> str:
        names: dict[str, str] = {}
        for _, image in images(passage):
            src = str(image.attrs["src"])
            path = image_path(src, passage.source.path, self.folder)
            names[src] = media_name(path)
            self.media[names[src]] = path
        return to_html(passage, names, show)


def cards_of(question: Question) -> tuple[int, ...]:
    """Return the ordinals of a question's cards."""
    return question.cards
