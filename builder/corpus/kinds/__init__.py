"""The kinds of questions: a module each, and the table of all of them."""

from __future__ import annotations

from builder.corpus.kinds.choice import CHOICE
from builder.corpus.kinds.cloze import CLOZE
from builder.corpus.kinds.occlusion import OCCLUSION
from builder.corpus.kinds.plain import PLAIN
from builder.corpus.kinds.reversed import REVERSED
from builder.corpus.kinds.spec import KindSpec
from builder.corpus.kinds.typed import TYPED
from builder.corpus.model import Question, QuestionOutline

__all__ = ["DEFAULT", "KINDS", "KindSpec", "kind_of"]

_ALL = (
    PLAIN,
    REVERSED,
    CLOZE,
    TYPED,
    CHOICE,
    OCCLUSION,
)
KINDS: dict[str, KindSpec] = {kind.name: kind for kind in _ALL}
"""All kinds by name, in the order of every list of them."""
DEFAULT = PLAIN.name
"""Kind of a question whose heading has no class of a kind; it has no class itself."""


def kind_of(question: Question | QuestionOutline) -> KindSpec:
    """Return the kind of a question."""
    return KINDS[question.kind]
