"""Rules for a corpus as a whole: no two prompts are nearly equal, no tag has a single question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from math import ceil, log, sqrt

from builder.checks.rules.rule import Limits, Number, Violation, rule
from builder.checks.rules.words import COMMON, stem, words
from builder.corpus.model import Outline, QuestionOutline

_ALIKE = 0.8
"""Minimum share of the words' weight that two prompts have in common if they are nearly equal."""
_TELLING = frozenset(("not", "no", "never", "without", "except", "before", "after", "first", "last"))
"""Words that distinguish two prompts, however common they are."""
_MOST = 40
"""Maximum prompts that may share a word for it to be used to find similar prompts."""


@rule(
    "near-duplicate-prompt",
    language="en",
    bad="""\
## What does the application context hold? {#context-holds}

The application, and `g`.

## What does an application context hold then? {#context-contents}

The application, and `g`.
""",
    good="""\
## What does the application context hold? {#context-holds}

The application, and `g`.

## What does the request context hold? {#context-contents}

The request, and the session.
""",
)
def prompts_are_told_apart(outline: Outline, limits: Limits) -> Iterator[Violation]:
    """Learners learn two cards for the same thing twice, and mix up their answers."""
    asked = [question for question in outline.questions() if not question.has_context and question.prompt]
    prompts = [_prompt_words(question.prompt) for question in asked]
    frequency = Counter(word for prompt in prompts for word in prompt)
    weights = {word: _weight(word, count, len(asked)) for word, count in frequency.items()}
    for first, second in _pairs(prompts, frequency, weights):
        one, other = asked[first], asked[second]
        # Equal prompts are an error: duplicate-prompt.
        if one.prompt.strip() == other.prompt.strip():
            continue
        yield Violation(
            one if _allows(one) else other,
            other.location,
            f"this prompt is almost the same as that of {one.location}: {one.prompt!r}",
            "add what makes them different, or delete one",
        )


def _allows(question: QuestionOutline) -> bool:
    return any(allowance.code == "near-duplicate-prompt" for allowance in question.allowed)


def _prompt_words(prompt: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(prompt) if word not in COMMON or word in _TELLING)


def _weight(word: str, count: int, total: int) -> float:
    """Return a word's weight: rare words tell prompts apart."""
    return log(1 + total / count) * (3 if word in _TELLING else 1)


def _pairs(
    prompts: Sequence[frozenset[str]], frequency: Mapping[str, int], weights: Mapping[str, float]
) -> Iterator[tuple[int, int]]:
    """Yield the indices of pairs of nearly equal prompts, at most one pair for each later prompt.

    Two nearly equal sets of words share one of the rarest words of each, so only these are looked up. Words
    of many prompts are not looked up at all.
    """
    with_word: defaultdict[str, list[int]] = defaultdict(list)
    equal: dict[frozenset[str], int] = {}
    for index, prompt in enumerate(prompts):
        rarest = sorted(prompt, key=lambda word: (frequency[word], word))
        rarest = rarest[: len(rarest) - ceil(_ALIKE * len(rarest)) + 2]
        rarest = [word for word in rarest if frequency[word] <= _MOST]
        candidates = {other for word in rarest for other in with_word[word]}
        if prompt in equal and len(prompt) > 1:
            candidates.add(equal[prompt])
        for other in sorted(candidates):
            if _are_alike(prompt, prompts[other], weights):
                yield other, index
                break
        equal.setdefault(prompt, index)
        for word in rarest:
            with_word[word].append(index)


def _are_alike(one: frozenset[str], other: frozenset[str], weights: Mapping[str, float]) -> bool:
    shared = sum(weights[word] for word in one & other)
    return len(one & other) > 1 and shared >= _ALIKE * sum(weights[word] for word in one | other)


@rule(
    "tag-used-once",
    numbers={"fewest-questions-for-tags": Number(50, "questions in a corpus that turns this rule on")},
    bad="""\
## What is `g`? {#what-is-g tags="contexts"}

A namespace for the data of one context.

## What is `current_app`? {#what-is-current-app tags="contexts"}

The application that handles the request.

## What is `session`? {#what-is-session tags="context"}

The data that a signed cookie carries.
""",
    good="""\
## What is `g`? {#what-is-g tags="contexts"}

A namespace for the data of one context.

## What is `current_app`? {#what-is-current-app tags="contexts"}

The application that handles the request.

## What is `session`? {#what-is-session tags="contexts"}

The data that a signed cookie carries.
""",
)
def tags_have_company(outline: Outline, limits: Limits) -> Iterator[Violation]:
    """A tag selects questions to study together: a tag of a single question is useless, or misspelt."""
    written = [question for question in outline.questions() if question.has_own_tags]
    uses = Counter(tag for question in written for tag in set(question.tags))
    common = [tag for tag, count in uses.items() if count > 1]
    is_large = sum(1 for _ in outline.questions()) >= limits["fewest-questions-for-tags"]
    for question in written:
        for tag in (tag for tag in dict.fromkeys(question.tags) if uses[tag] == 1):
            near = get_close_matches(tag, common, n=1, cutoff=0.85)
            # A search for a tag also finds its subtags, so they need no company.
            is_part = any(uses[name] for name in _wider(tag))
            if near or (is_large and not is_part):
                yield Violation(
                    question,
                    question.location,
                    f"no other question has the tag {tag!r}",
                    f"did you mean {near[0]!r}?" if near else "use one that others have, or leave it out",
                )


def _skewed_example(*places: int) -> str:
    """Return questions with two options each, whose right ones are at some places."""
    return "\n".join(
        f'## Which number is {name}? {{#is-{name} .choice order="as-written"}}\n\n'
        + "".join(f"- [{'x' if place == right else ' '}] {name}-{place}\n" for place in range(2))
        + f"\nThe one that ends in {right}.\n"
        for name, right in zip("abcdefghijklmnopqrst", places, strict=False)
    )


@rule(
    "answer-position-skewed",
    numbers={"fewest-questions-as-written": Number(20, "choices as written that turn this rule on")},
    bad=_skewed_example(*[0] * 17, 1, 1, 1),
    good=_skewed_example(*[0, 1] * 10),
)
def right_options_stand_anywhere(outline: Outline, limits: Limits) -> Iterator[Violation]:
    """Learners guess the right option from its place if it is at one place more often than at others."""
    kept = [question for question in outline.questions() if question.right_place]
    if len(kept) < limits["fewest-questions-as-written"]:
        return
    places = [question.right_place for question in kept if question.right_place]
    for place in sorted({each.place for each in places}):
        chances = [1 / each.of for each in places if each.of > place]
        expected, spread = sum(chances), sqrt(sum(chance * (1 - chance) for chance in chances))
        here = [question for question in kept if question.right_place and question.right_place.place == place]
        if len(here) > expected + _CHANCE * spread:
            named = next((question for question in here if _may_be_skewed(question)), here[0])
            yield Violation(
                named,
                here[0].location,
                f'{len(here)} of {len(kept)} choices with order="as-written" have option {place + 1} as'
                f" the right"
                f" one (expected by chance: {expected:.0f})",
                'where the order does not matter, remove order="as-written": cardpress then places the'
                " right option",
            )


_CHANCE = 2.5
"""Standard deviations beyond which the place of right options is not due to chance (once in a hundred)."""


def _may_be_skewed(question: QuestionOutline) -> bool:
    return any(allowance.code == "answer-position-skewed" for allowance in question.allowed)


def _wider(tag: str) -> Iterator[str]:
    parts = tag.split("::")
    for end in range(1, len(parts)):
        yield "::".join(parts[:end])
