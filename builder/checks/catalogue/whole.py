"""What is refused of a corpus as a whole: its settings, its ids, its lock, its print."""

from __future__ import annotations

from builder.checks import whole
from builder.checks.catalogue.entry import Entry, because

_SETTINGS = 'id = "flask"\ntitle = "Flask interview"\ndeck = "Flask interview"\n'

WHOLE: tuple[Entry, ...] = (
    Entry(
        code="duplicate-id",
        reason=because(whole.ids_differ),
        bad="## What is `g`? {#g}\n\nData.\n\n## How long does it live? {#g}\n\nA context.\n",
        good="## What is `g`? {#g}\n\nData.\n\n## How long does it live? {#g-life}\n\nA context.\n",
    ),
    Entry(
        code="duplicate-prompt",
        reason=because(whole.prompts_differ),
        bad="## What is it? {#g}\n\nData.\n\n## What is it? {#session}\n\nData.\n",
        good="## What is `g`? {#g}\n\nData.\n\n## What is `session`? {#session}\n\nData.\n",
    ),
    Entry(
        code="bad-tag",
        reason="Anki changes or drops such tags without a word.",
        bad='## What is `g`? {#g tags="contexts, data"}\n\nData.\n',
        good='## What is `g`? {#g tags="contexts data"}\n\nData.\n',
    ),
    Entry(
        code="unknown-former-id",
        reason='`was="…"` keeps the history of the question that was published under another id: under one'
        " that never was, the question is new to learners.",
        of="words",
        bad='`{#g-life was="g-liefe"}`',
        good='`{#g-life was="g-lifetime"}`, the id that deck.lock knows',
    ),
    Entry(
        code="unreadable-package",
        reason="Where deck.lock does not know a question, a build asks the package in the output folder"
        " before it replaces that: without one that it can read, the question is new to learners.",
        of="words",
        level="warning",
        bad="a deck.lock that is lost, and an output folder whose package is damaged, or of another corpus",
        good="the same with the package of an earlier build, or with one that a learner exported from Anki",
    ),
    Entry(
        code="misread-question",
        reason="What `cardpress new question` writes must be read as it was meant.",
        of="words",
        bad="a prompt of several lines, or a chapter whose last block of code is not closed",
        good="a prompt of one line, at the end of a chapter without errors",
    ),
    Entry(
        code="empty-corpus",
        reason=because(whole.has_questions),
        of="words",
        bad="a folder with a deck.toml and no question",
        good="the same, with a chapter and a question in it",
    ),
    Entry(
        code="duplicate-chapter-number",
        reason=because(whole.chapter_numbers_differ),
        of="words",
        bad="`06-contexts.md` and `06-hooks.md`",
        good="`06-contexts.md` and `07-hooks.md`",
    ),
    Entry(
        code="id-is-not-folder",
        reason=because(whole.the_id_is_the_folders_name),
        of="words",
        bad='`content/flask2/deck.toml` with `id = "flask"`',
        good='`content/flask/deck.toml` with `id = "flask"`',
    ),
    Entry(
        code="duplicate-corpus-id",
        reason="Two corpora of one id would overwrite each other's files and share their notes' identities.",
        of="words",
        bad='`id = "flask"` in two folders',
        good="an id for each, which is its folder's name",
    ),
    Entry(
        code="bad-toml",
        reason="Settings that cannot be read are not kept.",
        of="settings",
        bad=_SETTINGS.replace('"flask"', "flask"),
        good=_SETTINGS,
    ),
    Entry(
        code="missing-setting",
        reason="Without its id, title and deck, a corpus has no identity.",
        of="settings",
        bad='id = "flask"\ntitle = "Flask interview"\n',
        good=_SETTINGS,
    ),
    Entry(
        code="bad-setting",
        reason="A setting that means nothing would be left out without a word.",
        of="settings",
        bad=f'{_SETTINGS}\n[print]\npaper = "A5"\n',
        good=f'{_SETTINGS}\n[print]\npaper = "A4"\n',
    ),
    Entry(
        code="unknown-setting",
        reason="A misspelt setting would be left out without a word.",
        of="settings",
        bad=f'{_SETTINGS}lisence = "CC BY 4.0"\n',
        good=f'{_SETTINGS}licence = "CC BY 4.0"\n',
    ),
    Entry(
        code="damaged-lock",
        reason="A note that the lock does not know is news to every learner: their own edits are replaced.",
        of="words",
        bad="a line of deck.lock that was edited, or half merged",
        good="deck.lock as its history has it",
    ),
    Entry(
        code="foreign-lock",
        reason="The lock is the identity of one corpus's notes. Under another id every card is new to"
        " learners, and the notes of the old id would stay in the lock for ever.",
        of="words",
        bad="a copy of a corpus's folder, with another id in deck.toml and the lock of the first",
        good="the same folder without deck.lock, as a new corpus; or with the id that the lock knows",
    ),
    Entry(
        code="shallow-history",
        reason="Git's history keeps what the lock forgot; a shallow clone has only the end of it.",
        of="words",
        level="warning",
        bad="`git clone --depth 1`",
        good="`git fetch --unshallow`",
    ),
    Entry(
        code="git-refuses",
        reason="Git does not open another user's repository, whose settings might run that user's programs."
        " Without it, what the lock forgot cannot be remembered, and learners would miss changes.",
        of="words",
        bad="a build as root, or in a container, of a folder that belongs to somebody else",
        good="`git config --global --add safe.directory FOLDER`, if you trust whoever owns it",
    ),
    Entry(
        code="git-failed",
        reason="Git's history keeps what the lock forgot; where git cannot read it, that is not remembered.",
        of="words",
        bad="a damaged repository, or a `.git` that leads nowhere",
        good="a fresh clone",
    ),
    Entry(
        code="git-missing",
        reason="Git's history keeps what the lock forgot; without git, that is not remembered.",
        of="words",
        level="warning",
        bad="a clone, on a machine or in a container without git",
        good="the same, with git installed",
    ),
    Entry(
        code="partial-history",
        reason="A partial clone lacks earlier versions of the lock. Git would fetch them from the address,"
        " and with the program, that the repository names; a build uses no network.",
        of="words",
        bad="`git clone --filter=blob:none`",
        good="`git fetch --refetch --no-filter`",
    ),
    Entry(
        code="clock-ahead",
        reason="A change that is dated years ahead replaces all that learners change in its note until then.",
        of="words",
        level="warning",
        bad="a build in 2099, by its clock, after a last commit in 2026",
        good="the same after its clock was set right, or with `SOURCE_DATE_EPOCH`",
    ),
    Entry(
        code="card-does-not-fit",
        reason="What is taller than a card to cut out is printed in small letters, or not at all.",
        of="words",
        level="warning",
        bad="a long answer, or code of many lines, on an eighth of a page",
        good="a section `### On paper` with a shorter answer, or larger cards",
    ),
)
