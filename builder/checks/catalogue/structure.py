"""What the reader refuses: a file that is not built as a chapter is."""

from __future__ import annotations

from builder.checks.catalogue.entry import Entry

STRUCTURE: tuple[Entry, ...] = (
    Entry(
        code="missing-id",
        reason="The id is the question's identity for ever: without it, no learner's history could be kept.",
        bad="## What is `g`? {.junior}\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g .junior}\n\nThe data of one context.\n",
        is_mended=True,
    ),
    Entry(
        code="malformed-id",
        reason="An id is part of searches and of the lock: it has words of a-z and 0-9, and hyphens.",
        bad="## What is `g`? {#What_is_g}\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
    ),
    Entry(
        code="second-id",
        reason="A question with two identities would be two notes, or the wrong one.",
        bad="## What is `g`? {#what-is-g #g}\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
    ),
    Entry(
        code="bad-attributes",
        reason="What cannot be read as attributes may hold the question's id.",
        bad='## What is `g`? {#what-is-g tags="contexts}\n\nThe data of one context.\n',
        good='## What is `g`? {#what-is-g tags="contexts"}\n\nThe data of one context.\n',
    ),
    Entry(
        code="unexpected-attributes",
        reason="Only questions and drills have attributes: elsewhere, they are a question at a wrong depth.",
        bad="## What is `g`? {#what-is-g}\n\nData.\n\n#### How long does it live? {#g-life}\n",
        good="## What is `g`? {#what-is-g}\n\nData.\n\n### How long does it live? {#g-life}\n\nA request.\n",
    ),
    Entry(
        code="unknown-attribute",
        reason="A misspelt attribute would be lost without a word.",
        bad='## What is `g`? {#what-is-g tag="contexts"}\n\nThe data of one context.\n',
        good='## What is `g`? {#what-is-g tags="contexts"}\n\nThe data of one context.\n',
    ),
    Entry(
        code="unknown-class",
        reason="A misspelt level or kind would be lost without a word.",
        bad="## What is `g`? {#what-is-g .senoir}\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g .senior}\n\nThe data of one context.\n",
    ),
    Entry(
        code="second-class",
        reason="A question has one level, and is asked in one way.",
        bad="## What is `g`? {#what-is-g .mid .senior}\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g .senior}\n\nThe data of one context.\n",
    ),
    Entry(
        code="unknown-rule",
        reason="An allowance for a rule that does not exist allows nothing; and what breaks a card cannot be"
        " allowed.",
        bad='## Is `g` global? {#g-global allow="yes-no-questoin"}\n\nIt belongs to a context.\n',
        good='## Is `g` global? {#g-global allow="yes-no-question"}\n\nIt belongs to a context.\n',
    ),
    Entry(
        code="no-answer",
        reason="A card without a back cannot be answered; the sheet prints what stands before"
        " `<!-- more -->`.",
        bad="## What is `g`? {#what-is-g}\n\n<!-- more -->\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
    ),
    Entry(
        code="empty-heading",
        reason="A card without a front cannot be asked.",
        bad="## {#what-is-g}\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
    ),
    Entry(
        code="underlined-heading",
        reason="Markdown makes a heading of text above a line of dashes, which was meant to end the prompt.",
        bad="## What does this print? {#prints}\n\n`print(g)`\n---\n\nAn error.\n",
        good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n",
    ),
    Entry(
        code="empty-prompt",
        reason="`---` ends a prompt that needs more than its heading; above it, something is missing.",
        bad="## What does this print? {#prints}\n\n---\n\nAn error.\n",
        good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n",
    ),
    Entry(
        code="second-divider",
        reason="One line divides the prompt from the answer: a second one would leave it open where.",
        bad="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n\n---\n\nNo context.\n",
        good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n\n***\n\nNo context.\n",
    ),
    Entry(
        code="empty-section",
        reason="A named section has a place on the card: an empty one leaves a hole.",
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n\nIt is no cache.\n",
    ),
    Entry(
        code="duplicate-section",
        reason="A section has one place on the card.",
        bad="## What is `g`? {#what-is-g}\n\nData.\n\n### Pitfall\n\nNo cache.\n\n"
        "### Pitfall\n\nNot global.\n",
        good="## What is `g`? {#what-is-g}\n\nData.\n\n### Pitfall\n\nNo cache. Not global.\n",
    ),
    Entry(
        code="unknown-section",
        reason="What is almost the name of a section would be an ordinary part of the details, in another"
        " place than meant.",
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfalls\n\nIt is no cache.\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n\nIt is no cache.\n",
    ),
    Entry(
        code="section-after-drill",
        reason="A section belongs to the question; below a drill it seems to be the drill's.",
        bad="## What is `g`? {#what-is-g}\n\nData.\n\n### Its life? {#g-life}\n\nA context.\n\n"
        "### Pitfall\n\nNo cache.\n",
        good="## What is `g`? {#what-is-g}\n\nData.\n\n### Pitfall\n\nNo cache.\n\n"
        "### Its life? {#g-life}\n\nA context.\n",
    ),
    Entry(
        code="section-without-question",
        reason="A section before the first question belongs to nothing.",
        bad="### Pitfall\n\nIt is no cache.\n\n## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
        good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n### Pitfall\n\nIt is no cache.\n",
    ),
    Entry(
        code="no-chapter-heading",
        reason="The chapter's heading is its title, in Anki's deck list and on the sheet.",
        of="file",
        bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
        good="# Contexts\n\n## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
    ),
    Entry(
        code="second-chapter-heading",
        reason="A chapter is a file: its number and its deck are the file's.",
        of="file",
        bad="# Contexts\n\n## What is `g`? {#what-is-g}\n\nData.\n\n# What is `session`?\n\nData.\n",
        good="# Contexts\n\n## What is `g`? {#what-is-g}\n\nData.\n\n"
        "## What is `session`? {#session}\n\nData.\n",
    ),
    Entry(
        code="unseen-text",
        reason="Text before the chapter's heading would be shown nowhere.",
        of="file",
        bad="All about contexts.\n\n# Contexts\n\n## What is `g`? {#what-is-g}\n\nData.\n",
        good="# Contexts\n\nAll about contexts.\n\n## What is `g`? {#what-is-g}\n\nData.\n",
    ),
    Entry(
        code="bad-file-name",
        reason="The number in a file's name orders the chapters, and is the first part of their questions'.",
        of="words",
        bad="`Contexts.md`",
        good="`06-contexts.md`",
    ),
    Entry(
        code="unread-file",
        reason="A chapter that is read by nobody looks finished to its author.",
        of="words",
        bad="`drafts/07-hooks.md`, or `07-hooks.MD`",
        good="`07-hooks.md`, in the corpus folder itself",
    ),
    Entry(
        code="not-utf-8",
        reason="Bytes in another encoding would arrive as other letters.",
        of="words",
        bad="a chapter saved as Latin-1",
        good="the same, saved as UTF-8",
    ),
    Entry(
        code="unreadable-file",
        reason="What cannot be read cannot be checked.",
        of="words",
        bad="a corpus folder without deck.toml, or a chapter that only others may read",
        good="a folder with a deck.toml and chapters, all of them yours to read",
    ),
    Entry(
        code="file-outside",
        reason="A corpus is a folder that can be copied whole; a link that leads out of it could show other"
        " files of the person who builds it.",
        of="words",
        bad="`01-basics.md` or `deck.lock` as a symbolic link to a file elsewhere",
        good="the file itself, or a link within the corpus folder",
    ),
    Entry(
        code="file-too-large",
        reason="A file that fills the memory cannot be checked.",
        of="words",
        bad="a chapter of 3 GB",
        good="chapters of at most 4 MB, a deck.toml of at most 1 MB, a deck.lock of at most 16 MB",
    ),
)
