"""What must hold over a whole corpus: each check is a function whose docstring gives its reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from builder.diagnostics import Diagnostic, Location
from builder.highlight import is_language
from builder.markdown import Passage, Token, comment_in, inline_tokens, plain_text
from builder.media import PictureError, picture_path, pictures
from builder.model import Corpus, Kind
from builder.reader import SETTINGS_FILE

Check = Callable[[Corpus], Iterator[Diagnostic]]

_LINK_SCHEMES = ("http", "https", "mailto")
_RESERVED_TAGS = ("leech", "marked")


def check(corpus: Corpus) -> list[Diagnostic]:
    """Run every check."""
    return [diagnostic for check in CHECKS for diagnostic in check(corpus)]


def _has_questions(corpus: Corpus) -> Iterator[Diagnostic]:
    """A corpus without questions would replace a deck by an empty one."""
    if not any(corpus.questions()):
        yield Diagnostic(
            Location(corpus.folder / SETTINGS_FILE),
            "empty-corpus",
            f"there is no question in {str(corpus.folder)!r}",
            "write a chapter, NN-name.md, with a '# title' and a '## question {#id}'",
        )


def _chapter_numbers_differ(corpus: Corpus) -> Iterator[Diagnostic]:
    """The file's number is the chapter's, on cards and on paper: two would share their 3.4."""
    seen: dict[int, str] = {}
    for chapter in corpus.chapters:
        if chapter.number in seen:
            yield Diagnostic(
                chapter.source.location(),
                "duplicate-chapter-number",
                f"chapter number {chapter.number} is already that of {seen[chapter.number]!r}",
                "give the file another number",
            )
        seen.setdefault(chapter.number, chapter.source.path.name)


def _ids_differ(corpus: Corpus) -> Iterator[Diagnostic]:
    """An id is a note's identity: Anki would make two notes that fight over one history."""
    seen: dict[str, Location] = {}
    for question in corpus.questions():
        if question.id and question.id in seen:
            yield Diagnostic(
                question.location,
                "duplicate-id",
                f"the id {question.id!r} is already used at {seen[question.id]}",
                "give the newer question another id; the older one keeps its history",
            )
        seen.setdefault(question.id, question.location)


def _kinds_can_be_built(corpus: Corpus) -> Iterator[Diagnostic]:
    """A question of a kind that no card template shows yet would come out wrong."""
    for question in corpus.questions():
        if question.kind is not Kind.PLAIN:
            yield Diagnostic(
                question.location,
                "kind-not-yet",
                f"'.{question.kind}' questions cannot be built yet",
                f"write it as a plain question for now: leave out '.{question.kind}'",
            )


def _tags_are_tags(corpus: Corpus) -> Iterator[Diagnostic]:
    """Anki changes or drops such tags silently (the facts sheet on importing, section 6)."""
    spelling: dict[str, str] = {}
    written = (
        question
        for chapter in corpus.chapters
        for parent in chapter.questions
        for question in (parent, *(drill for drill in parent.drills if drill.tags != parent.tags))
    )
    for question in written:
        for tag in question.tags:
            known = spelling.setdefault(tag.casefold(), tag)
            if '"' in tag or not all(tag.split("::")):
                message, hint = f"{tag!r} is not a tag", "use words, nested with '::'"
            elif tag.lower() in _RESERVED_TAGS:
                message, hint = f"the tag {tag!r} is Anki's own", "choose another word"
            elif known != tag:
                message = f"the tag {tag!r} is written {known!r} elsewhere"
                hint = "Anki takes them for one: write them alike"
            else:
                continue
            yield Diagnostic(question.location, "bad-tag", message, hint)


def _code_has_a_known_language(corpus: Corpus) -> Iterator[Diagnostic]:
    """A misspelt language would lose its colours without a word."""
    for passage, token in _blocks(corpus):
        if token.type == "fence" and (info := token.info.split()) and not is_language(info[0]):
            assert token.map is not None
            yield Diagnostic(
                passage.source.find(info[0], token.map[0]),
                "unknown-language",
                f"the code language {info[0]!r} is not known",
                "use a name that Pygments knows, such as python, console, html+jinja or text",
            )


def _pictures_can_be_shown(corpus: Corpus) -> Iterator[Diagnostic]:
    """Anki imports a deck without its pictures silently; a reader may depend on the words."""
    for passage in corpus.passages():
        for block, picture in pictures(passage):
            src = str(picture.attrs["src"])
            place = passage.locate(block, picture)
            try:
                picture_path(src, passage.source.path, corpus.folder)
            except PictureError as error:
                yield Diagnostic(place, error.code, str(error), error.hint)
            if not picture.content.strip():
                yield Diagnostic(
                    place,
                    "missing-alt",
                    f"the picture {src!r} has no text for those who cannot see it",
                    f"write what it shows: ![…]({src})",
                )


def _html_is_not_used(corpus: Corpus) -> Iterator[Diagnostic]:
    """Raw HTML is never shown, so that a `<int>` in prose cannot vanish unnoticed."""
    for passage in corpus.passages():
        for block in passage.tokens:
            if block.type == "html_block" and comment_in(block) is None:
                yield _raw_html(passage.locate(block), block)
        for block, token in inline_tokens(passage):
            if token.type == "html_inline" and comment_in(token) is None:
                if not token.content.startswith("</"):
                    yield _raw_html(passage.locate(block, token), token)
            elif token.type == "html_inline" and comment_in(token) == "more":
                yield Diagnostic(
                    passage.locate(block, token),
                    "misplaced-more",
                    "'<!-- more -->' inside a paragraph",
                    "put it on a line of its own, between empty lines",
                )


def _raw_html(location: Location, token: Token) -> Diagnostic:
    written = token.content.strip().splitlines()[0]
    if written.startswith("<!--"):
        return Diagnostic(
            location,
            "unclosed-comment",
            f"the comment {written[:40]!r} does not end, or text follows its end",
            "close it with '-->' at the end of a line",
        )
    return Diagnostic(
        location,
        "raw-html",
        f"{written[:40]!r} is HTML, which is not shown",
        "put it in backticks to show it as it is, or write it in Markdown",
    )


def _links_lead_somewhere(corpus: Corpus) -> Iterator[Diagnostic]:
    """A card is read on a phone, a sheet on paper: only links to the web lead anywhere."""
    for passage in corpus.passages():
        for block, token in inline_tokens(passage):
            if token.type != "link_open":
                continue
            href = str(token.attrs["href"])
            if urlsplit(href).scheme.lower() not in _LINK_SCHEMES:
                yield Diagnostic(
                    passage.locate(block, token),
                    "bad-link",
                    f"the link target {href!r} leads nowhere from a card",
                    "use a web address; or put it in backticks if it is not meant as a link",
                )


def _characters_can_be_stored(corpus: Corpus) -> Iterator[Diagnostic]:
    """Anki drops control characters, and one of them ends the whole import."""
    for chapter in corpus.chapters:
        for line, text in enumerate(chapter.source.lines):
            for match in re.finditer(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
                yield Diagnostic(
                    chapter.source.location(line, match.start()),
                    "control-character",
                    f"an invisible control character, U+{ord(match[0]):04X}",
                    "delete it",
                )


def _blocks(corpus: Corpus) -> Iterator[tuple[Passage, Token]]:
    for passage in corpus.passages():
        for token in passage.tokens:
            yield passage, token


def _prompts_differ(corpus: Corpus) -> Iterator[Diagnostic]:
    """Two cards with one front cannot both be answered."""
    seen: dict[str, Location] = {}
    for question in corpus.questions():
        words = plain_text(question.title) if question.context.is_blank else ""
        key = unicodedata.normalize("NFKC", words).casefold().strip()
        if key and key in seen:
            yield Diagnostic(
                question.location,
                "duplicate-prompt",
                f"the prompt {words!r} stands at {seen[key]} too",
                "add what tells them apart, or delete one",
            )
        seen.setdefault(key, question.location)


CHECKS: tuple[Check, ...] = (
    _has_questions,
    _chapter_numbers_differ,
    _ids_differ,
    _prompts_differ,
    _kinds_can_be_built,
    _tags_are_tags,
    _code_has_a_known_language,
    _pictures_can_be_shown,
    _html_is_not_used,
    _links_lead_somewhere,
    _characters_can_be_stored,
)
