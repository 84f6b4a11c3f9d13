"""Which notes are printed as cards: by chapter, level and tag, or what changed since an older release."""

from __future__ import annotations

from dataclasses import dataclass, replace

from builder.anki.note import Deck, Note, Subdeck
from builder.anki.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What notes must be to be printed; of several chapters, levels or tags, one is enough."""

    chapters: frozenset[str] = frozenset()
    """Their numbers, or their files' names without it: `6`, `contexts`."""
    levels: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    """An author's tags; one that others are nested in stands for them."""
    since: Release | None = None
    """What was printed already."""


def select(deck: Deck, selection: Selection, release: Release) -> Deck:
    """Return the part of a deck that is selected, as of its release."""
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


def _changed(since: Release, release: Release) -> set[str]:
    # Of nearly all builds, nothing is compared.
    from builder.anki.plan import compare

    plan = compare(since, release)
    return {line.id for line in (*plan.added, *(change.note for change in plan.changed))}


def _is_selected(subdeck: Subdeck, note: Note, selection: Selection) -> bool:
    chapter = selection.chapters
    return (
        (not chapter or bool(chapter & {str(subdeck.number), f"{subdeck.number:02}", subdeck.slug}))
        and (not selection.levels or note.level in selection.levels)
        and (not selection.tags or any(_is_in(topic, selection.tags) for topic in note.topics))
    )


def _is_in(topic: str, tags: frozenset[str]) -> bool:
    parts = topic.split("::")
    return any("::".join(parts[:length]) in tags for length in range(1, len(parts) + 1))
