"""Codes of findings that do not come from checks but from commands: a build, a print, a new question."""

from __future__ import annotations

from builder.diagnostics import PRINT, Code

UNREADABLE_PACKAGE = Code(
    "unreadable-package",
    reason="If deck.lock does not know a question, a build looks it up in the package that it replaces. If "
    "it cannot read that package, the question is new to learners.",
    of="words",
    severity="warning",
    bad="a deck.lock that is lost, and an output folder whose package is damaged, or of another corpus",
    good="the same with the package of an earlier build, or with one that a learner exported from Anki",
)
MISREAD_QUESTION = Code(
    "misread-question",
    reason="`cardpress new question` must not write what would be read as something else.",
    of="words",
    bad="a prompt of several lines, or a chapter whose last block of code is not closed",
    good="a prompt of one line, at the end of a chapter without errors",
)
DUPLICATE_CORPUS_ID = Code(
    "duplicate-corpus-id",
    reason="Two corpora with the same id would overwrite each other's files and share their notes'"
    " identities.",
    of="words",
    bad='`id = "flask"` in two folders',
    good="an id for each",
)
CLOCK_AHEAD = Code(
    "clock-ahead",
    reason="A change dated years ahead replaces all edits that learners make to the note until then.",
    of="words",
    severity="warning",
    bad="a build in 2099, by its clock, after a last commit in 2026",
    good="the same after its clock was set right, or with `SOURCE_DATE_EPOCH`",
)
CARD_DOES_NOT_FIT = Code(
    "card-does-not-fit",
    reason="Text that does not fit on a flashcard in the smallest readable size continues on further cards. "
    "A line of code that is too wide is broken.",
    of="words",
    severity="warning",
    bad="a long answer, or code of many lines, on an eighth of a page",
    good="a section `### On paper` with a shorter answer, or larger cards",
    outputs=("flashcards",),
)
TOO_TALL = Code(
    "too-tall",
    reason="A block that is taller than a column or a page is split in a bad place, or set smaller.",
    of="words",
    severity="warning",
    bad="a paragraph of 1000 words in an answer",
    good="the same in several paragraphs, the details after `<!-- more -->`",
    outputs=(PRINT,),
)
WIDE_TABLE = Code(
    "wide-table",
    reason="A table that fits no column, even in small type, is printed row by row, as a list.",
    of="words",
    severity="warning",
    bad="a table of twelve columns with long words, on the sheet",
    good="a table of four columns, or two tables",
    outputs=(PRINT,),
)
LEFT_OUT = Code(
    "left-out",
    reason="A cheat-sheet has the number of pages that you asked for. What does not fit is listed.",
    of="words",
    severity="warning",
    bad="a core of a hundred questions, for the two pages of one sheet",
    good="the same with --pages 4, or with rank 3 for those that may be left out",
    outputs=("cheatsheet",),
)
