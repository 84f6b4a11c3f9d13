"""The rules for good cards: applies all of them, with the choices of deck.toml and of questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from typing import TypeAlias, cast, get_args

from builder.checks.rules import answers, code, corpus, prompts, writing
from builder.checks.rules.codes import ADVICE, CORPUS_WIDE, NEEDLESS_ALLOW, UNKNOWN_RULE
from builder.checks.rules.rule import Limits, Rule, RuleSeverity, Subject
from builder.corpus.chapter_codes import MISSING_ID
from builder.corpus.model import Chapter, Choices, Outline, Question, QuestionOutline, Settings
from builder.corpus.settings import RuleTable
from builder.diagnostics import Code, Diagnostic

__all__ = [
    "CHAPTER_RULES",
    "CODES",
    "CORPUS_RULES",
    "MENDED",
    "RULES",
    "RULE_TABLE",
    "Rulebook",
    "rulebook",
]

CHAPTER_RULES: tuple[Rule[Chapter], ...] = (
    prompts.prompts_are_short,
    prompts.prompts_ask_for_more_than_yes,
    prompts.lists_have_a_number,
    prompts.chapters_begin_with_what_is_easy,
    answers.answers_take_one_breath,
    answers.drills_are_short,
    answers.answers_begin_with_the_answer,
    answers.prompts_keep_the_answer_back,
    answers.right_options_look_like_the_others,
    answers.options_have_reasons,
    answers.typed_answers_are_short,
    answers.typed_answers_are_on_keyboards,
    code.code_names_its_language,
    code.code_fits_its_column,
    code.code_fits_a_screen,
    code.code_parses,
    writing.attributes_have_one_order,
)
CORPUS_RULES: tuple[Rule[Outline], ...] = (
    corpus.prompts_are_told_apart,
    corpus.tags_have_company,
    corpus.right_options_stand_anywhere,
)
RULES: tuple[Rule[Chapter] | Rule[Outline], ...] = (*CHAPTER_RULES, *CORPUS_RULES)
FIXABLE = (MISSING_ID.name, writing.attributes_have_one_order.code)
"""Codes that `cardpress check --fix` may fix; chapters without such findings are not read again."""
CODES = (*(rule.code for rule in RULES), *(code.name for code in CORPUS_WIDE))
"""Codes of rules, and others, whose severity deck.toml may set."""
RULE_TABLE = RuleTable(
    codes=(*CODES, *ADVICE),
    severities=get_args(RuleSeverity),
    numbers={name: number.default for rule in RULES for name, number in rule.numbers.items()},
)
"""The names that `[rules]` in deck.toml may have."""

Asked = Question | QuestionOutline
_Weighed: TypeAlias = tuple[Rule[Subject], RuleSeverity, Limits]


@dataclass(frozen=True)  # no slots: a cached property needs a `__dict__`
class Rulebook:
    """Rules with a corpus's severities and numbers."""

    chosen: Choices = ()
    language: str = "en"

    @cached_property
    def _by_name(self) -> dict[str, str | int]:
        return dict(self.chosen)

    def severity(self, code: str, default: RuleSeverity = "warning") -> RuleSeverity:
        """Return the severity of a code."""
        return cast(RuleSeverity, self._by_name.get(code, default))

    def judged(self, code: Code, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        """Yield findings of a code that only deck.toml can switch off, with the severity it has there."""
        severity = self.severity(code.name)
        if severity != "off":
            yield from (replace(each, severity=severity) for each in found)

    def limits(self, rule: Rule[Subject]) -> Limits:
        """Return a rule's numbers."""
        return {name: int(self._by_name.get(name, number.default)) for name, number in rule.numbers.items()}

    def keeps(self, rule: Rule[Subject], question: Asked) -> bool:
        """Return whether a question must keep a rule."""
        return self.severity(rule.code, rule.severity) != "off" and not _allows(question, rule.code)

    def weigh(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return findings with the severities that the corpus gives them; some codes may be errors there."""
        weighed = ((found, self._weight(found)) for found in diagnostics)
        return [replace(found, severity=weight) for found, weight in weighed if weight != "off"]

    def _weight(self, found: Diagnostic) -> RuleSeverity:
        is_advice = found.code in ADVICE and found.code in self._by_name
        return self.severity(found.code) if is_advice else found.severity

    def judge_chapter(self, chapter: Chapter) -> Iterator[Diagnostic]:
        """Yield a chapter's violations, and findings about unknown and needless allowances."""
        questions = tuple(chapter.all_questions())
        yield from _unknown(questions)
        yield from self._judge(self._chapter_rules, chapter, questions)

    def judge_outline(self, outline: Outline) -> Iterator[Diagnostic]:
        """Yield a corpus's violations of rules that compare questions."""
        yield from self._judge(self._weighed(CORPUS_RULES), outline, tuple(outline.questions()))

    @cached_property
    def _chapter_rules(self) -> list[_Weighed[Chapter]]:
        return self._weighed(CHAPTER_RULES)

    def _weighed(self, rules: Sequence[Rule[Subject]]) -> list[_Weighed[Subject]]:
        """Return rules with what the corpus chose for them: their severities and numbers."""
        return [(rule, self.severity(rule.code, rule.severity), self.limits(rule)) for rule in rules]

    def _judge(
        self, rules: Sequence[_Weighed[Subject]], subject: Subject, questions: Sequence[Asked]
    ) -> Iterator[Diagnostic]:
        used: defaultdict[str, set[int]] = defaultdict(set)
        languages = {self.language, *(question.language or self.language for question in questions)}
        for rule, severity, limits in rules:
            if severity == "off" or not any(map(rule.suits, languages)):
                continue
            for violation in rule.check(subject, limits):
                asked = violation.question
                if not rule.suits((asked and asked.language) or self.language):
                    continue
                if violation.question and _allows(violation.question, rule.code):
                    used[rule.code].add(id(violation.question))
                else:
                    yield Diagnostic(
                        violation.location,
                        rule.code,
                        violation.message,
                        violation.hint,
                        severity,
                        edits=violation.edits,
                    )
        if (severity := self.severity(NEEDLESS_ALLOW.name)) != "off":
            yield from _needless([rule.code for rule, _, _ in rules], questions, used, severity)


def rulebook(settings: Settings) -> Rulebook:
    """Return the rulebook of a corpus."""
    return Rulebook(settings.rules, settings.language)


def _allows(question: Asked, code: str) -> bool:
    return any(allowance.code == code for allowance in question.allowed)


def _needless(
    codes: Sequence[str], questions: Iterable[Asked], used: Mapping[str, set[int]], severity: RuleSeverity
) -> Iterator[Diagnostic]:
    """Yield findings about needless allowances: the question does not break the rule."""
    assert severity != "off"
    for question in questions:
        for allowance in question.allowed:
            if allowance.code in codes and id(question) not in used.get(allowance.code, ()):
                found = NEEDLESS_ALLOW.at(
                    allowance.location,
                    f"the question does not break the rule {allowance.code!r}",
                    "delete the allowance: it would hide a later mistake",
                )
                yield replace(found, severity=severity)


def _unknown(questions: Iterable[Asked]) -> Iterator[Diagnostic]:
    codes = [rule.code for rule in RULES]
    for question in questions:
        for allowance in question.allowed:
            if allowance.code not in codes:
                near = get_close_matches(allowance.code, codes, n=1, cutoff=0.75)
                yield UNKNOWN_RULE.at(
                    allowance.location,
                    f'unknown rule {allowance.code!r} in allow="…"',
                    f"did you mean {near[0]!r}?"
                    if near
                    else "docs/rules.md lists the rules; other errors must be fixed",
                )
