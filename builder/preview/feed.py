"""What the preview's page is told, as JSON: all of it at first, then what a save changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from builder.corpus.kinds import KINDS
from builder.diagnostics import Diagnostic
from builder.preview.cards import ChapterDraft, CorpusDraft, Draft, Finding
from builder.preview.templates import Sides
from builder.text import count

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What is other than before in a corpus."""

    chapters: tuple[ChapterDraft, ...]
    """The chapters that changed, whole."""
    drafts: Mapping[str, Draft]
    """The questions whose cards changed or are new, by their ids."""
    changed: int
    """Cards."""
    new: int
    gone: int

    def __str__(self) -> str:
        counted = (
            f"{count(self.changed, 'card')} changed" if self.changed else "",
            f"{count(self.new, 'card')} new" if self.new else "",
            f"{count(self.gone, 'card')} gone" if self.gone else "",
        )
        return ", ".join(filter(None, counted)) or "no card changed"


def compare(before: CorpusDraft | None, after: CorpusDraft) -> Change:
    """Compare two states of a corpus; what did not change is the same object in both."""
    old = before.drafts() if before else {}
    new = after.drafts()
    known = {id(chapter) for chapter in before.chapters} if before else set()
    drafts = {key: draft for key, draft in new.items() if key not in old or draft.cards != old[key].cards}
    sides_before, sides_after = _sides(old), _sides(new)
    both = sides_before.keys() & sides_after.keys()
    return Change(
        chapters=tuple(chapter for chapter in after.chapters if id(chapter) not in known),
        drafts=drafts,
        changed=sum(sides_before[key] != sides_after[key] for key in both),
        new=len(sides_after.keys() - both),
        gone=len(sides_before.keys() - both),
    )


def _sides(drafts: Mapping[str, Draft]) -> dict[tuple[str, int], Sides]:
    return {(key, ordinal): sides for key, draft in drafts.items() for ordinal, sides in draft.cards.items()}


def corpus_json(corpus: CorpusDraft) -> Json:
    """Return all that the page lists of a corpus, without the cards themselves."""
    return {
        "title": corpus.settings.title,
        "language": corpus.settings.language,
        "chapters": [chapter_json(chapter) for chapter in corpus.chapters],
        "findings": findings_json(corpus.findings),
    }


def chapter_json(chapter: ChapterDraft) -> Json:
    """Return a chapter with its questions."""
    return {
        "slug": chapter.slug,
        "number": chapter.number,
        "title": chapter.title,
        "file": str(chapter.path),
        "questions": [_draft_json(draft) for draft in chapter.drafts],
    }


def _draft_json(draft: Draft) -> Json:
    return {
        "id": draft.id,
        "number": draft.number,
        "prompt": draft.prompt,
        "kind": draft.kind,
        "level": draft.level,
        "tags": draft.tags,
        "line": draft.location.line,
        "words": draft.words,
        "digest": draft.digest,
        "ordinals": list(draft.cards),
        "names": list(map(KINDS[draft.kind].card_name, draft.cards)),
        "stale": draft.is_stale,
    }


def cards_json(draft: Draft) -> Json:
    """Return the cards of a question."""
    return {
        "digest": draft.digest,
        "cards": [
            {"ordinal": ordinal, "front": sides.front, "back": sides.back}
            for ordinal, sides in draft.cards.items()
        ],
    }


def change_json(change: Change, corpus: CorpusDraft) -> Json:
    """Return what the page needs to follow a change: whole chapters, and the cards that changed."""
    return {
        "title": corpus.settings.title,
        "order": [str(chapter.path) for chapter in corpus.chapters],
        "chapters": [chapter_json(chapter) for chapter in change.chapters],
        "cards": {key: cards_json(draft) for key, draft in change.drafts.items()},
        "findings": findings_json(corpus.findings),
        "summary": str(change),
    }


def findings_json(findings: Iterable[Finding]) -> list[Json]:
    """Return findings, with the places that an editor opens."""
    return [{**_diagnostic_json(finding.diagnostic), "question": finding.question} for finding in findings]


def _diagnostic_json(diagnostic: Diagnostic) -> Json:
    return {
        "file": str(diagnostic.location.path),
        "line": diagnostic.location.line,
        "column": diagnostic.location.column,
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }
