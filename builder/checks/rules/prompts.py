"""Rules for prompts: they should be short, and have answers that can be graded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.checks.rules.rule import Limits, Number, Violation, rule
from builder.checks.rules.words import NUMBER_WORDS, words
from builder.corpus.kinds import kind_of
from builder.corpus.model import Chapter, Level, Question, core_first
from builder.diagnostics import Location
from builder.markdown.source import Passage
from builder.text import count_words

_AUXILIARY = (
    r"(?:is|are|was|were|does|do|did|has|have|had|can|could|may|might|must|should|will|would|need)(?:n['’]t)?"
)
_OPENING = r"(?:in|if|when|after|before|with|without|on|for|by|during|while|since|under|inside|given|at|from)"
_YES_OR_NO = re.compile(
    rf"(?:{_OPENING} (?!{_AUXILIARY} )[^?]*, )?{_AUXILIARY} (?!you\b)[^?]*\?", re.IGNORECASE
)
_BEGINNING = re.compile(rf"(?:{_AUXILIARY}|{_OPENING}) ", re.IGNORECASE)
"""Beginning of a yes-or-no question: a quick test that most prompts fail."""
_LONGEST_YES = 4
_QUESTION_WORD = re.compile(r"\b(?:wh(?:at|ich|o|y|om|ose)|how)\b|, (?:when|where)\b| or ", re.IGNORECASE)
_YES = re.compile(r"(?:yes|no)(?:[,.:;!—–]|$)", re.IGNORECASE)
_ASKS_FOR_THINGS = re.compile(r"(?:.*, )?(?:which|what|name|list)\b", re.IGNORECASE)
_FEWEST_TO_RECITE = 3


def place(question: Question) -> Location:
    """Return the place of a question's prompt."""
    return question.title.locate(question.title.tokens[0]) if question.title.tokens else question.location


def opening(passage: Passage, length: int) -> str:
    """Return at least the first `length` characters of a passage's running text, if it has so many."""
    text = ""
    first = next((token for token in passage.tokens if token.children), None)
    for child in (first and first.children) or ():
        if child.type != "html_inline":
            text += " " if child.type.endswith("break") else child.content
        if len(text) >= length:
            break
    return text


@rule(
    "prompt-too-long",
    numbers={"longest-prompt": Number(35, "words of a prompt")},
    bad="""\
## In a Flask application that was made by an application factory and that has two blueprints, one for the \
shop and one for its administrators, each with a prefix of its own, what name does `url_for` need to find a \
view? {#view-name}

The blueprint's name, a dot, and the function's: `shop.index`.
""",
    good="""\
## What name does `url_for` need to find a view of a blueprint? {#view-name}

The blueprint's name, a dot, and the function's: `shop.index`.
""",
)
def prompts_are_short(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Learners know a long prompt by its look and do not read it; on a phone it hides the answer."""
    longest = limits["longest-prompt"]
    for question in chapter.all_questions():
        length = count_words(question.prompt)
        if length > longest:
            yield Violation(
                question,
                place(question),
                f"prompt has {length} words (recommended maximum: {longest})",
                "ask for one thing; put text to read first under the heading, above a '---'",
            )


@rule(
    "yes-no-question",
    language="en",
    bad="""\
## Is Flask's session cookie encrypted? {#session-cookie}

It is signed, not encrypted.
""",
    good="""\
## What stops a user from reading Flask's session cookie? {#session-cookie}

Nothing: it is signed, not encrypted.
""",
)
def prompts_ask_for_more_than_yes(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Half of the guesses are right, and nothing is recalled."""
    for question in chapter.all_questions():
        if "yes-no-question" in kind_of(question).exempt:
            continue
        prompt = question.prompt.strip()
        asked = (
            _BEGINNING.match(prompt) and _YES_OR_NO.fullmatch(prompt) and not _QUESTION_WORD.search(prompt)
        )
        if asked or _YES.match(opening(question.lead, _LONGEST_YES)):
            yield Violation(
                question,
                place(question),
                "this can be answered with yes or no",
                "ask for the thing itself, or for what happens",
            )


@rule(
    "list-without-number",
    language="en",
    bad="""\
## Which HTTP methods does the standard call safe? {#safe-methods}

- GET
- HEAD
- OPTIONS
- TRACE
""",
    good="""\
## Which four HTTP methods does the standard call safe? {#safe-methods}

- GET
- HEAD
- OPTIONS
- TRACE
""",
)
def lists_have_a_number(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Learners cannot know whether their list was complete if the prompt does not say how long it is."""
    for question in chapter.all_questions():
        if "list-without-number" in kind_of(question).exempt:
            continue
        prompt = question.prompt.strip()
        if not _ASKS_FOR_THINGS.match(prompt) or (items := _items(question)) < _FEWEST_TO_RECITE:
            continue
        if not re.search(r"\d", prompt) and not NUMBER_WORDS.intersection(words(prompt)):
            yield Violation(
                question,
                place(question),
                f"the answer is a list of {items}, and the prompt does not say how many to name",
                "say how many; or ask for each in its own question; or use cloze deletions",
            )


def _items(question: Question) -> int:
    """Count the items of the lists in an answer's lead, without nested ones."""
    return sum(token.type == "list_item_open" and token.level == 1 for token in question.lead.tokens)


@rule(
    "level-jump",
    bad="""\
## How does a request context find its application? {#context-lookup .senior}

Through a context variable.

## Which object holds the data of a request? {#request-object .junior}

`flask.request`.
""",
    good="""\
## Which object holds the data of a request? {#request-object .junior}

`flask.request`.

## How does a request context find its application? {#context-lookup .senior}

Through a context variable.
""",
)
def chapters_begin_with_what_is_easy(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """New cards come in the order of the file, the core first: learners give up if the hardest is first."""
    ordered = sorted(chapter.questions, key=core_first)
    first = next((question for question in ordered if question.level), None)
    easy = next((question for question in chapter.questions if question.level is Level.JUNIOR), None)
    if first and easy and first.level is Level.SENIOR:
        yield Violation(
            first,
            place(first),
            f"the chapter begins with a senior question, and has junior ones from line {easy.location.line}",
            "move it down: learners meet a chapter's questions in this order; its number stays",
        )
