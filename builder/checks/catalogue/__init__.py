"""All codes of `cardpress check`, from the modules that declare them, for docs/rules.md and SARIF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from types import ModuleType

from builder.checks import look_codes, making_codes
from builder.checks.catalogue.entry import Entry, because
from builder.checks.content import CHAPTER_CHECKS
from builder.checks.rules import RULES
from builder.checks.rules.codes import CORPUS_WIDE, UNKNOWN_RULE
from builder.checks.whole import CORPUS_CHECKS
from builder.corpus import chapter_codes, files, front_matter, reference, settings
from builder.corpus.kinds import KINDS
from builder.diagnostics import Check, Code
from builder.identity import adopted, git, lock, lockfile, vanished
from builder.runtime import regular_files

__all__ = ["CATALOGUE", "CONTENT", "GOOD_CARDS", "STRUCTURE", "WHOLE", "Entry"]


def _declared(*modules: ModuleType) -> Iterator[Entry]:
    """Yield the codes that modules declare, in their order."""
    for module in modules:
        yield from (Entry.of_code(value) for value in vars(module).values() if isinstance(value, Code))


def _checked(checks: Iterable[object]) -> Iterator[Entry]:
    """Yield the codes that checks declare, in their order."""
    for check in checks:
        if isinstance(check, Check):
            yield from (Entry.of_code(code, because(check.function)) for code in check.codes)


GOOD_CARDS: tuple[Entry, ...] = (
    *map(Entry.of_rule, RULES),
    *(Entry.of_code(code, is_rule=True, is_corpus_wide=True) for code in CORPUS_WIDE),
)
STRUCTURE = (*_declared(chapter_codes, front_matter, files, regular_files), Entry.of_code(UNKNOWN_RULE))
CONTENT = (
    *_checked(CHAPTER_CHECKS),
    *_checked(chain.from_iterable(kind.checks for kind in KINDS.values())),
)
WHOLE = (
    *_checked(CORPUS_CHECKS),
    *_declared(settings, reference, lock, adopted, vanished, lockfile, git, look_codes, making_codes),
)
CATALOGUE: Mapping[str, Entry] = {entry.code: entry for entry in chain(STRUCTURE, CONTENT, WHOLE, GOOD_CARDS)}
"""Entries of all codes, by code."""
