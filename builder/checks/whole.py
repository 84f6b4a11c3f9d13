"""Checks of a corpus as a whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches

from builder.checks.rules import rulebook
from builder.corpus.model import CORE, Outline
from builder.corpus.settings import SETTINGS_FILE
from builder.diagnostics import Check, Code, Diagnostic, Location, check
from builder.faults import Work, at_chapter, at_question, pin_down
from builder.text import is_line, marks_of

_RESERVED_TAGS = ("leech", "marked")
_MOST_HINTS = 20
"""Maximum findings with a suggestion: each takes a search through all ids of the corpus."""
_TAG = re.compile(r"[\w.+#/-]+(::[\w.+#/-]+)*")


EMPTY_CORPUS = Code(
    "empty-corpus",
    of="words",
    bad="a folder with a deck.toml and no question",
    good="the same, with a chapter and a question in it",
)


@check(EMPTY_CORPUS)
def has_questions(outline: Outline) -> Iterator[Diagnostic]:
    """A corpus without questions would replace a deck by an empty one."""
    if not any(outline.questions()):
        yield EMPTY_CORPUS.at(
            Location(outline.folder / SETTINGS_FILE),
            f"there is no question in {str(outline.folder)!r}",
            "write a chapter, a file NN-name.md with a '## question {#id}' and its answer",
        )


EMPTY_CORE = Code(
    "empty-core",
    of="words",
    bad='`outputs = ["core"]` in deck.toml, and no question that is marked `.core`',
    good="the same, and one that is: `## What is a view? {#views .core}`",
)


@check(EMPTY_CORE)
def has_the_core_asked_for(outline: Outline) -> Iterator[Diagnostic]:
    """A deck of the core without questions would be empty, and building it would fail."""
    if CORE in outline.settings.outputs and not any(question.core for question in outline.questions()):
        yield EMPTY_CORE.at(
            Location(outline.folder / SETTINGS_FILE),
            "outputs has 'core', but no question is in the core",
            "mark a question, {#its-id .core}, or remove 'core' from outputs",
        )


UNKNOWN_CHECKED = Code(
    "unknown-checked",
    of="words",
    severity="warning",
    bad='`06-context = "flask 3.1"` under `[checked]` in deck.toml, and a chapter `06-contexts.md`',
    good='`06-contexts = "flask 3.1"`',
)


@check(UNKNOWN_CHECKED)
def what_was_checked_is_there(outline: Outline) -> Iterator[Diagnostic]:
    """A version of an unknown chapter or question is never compared: its author would not hear of changes."""
    names = {chapter.path.stem for chapter in outline.chapters}
    names.update(question.id for question in outline.questions())
    for name, _ in outline.settings.checked:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            yield UNKNOWN_CHECKED.at(
                Location(outline.folder / SETTINGS_FILE),
                f"[checked] names {name!r}, which is neither a chapter's file nor a question",
                f"did you mean {near[0]!r}?" if near else "write 06-contexts for 06-contexts.md, or an id",
            )


DUPLICATE_CHAPTER_NUMBER = Code(
    "duplicate-chapter-number",
    of="words",
    bad="`06-contexts.md` and `06-hooks.md`",
    good="`06-contexts.md` and `07-hooks.md`",
)


@check(DUPLICATE_CHAPTER_NUMBER)
def chapter_numbers_differ(outline: Outline) -> Iterator[Diagnostic]:
    """The number of a file is that of its chapter: two chapters would share numbers such as 3.4."""
    seen: dict[int, str] = {}
    for chapter in outline.chapters:
        if chapter.number in seen:
            yield DUPLICATE_CHAPTER_NUMBER.at(
                Location(chapter.path),
                f"chapter number {chapter.number} is already used by {seen[chapter.number]!r}",
                "give the file another number",
            )
        seen.setdefault(chapter.number, chapter.path.name)


DUPLICATE_ID = Code(
    "duplicate-id",
    bad="## What is `g`? {#g}\n\nData.\n\n## How long does it live? {#g}\n\nA context.\n",
    good="## What is `g`? {#g}\n\nData.\n\n## How long does it live? {#g-life}\n\nA context.\n",
)


@check(DUPLICATE_ID)
def ids_differ(outline: Outline) -> Iterator[Diagnostic]:
    """An id is a note's identity: Anki would make two notes that fight over one history."""
    seen: dict[str, Location] = {}
    for question in outline.questions():
        for name in filter(None, dict.fromkeys((question.id, question.was))):
            if name in seen:
                yield DUPLICATE_ID.at(
                    question.location,
                    f"the id {name!r} is already used at {seen[name]}",
                    "give the newer question another id; the older one keeps its history",
                )
            seen.setdefault(name, question.location)


BAD_TAG = Code(
    "bad-tag",
    bad='## What is `g`? {#g tags="contexts, data"}\n\nData.\n',
    good='## What is `g`? {#g tags="contexts data"}\n\nData.\n',
)


@check(BAD_TAG)
def tags_are_tags(outline: Outline) -> Iterator[Diagnostic]:
    """Anki changes or drops such tags silently."""  # docs/facts/anki.md, section 6
    spelling: dict[str, str] = {}
    for question in (question for question in outline.questions() if question.has_own_tags):
        for tag in question.tags:
            known = spelling.setdefault(tag.casefold(), tag)
            plain = tag.translate(dict.fromkeys(map(ord, marks_of(tag))))
            if not _TAG.fullmatch(plain) or not is_line(tag):
                message, hint = f"{tag!r} is not a tag", "use words, with spaces between, nested with '::'"
            elif tag.lower() in _RESERVED_TAGS:
                message, hint = f"the tag {tag!r} is Anki's own", "choose another word"
            elif tag.lower() == CORE:
                message, hint = f"the tag {tag!r} is reserved for the core", f"write '.{CORE}' instead"
            elif known != tag:
                message = f"the tag {tag!r} is written {known!r} elsewhere"
                hint = "Anki treats them as one tag: write both the same way"
            else:
                continue
            yield BAD_TAG.at(question.location, message, hint)


DUPLICATE_PROMPT = Code(
    "duplicate-prompt",
    severity="warning",
    bad="## What is it? {#g}\n\nData.\n\n## What is it? {#session}\n\nData.\n",
    good="## What is `g`? {#g}\n\nData.\n\n## What is `session`? {#session}\n\nData.\n",
)


@check(DUPLICATE_PROMPT)
def prompts_differ(outline: Outline) -> Iterator[Diagnostic]:
    """Learners cannot tell two cards with the same front apart."""
    seen: dict[str, Location] = {}
    for question in outline.questions():
        words = "" if question.has_context else question.prompt
        key = unicodedata.normalize("NFC", words).strip()
        if key and key in seen:
            yield DUPLICATE_PROMPT.at(
                question.location,
                f"the prompt {words!r} is also at {seen[key]}",
                "add what makes them different, or delete one",
            )
        seen.setdefault(key, question.location)


UNKNOWN_QUESTION = Code(
    "unknown-question",
    severity="warning",
    bad="## What is `g`? {#g}\n\nData, as long as [a context](#contexts).\n",
    good="## What is `g`? {#g}\n\nData, as long as [a context](#context).\n\n"
    "## What is a context? {#context}\n\nA place.\n",
)


@check(UNKNOWN_QUESTION)
def links_lead_to_questions(outline: Outline) -> Iterator[Diagnostic]:
    """A link to a question prints its number. A link to an unknown question would be shown as plain text."""
    links = [link for chapter in outline.chapters for link in chapter.links]
    if not links:
        return
    known = {anchor for question in outline.questions() for anchor in question.anchors()}
    lost = (link for link in links if link.anchor not in known)
    for number, link in enumerate(lost):
        near = get_close_matches(link.anchor, known, 1) if number < _MOST_HINTS else []
        hint = f"did you mean '#{near[0]}'?" if near else "link to a question's id, '#its-id'; or to the web"
        yield UNKNOWN_QUESTION.at(link.location, f"there is no question {link.anchor!r}", hint)


CORPUS_CHECKS: tuple[Check[Outline], ...] = (
    has_questions,
    has_the_core_asked_for,
    what_was_checked_is_there,
    chapter_numbers_differ,
    ids_differ,
    tags_are_tags,
    prompts_differ,
    links_lead_to_questions,
)


def check_outline(outline: Outline) -> list[Diagnostic]:
    """Check a corpus as a whole."""
    found: list[Diagnostic] = []
    with at_chapter(outline.folder):
        for each in CORPUS_CHECKS:
            found += _findings(each, outline)
        rules = rulebook(outline.settings)
        found += _findings(rules.judge_outline, outline)
    return rules.weigh(found)


def _findings(check: Callable[[Outline], Iterable[Diagnostic]], outline: Outline) -> list[Diagnostic]:
    try:
        return list(check(outline))
    except Exception as error:
        pin_down(error, lambda part: list(check(part)), _parts(outline))
        raise


def _parts(outline: Outline) -> Iterator[tuple[Work, Outline]]:
    """Yield a corpus without its chapters, then with one question at a time."""
    yield at_chapter(outline.folder), replace(outline, chapters=())
    for chapter in outline.chapters:
        for question in chapter.questions:
            only = replace(chapter, questions=(question,))
            yield (
                at_question(question.location, question.id or question.prompt),
                replace(outline, chapters=(only,)),
            )
