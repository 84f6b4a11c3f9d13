"""Catalogue entries: the description of a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import getdoc
from textwrap import indent
from typing import Any

from builder.checks.rules.codes import ADVICE
from builder.checks.rules.rule import Number, Rule, RuleSeverity
from builder.diagnostics import Code, Examples


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A code that `cardpress check` reports: its reason, and an example, wrong and fixed."""

    code: str
    reason: str
    bad: str
    good: str
    of: Examples = "chapter"
    severity: RuleSeverity = "error"
    is_rule: bool = False
    """True if it can be switched off, in deck.toml or at a question."""
    is_corpus_wide: bool = False
    """True if only deck.toml can switch it off, and no question can allow it."""
    is_fixable: bool = False
    """True if `cardpress check --fix` fixes it."""
    numbers: Mapping[str, Number] = field(default_factory=dict)
    language: str = ""

    @staticmethod
    def of_code(
        code: Code, reason: str = "", *, is_rule: bool = False, is_corpus_wide: bool = False
    ) -> Entry:
        """Return the entry of a code; `reason`, from its check, is for a code that has none of its own."""
        return Entry(
            code=code.name,
            reason=code.reason or reason,
            bad=code.bad,
            good=code.good,
            of=code.of,
            severity=code.severity,
            is_rule=is_rule,
            is_corpus_wide=is_corpus_wide,
            is_fixable=code.is_fixable,
        )

    @staticmethod
    def of_rule(rule: Rule[Any]) -> Entry:
        """Return the entry of a rule for good cards."""
        return Entry(
            code=rule.code,
            reason=" ".join(rule.reason.split()),
            bad=rule.bad,
            good=rule.good,
            severity=rule.severity,
            is_rule=True,
            is_fixable=rule.is_fixable,
            numbers=rule.numbers,
            language=rule.language,
        )

    @property
    def title(self) -> str:
        """The code as words, with a capital letter."""
        words = self.code.replace("-", " ")
        return words[0].upper() + words[1:]

    @property
    def switches(self) -> str:
        """How to switch it off, as Markdown; or a note that it cannot be switched off."""
        if self.code in ADVICE:
            return f'In deck.toml, under `[rules]`: `{self.code} = "error"`, or `"off"`.'
        if not self.is_rule:
            return "An error of structure: it cannot be switched off." if self.severity == "error" else ""
        off = f'In deck.toml, under `[rules]`: `{self.code} = "off"`, or `"error"`'
        if not self.is_corpus_wide:
            off += f'; at one question: `allow="{self.code}"`'
        numbers = "".join(
            f" `{name} = {number.default}` is the number of {number.meaning}."
            for name, number in self.numbers.items()
        )
        return f"{off}.{numbers}"

    def as_markdown(self) -> str:
        """Return the description as Markdown."""
        parts = [self.reason]
        for name, example in self._examples():
            parts.append(f"{name}: {example}" if self.of == "words" else f"{name}:\n\n{self.fenced(example)}")
        return "\n\n".join(filter(None, (*parts, self.switches, self.fixing)))

    @property
    def fixing(self) -> str:
        """Sentence that says that --fix fixes it; empty if it does not."""
        return "`cardpress check --fix` fixes it." if self.is_fixable else ""

    def fenced(self, example: str) -> str:
        """Return an example as a block of code, shortened if it is very long."""
        return f"````{'toml' if self.of == 'settings' else 'markdown'}\n{_shortened(example.rstrip())}\n````"

    def help_text(self) -> str:
        """Return the description as plain text."""
        examples = (f"{name}:\n\n{indent(example.strip(), '    ')}" for name, example in self._examples())
        return "\n\n".join(filter(None, (self.reason, *examples, self.switches, self.fixing)))

    def _examples(self) -> tuple[tuple[str, str], tuple[str, str]]:
        return ("Wrong", _shortened(self.bad)), ("Right", _shortened(self.good))


_MOST_LINES = 40
"""Maximum lines of an example that is shown whole."""
_SHOWN_LINES = 15
"""Lines shown of a longer example, from its beginning."""


def _shortened(example: str) -> str:
    lines = example.split("\n")
    if len(lines) <= _MOST_LINES:
        return example
    more = len(lines) - _SHOWN_LINES
    return "\n".join((*lines[:_SHOWN_LINES], f"<!-- and so on: {more} more lines -->"))


def because(check: Callable[..., Any]) -> str:
    """Return the reason that a check's docstring gives."""
    return " ".join((getdoc(check) or "").split())
