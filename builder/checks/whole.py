"""What must hold over a whole corpus: a check is a function whose docstring gives its reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from builder.checks.rules import rulebook
from builder.corpus.model import Outline
from builder.corpus.settings import SETTINGS_FILE
from builder.diagnostics import Diagnostic, Location
from builder.faults import Work, at_chapter, at_question, pin_down

Check = Callable[[Outline], Iterator[Diagnostic]]

_RESERVED_TAGS = ("leech", "marked")
_TAG = re.compile(r"[\w.+#/-]+(::[\w.+#/-]+)*")


def has_questions(outline: Outline) -> Iterator[Diagnostic]:
    """A corpus without questions would replace a deck by an empty one."""
    if not any(outline.questions()):
        yield Diagnostic(
            Location(outline.folder / SETTINGS_FILE),
            "empty-corpus",
            f"there is no question in {str(outline.folder)!r}",
            "write a chapter, NN-name.md, with a '# title' and a '## question {#id}'",
        )


def the_id_is_the_folders_name(outline: Outline) -> Iterator[Diagnostic]:
    """Outputs are named by the id, and make finds them by the folder."""
    name = outline.folder.resolve().name
    if outline.settings.id != name:
        yield Diagnostic(
            Location(outline.folder / SETTINGS_FILE),
            "id-is-not-folder",
            f"the id {outline.settings.id!r} is not the folder's name, {name!r}",
            "rename the folder; the id is what must never change",
        )


def chapter_numbers_differ(outline: Outline) -> Iterator[Diagnostic]:
    """The file's number is the chapter's, on cards and on paper: two would share their 3.4."""
    seen: dict[int, str] = {}
    for chapter in outline.chapters:
        if chapter.number in seen:
            yield Diagnostic(
                Location(chapter.path),
                "duplicate-chapter-number",
                f"chapter number {chapter.number} is already that of {seen[chapter.number]!r}",
                "give the file another number",
            )
        seen.setdefault(chapter.number, chapter.path.name)


def ids_differ(outline: Outline) -> Iterator[Diagnostic]:
    """An id is a note's identity: Anki would make two notes that fight over one history."""
    seen: dict[str, Location] = {}
    for question in outline.questions():
        for name in filter(None, dict.fromkeys((question.id, question.was))):
            if name in seen:
                yield Diagnostic(
                    question.location,
                    "duplicate-id",
                    f"the id {name!r} is already used at {seen[name]}",
                    "give the newer question another id; the older one keeps its history",
                )
            seen.setdefault(name, question.location)


def tags_are_tags(outline: Outline) -> Iterator[Diagnostic]:
    """Anki changes or drops such tags silently (docs/facts/anki.md, section 6)."""
    spelling: dict[str, str] = {}
    for question in (question for question in outline.questions() if question.has_own_tags):
        for tag in question.tags:
            known = spelling.setdefault(tag.casefold(), tag)
            if not _TAG.fullmatch(tag):
                message, hint = f"{tag!r} is not a tag", "use words, with spaces between, nested with '::'"
            elif tag.lower() in _RESERVED_TAGS:
                message, hint = f"the tag {tag!r} is Anki's own", "choose another word"
            elif known != tag:
                message = f"the tag {tag!r} is written {known!r} elsewhere"
                hint = "Anki takes them for one: write them alike"
            else:
                continue
            yield Diagnostic(question.location, "bad-tag", message, hint)


def prompts_differ(outline: Outline) -> Iterator[Diagnostic]:
    """Two cards with one front cannot both be answered."""
    seen: dict[str, Location] = {}
    for question in outline.questions():
        words = "" if question.has_context else question.prompt
        key = unicodedata.normalize("NFC", words).strip()
        if key and key in seen:
            yield Diagnostic(
                question.location,
                "duplicate-prompt",
                f"the prompt {words!r} stands at {seen[key]} too",
                "add what tells them apart, or delete one",
            )
        seen.setdefault(key, question.location)


CORPUS_CHECKS: tuple[Check, ...] = (
    has_questions,
    the_id_is_the_folders_name,
    chapter_numbers_differ,
    ids_differ,
    tags_are_tags,
    prompts_differ,
)


def check_outline(outline: Outline) -> list[Diagnostic]:
    """Check what chapters are together."""
    found: list[Diagnostic] = []
    with at_chapter(outline.folder):
        for check in (*CORPUS_CHECKS, rulebook(outline.settings).judge_outline):
            found += _findings(check, outline)
    return found


def _findings(check: Callable[[Outline], Iterable[Diagnostic]], outline: Outline) -> list[Diagnostic]:
    try:
        return list(check(outline))
    except Exception as error:
        pin_down(error, lambda part: list(check(part)), _parts(outline))
        raise


def _parts(outline: Outline) -> Iterator[tuple[Work, Outline]]:
    """Yield a corpus without its chapters, then with a single question of each."""
    yield at_chapter(outline.folder), replace(outline, chapters=())
    for chapter in outline.chapters:
        for question in chapter.questions:
            only = replace(chapter, questions=(question,))
            yield (
                at_question(question.location, question.id or question.prompt),
                replace(outline, chapters=(only,)),
            )
