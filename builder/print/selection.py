"""Selection of notes: the core; by chapter, level and tag; or what changed since an older release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from builder.diagnostics import BuildError
from builder.text import hyphenated

if TYPE_CHECKING:  # not at run time: `cardpress --help` imports this, through the table of outputs
    from builder.anki.note import Deck, Note, Subdeck
    from builder.anki.release import Release
    from builder.corpus.model import ChapterOutline, Outline, QuestionOutline


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Conditions that a note must meet, all of them; several chapters, levels or tags are alternatives."""

    is_core: bool = False
    """True if only the core is selected."""
    chapters: frozenset[str] = frozenset()
    """Their numbers."""
    levels: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    """Tags of the author; a tag also selects the tags nested in it."""
    since: Release | None = None
    """Earlier release: only notes that are new or changed since then are selected."""

    @property
    def is_of_all(self) -> bool:
        """True if there is no condition, so that all notes are selected."""
        return not (self.is_core or self.chapters or self.levels or self.tags or self.since)

    def names(self, corpus: Outline) -> str:
        """Return the part of a file's name after the corpus's id: `-core-junior`; empty for all notes."""
        slugs = [chapter.slug for chapter in corpus.chapters if _is_named(chapter, self.chapters)]
        parts = (*(["core"] if self.is_core else ()), *sorted(self.levels), *slugs, *sorted(self.tags))
        return "".join(f"-{hyphenated(part, '_.+-')}" for part in parts)

    def ids(self, corpus: Outline) -> frozenset[str]:
        """Return the ids of the selected questions and drills, whether they changed or not."""
        return frozenset(
            question.id
            for chapter in corpus.chapters
            for question in chapter.questions
            if _is_selected(chapter, question, question.tags, self)
        )


EVERYTHING = Selection()


def select(deck: Deck, selection: Selection, release: Release) -> Deck:
    """Return the selected part of a deck, as of its release: questions, and their chapters."""
    if selection.is_of_all:
        return deck
    changed = _changed(selection.since, release) if selection.since else None
    subdecks = (
        replace(
            subdeck,
            notes=tuple(
                note
                for note in subdeck.notes
                if _is_selected(subdeck, note, note.topics, selection)
                and (changed is None or note.id in changed)
            ),
        )
        for subdeck in deck.subdecks
    )
    return replace(deck, subdecks=tuple(subdeck for subdeck in subdecks if subdeck.notes))


def need_questions(deck: Deck) -> None:
    """Raise `BuildError` if a deck has no question for a sheet, which prints no drills."""
    if all(note.is_drill for _, note in deck.notes()):
        raise BuildError("there is no question to print")


def _changed(since: Release, release: Release) -> set[str]:
    # imported here, because few builds compare releases
    from builder.anki.plan import compare

    plan = compare(since, release)
    return {line.id for line in (*plan.added, *(change.note for change in plan.changed))}


def _is_named(chapter: Subdeck | ChapterOutline, numbers: frozenset[str]) -> bool:
    return str(chapter.number) in numbers


def _is_selected(
    chapter: Subdeck | ChapterOutline,
    question: Note | QuestionOutline,
    topics: Iterable[str],
    selection: Selection,
) -> bool:
    return (
        (not selection.chapters or _is_named(chapter, selection.chapters))
        and (not selection.is_core or bool(question.core))
        and (not selection.levels or question.level in selection.levels)
        and (not selection.tags or any(_is_in(topic, selection.tags) for topic in topics))
    )


def _is_in(topic: str, tags: frozenset[str]) -> bool:
    parts = topic.split("::")
    return any("::".join(parts[:length]) in tags for length in range(1, len(parts) + 1))
