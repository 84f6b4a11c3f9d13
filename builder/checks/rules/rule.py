"""What a rule for good cards is: a function with a code, a severity, a reason, and a bad and a good example.

    @rule("yes-no-question", bad="…", good="…")
    def prompts_ask_for_more_than_yes(chapter, limits):
        '''The reason.'''

A rule sees one chapter, or the outline of a whole corpus, and nothing else: what it finds can be kept.
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
"""How serious it is to break a rule; a rule that is off finds nothing."""
Limits = Mapping[str, int]
"""A rule's numbers, by name."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A place where a rule is broken: a finding, if the corpus keeps the rule and the question may not."""

    question: Question | QuestionOutline | None
    """Whose question it is, and so which may allow it; none for what belongs to a chapter."""
    location: Location
    message: str
    hint: str
    edits: tuple[Edit, ...] = ()
    """What `cardpress check --fix` does about it."""


Check = Callable[[Subject, Limits], Iterator[Violation]]


@dataclass(frozen=True, slots=True)
class Number:
    """A number that decides when a rule is broken; deck.toml may choose another."""

    default: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[Subject]):
    """A rule for good cards."""

    code: str
    check: Check[Subject]
    bad: str
    """A chapter, or the questions of one, that break this rule and no other."""
    good: str
    """The same, mended."""
    severity: RuleSeverity = "warning"
    numbers: Mapping[str, Number] = field(default_factory=dict)
    language: str = ""
    """The only language whose words it understands; any if it is empty."""
    is_mended: bool = False
    """Whether `cardpress check --fix` mends what it finds."""

    @property
    def reason(self) -> str:
        """Why there is such a rule."""
        return getdoc(self.check) or ""

    def suits(self, language: str) -> bool:
        """Tell whether the rule can judge texts of a language."""
        return self.language in ("", language.partition("-")[0].lower())


def rule(
    code: str,
    *,
    bad: str,
    good: str,
    severity: RuleSeverity = "warning",
    numbers: Mapping[str, Number] | None = None,
    language: str = "",
    is_mended: bool = False,
) -> Callable[[Check[Subject]], Rule[Subject]]:
    """Make a function a rule; its docstring is the reason."""

    def made(check: Check[Subject]) -> Rule[Subject]:
        return Rule(
            code=code,
            check=check,
            bad=bad,
            good=good,
            severity=severity,
            numbers=numbers or {},
            language=language,
            is_mended=is_mended,
        )

    return made
