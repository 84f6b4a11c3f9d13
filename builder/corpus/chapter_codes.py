"""Codes of the reader: what is wrong with the structure of a chapter."""

from __future__ import annotations

from builder.diagnostics import Code

MISSING_ID = Code(
    "missing-id",
    reason="The id identifies a question permanently: without it, learners' history could not be kept.",
    bad="## What is `g`? {.junior}\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g .junior}\n\nThe data of one context.\n",
    is_fixable=True,
)
MALFORMED_ID = Code(
    "malformed-id",
    reason="An id is part of searches and of the lock: words of letters and digits, joined by `-` or `_`.",
    bad="## What is `g`? {#what--is-g}\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)
SECOND_ID = Code(
    "second-id",
    reason="With two ids, a question would become two notes, or the wrong note.",
    bad="## What is `g`? {#what-is-g #g}\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)
BAD_ATTRIBUTES = Code(
    "bad-attributes",
    reason="Attributes that cannot be read may include the question's id.",
    bad='## What is `g`? {#what-is-g tags="contexts}\n\nThe data of one context.\n',
    good='## What is `g`? {#what-is-g tags="contexts"}\n\nThe data of one context.\n',
)
UNEXPECTED_ATTRIBUTES = Code(
    "unexpected-attributes",
    reason="Only questions and drills have attributes: elsewhere, they suggest a question at the wrong"
    " heading level.",
    bad="## What is `g`? {#what-is-g}\n\nData.\n\n#### How long does it live? {#g-life}\n",
    good="## What is `g`? {#what-is-g}\n\nData.\n\n### How long does it live? {#g-life}\n\nA request.\n",
)
UNKNOWN_ATTRIBUTE = Code(
    "unknown-attribute",
    reason="A misspelt attribute would be ignored silently.",
    bad='## What is `g`? {#what-is-g tag="contexts"}\n\nThe data of one context.\n',
    good='## What is `g`? {#what-is-g tags="contexts"}\n\nThe data of one context.\n',
)
UNKNOWN_CLASS = Code(
    "unknown-class",
    reason="A misspelt level or kind would be ignored silently.",
    bad="## What is `g`? {#what-is-g .senoir}\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g .senior}\n\nThe data of one context.\n",
)
SECOND_CLASS = Code(
    "second-class",
    reason="A question has one level, and is asked in one way.",
    bad="## What is `g`? {#what-is-g .mid .senior}\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g .senior}\n\nThe data of one context.\n",
)
NO_ANSWER = Code(
    "no-answer",
    reason="A card without a back cannot be answered: every output leaves out a question until it has an"
    " answer.",
    severity="warning",
    bad="## What is `g`? {#what-is-g}\n\n## What is `session`? {#session}\n\nThe data of a client.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)
NOTHING_BEFORE_MORE = Code(
    "nothing-before-more",
    reason="The study sheet prints only the text before `<!-- more -->`: the answer in one breath.",
    bad="## What is `g`? {#what-is-g}\n\n<!-- more -->\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)
UNKNOWN_VALUE = Code(
    "unknown-value",
    reason="An attribute with fixed values means nothing with any other value.",
    bad='## What is `g`? {#what-is-g core="high"}\n\nThe data of one context.\n',
    good='## What is `g`? {#what-is-g core="2"}\n\nThe data of one context.\n',
)
EMPTY_HEADING = Code(
    "empty-heading",
    reason="A card without a front cannot be asked.",
    bad="## {#what-is-g}\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)
UNDERLINED_HEADING = Code(
    "underlined-heading",
    reason="Markdown reads text above a line of dashes as a heading, but the line was probably there to"
    " end the prompt.",
    is_fixable=True,
    bad="## What does this print? {#prints}\n\n`print(g)`\n---\n\nAn error.\n",
    good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n",
)
EMPTY_PROMPT = Code(
    "empty-prompt",
    reason="`---` ends a prompt that needs more than its heading; above it, something is missing.",
    is_fixable=True,
    bad="## What does this print? {#prints}\n\n---\n\nAn error.\n",
    good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n",
)
TRAILING_DIVIDER = Code(
    "trailing-divider",
    reason="`---` ends a prompt that needs more than its heading. If nothing follows, it is read as a line "
    "between questions: write `***` for that.",
    severity="warning",
    is_fixable=True,
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n---\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n***\n",
)
SECOND_DIVIDER = Code(
    "second-divider",
    is_fixable=True,
    reason="One `---` separates the prompt from the answer: a second one makes the place ambiguous.",
    bad="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n\n---\n\nNo context.\n",
    good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n\n***\n\nNo context.\n",
)
EMPTY_SECTION = Code(
    "empty-section",
    reason="A standard section has its own place on the card: an empty one leaves a hole.",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n\nIt is no cache.\n",
)
DUPLICATE_SECTION = Code(
    "duplicate-section",
    reason="A section has one place on the card: a second one is shown below the first.",
    severity="warning",
    is_fixable=True,
    bad="## What is `g`? {#what-is-g}\n\nData.\n\n### Pitfall\n\nNo cache.\n\n### Pitfall\n\nNot global.\n",
    good="## What is `g`? {#what-is-g}\n\nData.\n\n### Pitfall\n\nNo cache. Not global.\n",
)
UNKNOWN_SECTION = Code(
    "unknown-section",
    reason="A heading that is almost the name of a standard section would become an ordinary part of the "
    "details.",
    severity="warning",
    is_fixable=True,
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfalls\n\nIt is no cache.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n\nIt is no cache.\n",
)
SECTION_AFTER_DRILL = Code(
    "section-after-drill",
    reason="A section belongs to the question: below a drill it seems to be the drill's.",
    severity="warning",
    is_fixable=True,
    bad="## What is `g`? {#what-is-g}\n\nData.\n\n### Its life? {#g-life}\n\nA context.\n\n"
    "### Pitfall\n\nNo cache.\n",
    good="## What is `g`? {#what-is-g}\n\nData.\n\n### Pitfall\n\nNo cache.\n\n"
    "### Its life? {#g-life}\n\nA context.\n",
)
SECTION_WITHOUT_QUESTION = Code(
    "section-without-question",
    reason="A section before the first question belongs to nothing.",
    bad="### Pitfall\n\nIt is no cache.\n\n## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n\nIt is no cache.\n",
)
STRAY_HEADING = Code(
    "stray-heading",
    reason="A heading with one `#` ends the answer above it. So does a `#` comment in code without"
    " backticks.",
    of="file",
    bad="# Contexts\n\n## What is `g`? {#what-is-g}\n\nData.\n\n# What is `session`?\n\nData.\n",
    good="# Contexts\n\n## What is `g`? {#what-is-g}\n\nData.\n\n## What is `session`? {#session}\n\nData.\n",
)
