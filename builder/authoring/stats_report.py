"""Reports of a corpus's statistics: as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from builder.authoring.stats import LEVELS, Counts, Stats
from builder.corpus.kinds import KINDS
from builder.text import count

_WIDTH = 80
"""Maximum columns of a table."""
_TITLE = 32
"""Maximum columns of a chapter's title."""
_TAGS = 20
_ANSWERS = 5
"""Maximum tags, and maximum answers, in the text."""


def as_json(corpora: Iterable[Stats]) -> str:
    """Return statistics as a JSON array of objects; docs/writing.md describes their stable shape."""
    return json.dumps([_object(stats) for stats in corpora], ensure_ascii=False, indent=2)


def _object(stats: Stats) -> dict[str, Any]:
    return {
        "corpus": stats.id,
        "title": stats.title,
        "chapters": [
            {
                "number": chapter.number,
                "title": chapter.title,
                "file": chapter.file,
                **_counts(chapter.counts),
            }
            for chapter in stats.chapters
        ],
        "total": _counts(stats.total),
        "tags": dict(stats.tags),
        "longest": [
            {"id": answer.id, "place": answer.place, "words": answer.words, "code_lines": answer.code_lines}
            for answer in stats.longest
        ],
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "questions": counts.questions,
        "drills": counts.drills,
        "core": counts.core,
        "cards": counts.cards,
        "words": counts.words,
        "code_lines": counts.code_lines,
        "minutes": counts.minutes,
        "kinds": dict(counts.kinds),
        "levels": dict(counts.levels),
        "unanswered": counts.unanswered,
    }


def as_text(stats: Stats, *, width: int) -> str:
    """Return statistics as tables of at most 80 columns, or `width` if that is less."""
    return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in _lines(stats))


def _lines(stats: Stats) -> Iterator[str]:
    yield f"{stats.id}: {stats.title}"
    rows = [(f"{chapter.number:>2} {chapter.title}", chapter.counts) for chapter in stats.chapters]
    rows += [("   All", stats.total)] if len(rows) != 1 else []
    yield ""
    yield from _table(
        "How much",
        ("questions", "drills", "cards", "words", "minutes"),
        [(title, (of.questions, of.drills, of.cards, of.words, of.minutes)) for title, of in rows],
    )
    yield ""
    yield from _table(
        "Kinds", tuple(KINDS), [(title, [of.kinds[kind] for kind in KINDS]) for title, of in rows]
    )
    yield ""
    yield from _table(
        "Levels, and the core",
        (*LEVELS, "core"),
        [(title, [*(of.levels[level] for level in LEVELS), of.core]) for title, of in rows],
    )
    if stats.total.unanswered:
        yield ""
        yield f"{count(stats.total.unanswered, 'question')} without an answer yet, in no output"
    if stats.tags:
        yield ""
        yield f"{len(stats.tags):,} {'tag' if len(stats.tags) == 1 else 'tags'}"
        yield from _wrapped([f"{tag} {number:,}" for tag, number in stats.tags.items()][:_TAGS])
    if stats.longest:
        yield ""
        yield "The longest answers"
    for answer in stats.longest[:_ANSWERS]:
        code = f", {answer.code_lines} lines of code" if answer.code_lines else ""
        yield f"  {answer.words:,} words{code}: {answer.id}"
        yield f"    {answer.place}"


def _table(title: str, heads: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> Iterator[str]:
    """Yield the lines of a table of numbers; zeros are dots. Many columns leave less room for titles."""
    widths = [max(len(head) + 2, 8) for head in heads]
    room = min(_TITLE, _WIDTH - 2 - sum(widths))
    yield f"{title:{room + 2}}" + "".join(map(_right, heads, widths))
    for name, numbers in rows:
        short = name if len(name) <= room else f"{name[: room - 1]}…"
        yield f"  {short:{room}}" + "".join(map(_right, (f"{n:,}" if n else "·" for n in numbers), widths))


def _right(text: str, width: int) -> str:
    return f"{text:>{width}}"


def _wrapped(entries: Sequence[str]) -> Iterator[str]:
    line = "  "
    for entry in entries:
        if len(line) + len(entry) > 78:
            yield line.rstrip(" ,") + ","
            line = "  "
        line += f"{entry}, "
    yield line.rstrip(" ,")
