"""What the checks of each kind of question refuse."""

from __future__ import annotations

from itertools import chain

from builder.checks.catalogue.entry import Entry, because
from builder.corpus.kinds import KINDS, KindSpec


def entries_of(kind: KindSpec) -> tuple[Entry, ...]:
    """Return what the catalogue says of a kind's own codes."""
    return tuple(
        Entry(code=example.code, reason=because(check.run), bad=example.bad, good=example.good)
        for check in kind.checks
        for example in check.examples
    )


OF_KINDS: tuple[Entry, ...] = tuple(chain.from_iterable(map(entries_of, KINDS.values())))
