"""Messages to the preview's page, as JSON: everything at first, then the changes of each save."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from builder.corpus.kinds import KINDS
from builder.diagnostics import Diagnostic
from builder.preview.cards import ChapterDraft, CorpusDraft, Draft, Finding
from builder.text import count

Json = dict[str, Any]
_MOST_TOLD = 100
"""Maximum questions whose cards are sent at once."""


@dataclass(frozen=True, slots=True)
class Change:
    """Differences between two states of a corpus."""

    chapters: tuple[ChapterDraft, ...]
    """Chapters that changed, complete."""
    drafts: Mapping[str, Draft]
    """Questions whose cards changed or are new, by their ids."""
    changed: int
    """Number of changed cards; then of new ones, and of cards that are gone."""
    new: int
    gone: int

    def __str__(self) -> str:
        counted = (
            f"{count(self.changed, 'card')} changed" if self.changed else "",
            f"{count(self.new, 'card')} new" if self.new else "",
            f"{count(self.gone, 'card')} gone" if self.gone else "",
        )
        return ", ".join(filter(None, counted)) or "no card changed"


def compare(before: CorpusDraft, after: CorpusDraft) -> Change:
    """Compare two states of a corpus; unchanged parts are the same objects in both."""
    chapters = _others(after, before)
    old, new = _drafts(_others(before, after)), _drafts(chapters)
    drafts: dict[str, Draft] = {}
    changed = 0
    for key, draft in new.items():
        last = old.get(key)
        if last is None:
            drafts[key] = draft
        elif draft.digest != last.digest and (now := draft.cards()) != (was := last.cards()):
            drafts[key] = draft
            changed += sum(was[ordinal] != now[ordinal] for ordinal in was.keys() & now.keys())
    return Change(
        chapters=chapters,
        drafts=drafts,
        changed=changed,
        new=len(_cards(new) - _cards(old)),
        gone=len(_cards(old) - _cards(new)),
    )


def _others(corpus: CorpusDraft, known: CorpusDraft) -> tuple[ChapterDraft, ...]:
    same = set(map(id, known.chapters))
    return tuple(chapter for chapter in corpus.chapters if id(chapter) not in same)


def _drafts(chapters: Iterable[ChapterDraft]) -> dict[str, Draft]:
    return {draft.id: draft for chapter in chapters for draft in chapter.drafts}


def _cards(drafts: Mapping[str, Draft]) -> set[tuple[str, int]]:
    return {(key, ordinal) for key, draft in drafts.items() for ordinal in draft.ordinals}


def corpus_json(corpus: CorpusDraft) -> Json:
    """Return everything that the page lists of a corpus, without the cards themselves."""
    return {
        "title": corpus.settings.title,
        "language": corpus.settings.language,
        "chapters": [chapter_json(chapter) for chapter in corpus.chapters],
        "findings": findings_json(corpus.findings),
    }


def chapter_json(chapter: ChapterDraft) -> Json:
    """Return a chapter with its questions."""
    outline = chapter.outline
    return {
        "key": chapter.key,
        "slug": outline.slug,
        "number": outline.number,
        "title": outline.title or outline.path.name,
        "file": str(outline.path),
        "questions": [_draft_json(draft) for draft in chapter.drafts],
    }


def _draft_json(draft: Draft) -> Json:
    question = draft.question
    return {
        "id": question.id,
        "number": draft.number,
        "prompt": question.prompt,
        "kind": question.kind,
        "level": question.level or "",
        "tags": question.tags,
        "line": question.location.line,
        "words": draft.words(),
        "digest": draft.digest,
        "ordinals": draft.ordinals,
        "names": list(map(KINDS[question.kind].card_name, draft.ordinals)),
        "stale": draft.is_stale,
    }


def cards_json(draft: Draft) -> Json:
    """Return the cards of a question."""
    return {
        "digest": draft.digest,
        "cards": [
            {"ordinal": ordinal, "front": sides.front, "back": sides.back}
            for ordinal, sides in draft.cards().items()
        ],
    }


def change_json(change: Change, corpus: CorpusDraft) -> Json:
    """Return what the page needs to follow a change: complete chapters, and the first changed cards.

    The page requests other cards when it shows them.
    """
    return {
        "title": corpus.settings.title,
        "order": [chapter.key for chapter in corpus.chapters],
        "chapters": [chapter_json(chapter) for chapter in change.chapters],
        "cards": {key: cards_json(draft) for key, draft in islice(change.drafts.items(), _MOST_TOLD)},
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
