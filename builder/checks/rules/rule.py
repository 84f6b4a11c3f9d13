"""A rule for good cards: a function with a code, a severity, a reason, and a bad and a good example.

    @rule("yes-no-question", bad="…", good="…")
    def prompts_ask_for_more_than_yes(chapter, limits):
        '''The reason.'''

A rule sees one chapter, or the outline of a whole corpus, and nothing else, so its findings can be cached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Generic, Literal, TypeVar

from builder.corpus.model import Chapter, Outline, Question, QuestionOutline
from builder.diagnostics import Edit, Location

Subject = TypeVar("Subject", Chapter, Outline)
RuleSeverity = Literal["off", "warning", "error"]
"""Severity of a rule's violations; a rule that is off finds nothing."""
Limits = Mapping[str, int]
"""Numbers of a rule, by name."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where a rule is broken: a finding, unless the rule is off or the question is allowed to."""

    question: Question | QuestionOutline | None
    """Question that may allow it; None if it belongs to the chapter."""
    location: Location
    message: str
    hint: str
    edits: tuple[Edit, ...] = ()
    """Edits that fix it, made together by `cardpress check --fix`; empty if there is no fix."""


Check = Callable[[Subject, Limits], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Number:
    """A number that decides when a rule is broken; deck.toml may set another."""

    default: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[Subject]):
    """A rule for good cards."""

    code: str
    check: Check[Subject]
    bad: str
    """Chapter, or questions of one, that break this rule and no other."""
    good: str
    """The bad example, fixed."""
    severity: RuleSeverity = "warning"
    numbers: Mapping[str, Number] = field(default_factory=dict)
    language: str = ""
    """The only language whose words it understands; empty for any."""
    is_fixable: bool = False
    """True if `cardpress check --fix` fixes its findings."""

    @property
    def reason(self) -> str:
        """Reason for the rule: its function's docstring."""
        return getdoc(self.check) or ""

    def suits(self, language: str) -> bool:
        """Return whether the rule can judge texts in a language."""
        return self.language in ("", language.partition("-")[0].lower())


def rule(
    code: str,
    *,
    bad: str,
    good: str,
    severity: RuleSeverity = "warning",
    numbers: Mapping[str, Number] | None = None,
    language: str = "",
    is_fixable: bool = False,
) -> Callable[[Check[Subject]], Rule[Subject]]:
    """Turn a function into a rule; its docstring is the reason."""

    def made(check: Check[Subject]) -> Rule[Subject]:
        return Rule(
            code=code,
            check=check,
            bad=bad,
            good=good,
            severity=severity,
            numbers=numbers or {},
            language=language,
            is_fixable=is_fixable,
        )

    return made
