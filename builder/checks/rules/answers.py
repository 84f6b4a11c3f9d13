"""Rules for answers: they must be short enough to grade, and not be given away."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import name, normalize

from builder.checks.rules.prompts import opening, place
from builder.checks.rules.rule import Limits, Number, Violation, rule
from builder.checks.rules.words import stem, telling_words, words
from builder.corpus.kinds import kind_of
from builder.corpus.model import Chapter, Question
from builder.diagnostics import Edit, Location
from builder.markdown.source import Finder, Passage, plain_text
from builder.text import count_words, marks_of

_SENTENCE_END = re.compile(r"[.!?:;](?=\s)")


@rule(
    "answer-too-long",
    numbers={"longest-answer": Number(110, "words of an answer up to its `<!-- more -->`")},
    bad=f"""\
## What happens when a request arrives? {{#request-arrives}}

{" ".join(["The server calls the application, which finds the view and calls it."] * 10)}
""",
    good="""\
## What happens when a request arrives? {#request-arrives}

The server calls the application, which finds the view and calls it.

<!-- more -->

The details follow here.
""",
)
def answers_take_one_breath(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Learners always know most of a long answer, and grade it too well. The study sheet prints all of it."""
    longest = limits["longest-answer"]
    for question in chapter.questions:
        length = count_words(kind_of(question).words(question))
        if length > longest:
            yield Violation(
                question,
                _start(question),
                f"answer has {length} words before '<!-- more -->' (recommended maximum: {longest})",
                "shorten it, and move the rest below '<!-- more -->'",
            )


@rule(
    "drill-answer-too-long",
    numbers={"longest-drill-answer": Number(45, "words of a drill's answer up to its `<!-- more -->`")},
    bad=f"""\
## What is a blueprint? {{#blueprint}}

A part of an application: views, templates and files that are registered together.

### What is a blueprint's name for? {{#blueprint-name}}

{" ".join(["It is the first part of the names of the blueprint's endpoints."] * 5)}
""",
    good="""\
## What is a blueprint? {#blueprint}

A part of an application: views, templates and files that are registered together.

### What is a blueprint's name for? {#blueprint-name}

It is the first part of the names of its endpoints.
""",
)
def drills_are_short(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """A drill is one fact, recalled in seconds: a long answer has several, and is graded by the easiest."""
    longest = limits["longest-drill-answer"]
    for drill in (drill for question in chapter.questions for drill in question.drills):
        length = count_words(kind_of(drill).words(drill))
        if length > longest:
            yield Violation(
                drill,
                _start(drill),
                f"the answer of this drill has {length} words (recommended maximum: {longest})",
                "split it into drills of one fact each, or move the reasons below '<!-- more -->'",
            )


@rule(
    "answer-repeats-prompt",
    language="en",
    bad="""\
## Which function does Flask call after each request of a client? {#after}

The function that Flask calls after each request of a client is the one registered with `after_request`.
""",
    good="""\
## Which function does Flask call after each request of a client? {#after}

The one registered with `after_request`.
""",
)
def answers_begin_with_the_answer(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Learners know what is on the front: repeating it hides the few words that matter."""
    for question in chapter.all_questions():
        if "answer-repeats-prompt" in kind_of(question).exempt:
            continue
        title = question.prompt
        beginning = opening(question.lead, 2 * len(title))
        if not _may_repeat(title, beginning):
            continue
        prompt = words(title)
        asked = telling_words(prompt)
        end = _SENTENCE_END.search(beginning)
        sentence = words(beginning[: end.end()] if end else beginning)
        said = telling_words(sentence[: len(prompt) + 2])
        if len(asked) >= _FEWEST_WORDS and len(asked & said) >= _REPEATED * len(asked):
            yield Violation(
                question,
                _start(question),
                "the answer repeats the prompt before it answers",
                "begin with what the prompt asks for",
            )


def _may_repeat(title: str, beginning: str) -> bool:
    """Return quickly whether a repetition is possible: half of the longer words are in the beginning."""
    longer = [word for word in title.split() if len(word) > _LONG]
    return 2 * sum(word[:_LONG] in beginning for word in longer) >= len(longer)


_LONG = 4
_FEWEST_WORDS = 4
_REPEATED = 0.8
"""Share of the prompt's telling words above which the answer's beginning is a repetition."""


@rule(
    "given-away",
    bad="""\
## Which category does a message of Flask's `flash()` get? {#flash-category .typed}

`message`
""",
    good="""\
## Which category does Flask's `flash("Saved")` store with its text? {#flash-category .typed}

`message`
""",
)
def prompts_keep_the_answer_back(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Learners copy an answer that they see on the front, or saw on the last card: they do not recall it."""
    for question in chapter.questions:
        yield from _given_by_others(question)
    for question in chapter.all_questions():
        hidden = kind_of(question).hidden(question)
        if hidden is None:
            continue
        finder = Finder(question.lead)
        given = _given_away({text for _, text in hidden.texts}, hidden.shown)
        for block, text in hidden.texts:
            if text in given:
                yield Violation(
                    question,
                    finder.find(block, text) if block else place(question),
                    f"{hidden.what} {text!r} is {hidden.where}",
                    hidden.hint,
                )
        asked = [stem(word) for word in words(hidden.asked)[:_LONGEST_PROMPT]] if hidden.cued else []
        for block, text in hidden.cued:
            if text not in given and _is_named(text, asked):
                yield Violation(
                    question,
                    finder.find(block, text) if block else place(question),
                    f"{hidden.what} {text!r} is in the prompt",
                    "ask for it without naming it",
                )


_LONGEST_PROMPT = 200
"""Maximum words of a prompt that are compared: no learner reads more."""


def _is_named(text: str, asked: Sequence[str]) -> bool:
    """Tell whether a prompt, as words in the singular, has the words of a text next to each other."""
    found = words(text)
    if " ".join(found) != text.lower():
        return False  # an expression: its parts may be named
    named = [stem(word) for word in found]
    length = len(named)
    return (
        bool(telling_words(named))
        and named[0] in asked
        and any(asked[start : start + length] == named for start in range(len(asked) - length + 1))
    )


def _given_by_others(question: Question) -> Iterator[Violation]:
    """Find typed answers on the fronts of other drills of a question: Anki shows one after another."""
    fronts = [_front(drill) for drill in question.drills]
    having: defaultdict[str, list[int]] = defaultdict(list)
    for index, front in enumerate(fronts):
        for run in set(_RUN.findall(front)):
            having[run].append(index)
    for index, drill in enumerate(question.drills):
        text = kind_of(drill).typed(drill).strip()
        rarest = min((having[run] for run in _RUN.findall(text)), key=len, default=[])
        if len(text) < _FEWEST_TYPED or len(rarest) > _MOST:
            continue
        for other in (question.drills[at] for at in rarest if at != index and _stands_in(text, fronts[at])):
            yield Violation(
                drill if _allows(drill) else other,
                place(other),
                f"{text!r} is in this prompt or its options, and is the expected answer at {drill.location}",
                "rephrase one of the two; or ask for something else",
            )


def _front(question: Question) -> str:
    """Return the text of the front, without blocks of code."""
    options = (plain_text(option.text) for option in kind_of(question).options(question))
    return " ".join((question.prompt, plain_text(question.context), *options))


def _allows(question: Question) -> bool:
    return any(allowance.code == "given-away" for allowance in question.allowed)


_FEWEST_TYPED = 3
"""Minimum characters of a typed answer to search for: shorter ones occur elsewhere by chance."""
_MOST = 40
"""Maximum fronts that share the rarest word of a typed answer; above it, the answer is not searched for."""


def _stands_in(text: str, other: str) -> bool:
    form = rf"(?<![\w.]){re.escape(text)}(?![\w.])"
    # A vowel sign after it makes another word of it; `\w` lacks these.
    return bool(text) and any(not marks_of(other[end.end() :][:1]) for end in re.finditer(form, other))


def _given_away(texts: Iterable[str], shown: str) -> set[str]:
    """Return the texts that occur in another text."""
    runs = set(_RUN.findall(shown))
    # A quick test first: most texts have a word that the other text lacks.
    return {text for text in texts if runs.issuperset(_RUN.findall(text)) and _stands_in(text, shown)}


_RUN = re.compile(r"[\w.]+")


@rule(
    "longest-option",
    bad="""\
## Which status code does `redirect()` send by default? {#redirect-status .choice}

- [ ] 301
- [x] 302, which is Found: the browser will ask the new address once, and the old one again the next time
- [ ] 307

301 would be remembered; 307 would keep the method.
""",
    good="""\
## Which status code does `redirect()` send by default? {#redirect-status .choice}

- [ ] 301
- [x] 302
- [ ] 307

302 is Found: the browser asks the old address again the next time. 301 would be remembered; 307 would keep
the method.
""",
)
def right_options_look_like_the_others(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """The right option is often the longest, because it has to be true: learners soon notice."""
    for question in chapter.all_questions():
        found = kind_of(question).options(question)
        lengths = {option.is_right: len(plain_text(option.text)) for option in found}
        others = max((len(plain_text(each.text)) for each in found if not each.is_right), default=0)
        if others and lengths.get(True, 0) > others * _LONGER + _LONGER_BY:
            yield Violation(
                question,
                _start(question),
                "the right option is much longer than every other",
                "move what it explains to a line of its own, indented under it",
            )


@rule(
    "option-without-reason",
    bad="""\
## Which status code does `redirect()` send by default? {#redirect-status .choice}

- [ ] 301
- [x] 302

  Found: the browser asks the old address again the next time.
""",
    good="""\
## Which status code does `redirect()` send by default? {#redirect-status .choice}

- [ ] 301

  Moved permanently: browsers remember it.
- [x] 302

  Found: the browser asks the old address again the next time.
""",
)
def options_have_reasons(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Learners want to know why their option is wrong, or why a guess was right."""
    for question in chapter.all_questions():
        kind = kind_of(question)
        found = kind.options(question)
        if not found or kind.words(question).strip():
            continue  # text around the options explains them
        for option in found:
            if option.reason.is_blank:
                yield Violation(
                    question,
                    question.lead.locate(option.item),
                    f"no reason is given why this option is {'right' if option.is_right else 'wrong'}",
                    "give it on a line of its own, indented under the option; or explain all in a text below",
                )


_LONGER = 1.5
_LONGER_BY = 10
"""Maximum length of a right option: `_LONGER` times the longest other one, and so many characters more."""


@rule(
    "long-to-type",
    numbers={"longest-typed": Number(60, "characters to type")},
    bad="""\
## Which command shows all routes of the package `shop`? {#all-routes .typed}

`flask --app shop:create_app --debug routes --sort endpoint --all-methods`
""",
    good="""\
## Which subcommand of `flask` lists all URLs? {#all-routes .typed}

`routes`
""",
)
def typed_answers_are_short(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Anki compares the typed answer letter by letter, and learners type it on a phone."""
    longest = limits["longest-typed"]
    for question in chapter.all_questions():
        text = kind_of(question).typed(question)
        if len(text) > longest:
            yield Violation(
                question,
                _start(question),
                f"{len(text)} characters to type (recommended maximum on a phone: {longest})",
                "ask for something shorter",
            )


@rule(
    "untypable-answer",
    is_fixable=True,
    bad="""\
## Which command shows all routes? {#all-routes .typed}

`flask\u00a0routes`
""",
    good="""\
## Which command shows all routes? {#all-routes .typed}

`flask routes`
""",
)
def typed_answers_are_on_keyboards(chapter: Chapter, limits: Limits) -> Iterator[Violation]:
    """Anki compares letter by letter: a curly quote or a special space makes every right answer wrong."""
    for question in chapter.all_questions():
        text = kind_of(question).typed(question)
        found = next((char for char in text if char in _ON_NO_KEYBOARD or _COMPATIBLE.match(char)), "")
        if not found:
            continue
        plain = "".join(_ON_NO_KEYBOARD.get(char, char) for char in text)
        plain = re.sub(rf"(?:{_COMPATIBLE.pattern}|\u3000)+", lambda run: normalize("NFKC", run[0]), plain)
        is_typed = found not in _ON_NO_KEYBOARD and ord(found) >= 0xFF00
        place = _place_of(question.lead, text)
        yield Violation(
            question,
            place or _start(question),
            f"U+{ord(found):04X}, {name(found)}, "
            + (
                "is not what most keyboards give: most typed answers will be wrong"
                if is_typed
                else "is on no keyboard: every typed answer will be wrong"
            ),
            f"write {plain!r}" if plain.strip() else "write a character that can be typed",
            (Edit.within(place.line, place.column, text, plain),) if place and plain.strip() else (),
        )


def _place_of(passage: Passage, text: str) -> Location | None:
    """Return the place of a text in a passage, if it is written there exactly so."""
    for token in passage.tokens:
        for line in range(*(token.map or (0, 0))) if token.type == "inline" else ():
            if text in passage.source.lines[line]:
                return passage.source.find(text, line)
    return None


_ON_NO_KEYBOARD = {
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u205f", " "),
    **dict.fromkeys("\u00ad\u034f\u061c\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u200e\u200f", ""),
    **dict.fromkeys("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufe0e\ufe0f", ""),
    **{"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"},
    **dict.fromkeys("‘’‚‛", "'"),
    **dict.fromkeys("“”„‟", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "…": "...",
}
"""Characters that editors insert, with the typed ones that they replace. Composed and decomposed letters are
equal to Anki, and a joiner belongs to Persian words."""
_COMPATIBLE = re.compile(
    "[０-９Ａ-Ｚａ-ｚ\uff65-\uff9f\u2f00-\u2fd5\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdc7\ufe70-\ufefc]"
)
"""Wide letters and narrow katakana; and what a text that is copied from a PDF may have in place of letters:
Chinese radicals, and shapes of Arabic letters. Some keyboards have signs for whole words (the Rial's)."""


def _start(question: Question) -> Location:
    return _first(question.lead) or question.location


def _first(passage: Passage) -> Location | None:
    return next((passage.locate(token) for token in passage.tokens if token.map), None)
