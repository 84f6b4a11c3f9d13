"""Rules for the writing of questions in their files, which learners do not see."""

from __future__ import annotations

from collections.abc import Iterator

from builder.checks.rules.rule import Limits, Violation, rule
from builder.corpus.attributes import in_order
from builder.corpus.model import Chapter


@rule(
    "attribute-order",
    is_fixable=True,
    bad="""\
## What is `g` for? {tags="contexts" .junior #g-purpose}

The data of one context.
""",
    good="""\
## What is `g` for? {#g-purpose .junior tags="contexts"}

The data of one context.
""",
)
def attributes_have_one_order(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """An id that is always first is easy to find, and a diff shows only what changed."""
    for question in chapter.all_questions():
        written = question.attributes.written
        ordered = written if question.attributes.is_malformed else in_order(written)
        if ordered != written:
            yield Violation(
                question,
                chapter.source.find(written, question.location.line - 1),
                "the attributes are not in the standard order",
                f"write {ordered}",
            )
