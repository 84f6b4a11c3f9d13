"""Reports of an import's plan: as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from textwrap import wrap

from builder.anki.plan import Line, Plan
from builder.text import count

_READABLE = 100
"""Maximum columns of a paragraph."""


def as_json(plans: Iterable[tuple[str, str, Plan]]) -> str:
    """Return plans, each with its corpus's id and the learner's release, as a JSON array of objects."""
    return json.dumps(
        [{"corpus": corpus, "against": against, **asdict(plan)} for corpus, against, plan in plans],
        ensure_ascii=False,
        indent=2,
    )


def as_text(corpus: str, against: str, plan: Plan, *, width: int) -> str:
    """Return a plan as tables of at most `width` columns; searches are not wrapped, to be copied whole."""
    return "\n".join((f"{corpus}: for a learner who has {against}", *_lines(plan, width)))


def _lines(plan: Plan, width: int) -> Iterator[str]:
    yield from _table("new", [(line, line.prompt) for line in plan.added], width)
    yield from _table("changed", [(change.note, ", ".join(change.parts)) for change in plan.changed], width)
    yield from _table(
        "edited by this learner, and left as they are", [(line, line.prompt) for line in plan.edited], width
    )
    yield from _table("in another deck", [(move.note, f"was in {move.deck}") for move in plan.moved], width)
    yield from _table("back again", [(line, line.prompt) for line in plan.returned], width)
    yield from _table("gone", [(line, line.prompt) for line in plan.retired], width)
    yield f"{plan.untouched:,} untouched" + ("; all cards get a new look" if plan.is_restyled else "")
    if plan.retagged:
        changed = count(plan.retagged, "changed note")
        yield f"{changed} with tags of this learner's own, which the import replaces"
    if plan.steps:
        yield "\nManual steps (an import cannot do these):"
    for step in plan.steps:
        yield from _paragraph(step.task, 2, width)
        yield from _paragraph(step.how, 4, width)
        yield from ([f"    {step.search}"] if step.search else [])
    if plan.risks:
        yield f"\n{len(plan.risks):,} {'history' if len(plan.risks) == 1 else 'histories'} at risk:"
    for risk in plan.risks:
        yield from _paragraph(f"{risk.note.number} {risk.note.id}: {risk.message}", 2, width)
        yield from _paragraph(risk.fix, 4, width)


def _table(title: str, rows: Sequence[tuple[Line, str]], width: int) -> Iterator[str]:
    if not rows:
        return
    yield f"{len(rows):,} {title}"
    numbers = max(len(line.number) for line, _ in rows)
    ids = max(len(line.id) for line, _ in rows)
    for line, text in rows:
        row = f"  {line.number:{numbers}}  {line.id:{ids}}  {text}"
        yield row if len(row) <= width else f"{row[: width - 1]}…"


def _paragraph(text: str, indent: int, width: int) -> list[str]:
    space = " " * indent
    return wrap(
        text,
        min(width, _READABLE),
        initial_indent=space,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    )
