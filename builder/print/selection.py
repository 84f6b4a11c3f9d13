"""Which notes are printed as cards: by chapter, level and tag, or what changed since an older release."""

from __future__ import annotations

from dataclasses import dataclass, replace

from builder.anki.note import Deck, Note, Subdeck
from builder.anki.release import Release
from builder.diagnostics import BuildError


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What notes must be to be printed; of several chapters, levels or tags, one is enough."""

    chapters: frozenset[str] = frozenset()
    """Their numbers."""
    levels: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    """An author's tags; one that others are nested in stands for them."""
    since: Release | None = None
    """What was printed already."""

    @property
    def is_of_all(self) -> bool:
        """Whether nothing is chosen, so that all is meant."""
        return not (self.chapters or self.levels or self.tags or self.since)


def select(deck: Deck, selection: Selection, release: Release) -> Deck:
    """Return the part of a deck that is selected, as of its release: questions, and their chapters."""
    if selection.is_of_all:
        return deck
    changed = _changed(selection.since, release) if selection.since else None
    subdecks = (
        replace(
            subdeck,
            notes=tuple(
                note
                for note in subdeck.notes
                if _is_selected(subdeck, note, selection) and (changed is None or note.id in changed)
            ),
        )
        for subdeck in deck.subdecks
    )
    return replace(deck, subdecks=tuple(subdeck for subdeck in subdecks if subdeck.notes))


def need_questions(deck: Deck) -> None:
    """Raise `BuildError` where a deck has no question for a sheet, which prints no drills."""
    if all(note.is_drill for _, note in deck.notes()):
        raise BuildError("there is no question to print")


def _changed(since: Release, release: Release) -> set[str]:
    # Of nearly all builds, nothing is compared.
    from builder.anki.plan import compare

    plan = compare(since, release)
    return {line.id for line in (*plan.added, *(change.note for change in plan.changed))}


def _is_selected(subdeck: Subdeck, note: Note, selection: Selection) -> bool:
    chapter = selection.chapters
    return (
        (not chapter or str(subdeck.number) in chapter)
        and (not selection.levels or note.level in selection.levels)
        and (not selection.tags or any(_is_in(topic, selection.tags) for topic in note.topics))
    )


def _is_in(topic: str, tags: frozenset[str]) -> bool:
    parts = topic.split("::")
    return any("::".join(parts[:length]) in tags for length in range(1, len(parts) + 1))
