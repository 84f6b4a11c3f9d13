"""What must hold of each chapter by itself: a check is a function whose docstring gives its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from builder.corpus.kinds import checks
from builder.corpus.model import Chapter
from builder.corpus.pictures import PictureError, check_picture, picture_path, pictures
from builder.diagnostics import Diagnostic, Location
from builder.markdown.cloze import gaps_in_code
from builder.markdown.highlight import MOST_COLOURED, is_language
from builder.markdown.maths import MathsError, draw
from builder.markdown.parser import (
    DEEPEST,
    Passage,
    Token,
    comments_in,
    fence_within,
    is_unclosed_fence,
    surplus_cells,
)
from builder.markdown.source import Finder

Check = Callable[[Chapter], Iterator[Diagnostic]]

_LINK_SCHEMES = ("http", "https", "mailto")
_MOST_ADDRESSES = re.compile(r"https?://[a-z]")
_NOT_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef]")
_MERGE_MARKER = re.compile(r"(<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)( |$)|=======$")
_MERGE_MARKS = ("<<<<<<<", ">>>>>>>", "|||||||", "=======")
_NO_LINK = re.compile(r"(?<!\\)(\]\(|(?<![\w\])])\[[^\]]{0,500}\]\[|\[\^\d+\])")
"""What is left of a link, picture or footnote that Markdown did not take for one; not where it is escaped."""
_LONE_MARK = re.compile(r"^[ \t>]*([-*+]|\d{1,9}[.)])[ \t]*$", re.MULTILINE)
_HEADING_WITHOUT_SPACE = re.compile(r"^#{1,6}[^\s#]+", re.MULTILINE)


def code_has_a_known_language(chapter: Chapter) -> Iterator[Diagnostic]:
    """A misspelt language would lose its colours without a word."""
    for passage, token in chapter.texts:
        if token.type == "fence" and (info := token.info.split()) and not is_language(info[0]):
            assert token.map is not None
            yield Diagnostic(
                passage.source.find(info[0], token.map[0]),
                "unknown-language",
                f"the code language {info[0]!r} is not known",
                "use a name that Pygments knows, such as python, console, html+jinja or text",
            )


def code_has_colours(chapter: Chapter) -> Iterator[Diagnostic]:
    """Code that is very long is shown without colours, because to find them could take minutes."""
    for passage, token in chapter.texts:
        if token.type == "fence" and len(token.content) > MOST_COLOURED and token.info.strip():
            yield Diagnostic(
                passage.locate(token),
                "code-without-colours",
                f"code has {len(token.content)} characters, so it is shown without colours"
                f" (maximum: {MOST_COLOURED})",
                "split it, or leave out what the question does not need",
                "warning",
            )


def maths_can_be_drawn(chapter: Chapter) -> Iterator[Diagnostic]:
    """MathJax shows wrong TeX in red, on the phone of a learner; paper cannot show it at all."""
    for passage, token in chapter.texts if "$" in chapter.source.text else ():
        if "$" not in token.content and token.type != "math_block":
            continue
        formulas = (token.children or ()) if "$" in token.content else ()
        finder = Finder(passage)
        for formula in (token, *formulas):
            if not formula.type.startswith("math_"):
                continue
            tex, _ = gaps_in_code(formula.content.strip())
            try:
                draw(tex, is_display=formula.type != "math_inline")
            except MathsError as error:
                yield Diagnostic(
                    finder.find(token, formula.content.strip().split("\n")[0]),
                    "bad-maths",
                    f"the formula '{tex[:40]}' cannot be drawn: {str(error)[:200]}",
                    "mend its TeX; a dollar sign that begins no formula is written \\$",
                )


def pictures_can_be_shown(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki imports a deck without its pictures silently; a reader may depend on the words."""
    for passage in chapter.passages() if "![" in chapter.source.text else ():
        for block, picture in pictures(passage):
            src = str(picture.attrs["src"])
            place = passage.locate(block, picture)
            try:
                check_picture(picture_path(src, passage.source.path, chapter.source.path.parent), src)
            except PictureError as error:
                yield Diagnostic(place, error.code, str(error), error.hint)
            if not picture.content.strip():
                yield Diagnostic(
                    place,
                    "missing-alt",
                    f"the picture {src!r} has no text for those who cannot see it",
                    f"write what it shows: ![…]({src})",
                )


def html_is_not_used(chapter: Chapter) -> Iterator[Diagnostic]:
    """Raw HTML is never shown, so that a `<int>` in prose cannot vanish unnoticed."""
    for passage, block in _texts(chapter, "<"):
        if block.type == "html_block" and comments_in(block) is None:
            yield _raw_html(passage.locate(block), block)
        opened: set[str] = set()
        for token in block.children or ():
            if token.type != "html_inline" or comments_in(token) is not None:
                continue
            name = re.sub(r"\W.*", "", token.content.lstrip("</"), flags=re.DOTALL)
            if not token.content.startswith("</") or name not in opened:
                yield _raw_html(passage.locate(block, token), token)
            opened.add(name)


def _raw_html(location: Location, token: Token) -> Diagnostic:
    written = token.content.strip().splitlines()[0]
    if written.startswith("<!--"):
        return Diagnostic(
            location,
            "unclosed-comment",
            f"the comment {written[:40]!r} does not end, holds another, or is followed by text",
            "close it with '-->' at the end of a line",
        )
    return Diagnostic(
        location,
        "raw-html",
        f"{written[:40]!r} is HTML, which is not shown",
        "put it in backticks to show it as it is, or write it in Markdown",
    )


def the_divider_stands_where_it_divides(chapter: Chapter) -> Iterator[Diagnostic]:
    """A `<!-- more -->`, or almost one, that is still in a passage divided nothing: the sheet goes on."""
    for passage, block in _texts(chapter, "<"):
        for token in (block, *(block.children or ())):
            # With its letters in any order: a misspelt one is seen by nobody.
            if any(
                sorted(comment.casefold().strip(" .…-")) == sorted("more")
                for comment in comments_in(token) or ()
            ):
                yield Diagnostic(
                    passage.locate(block, None if token is block else token),
                    "misplaced-more",
                    f"{token.content.strip()!r} divides nothing here",
                    "write '<!-- more -->' once in a question's answer, on a line of its own,"
                    " after the lead and before the first section",
                )


def lines_that_divide_are_long_enough(chapter: Chapter) -> Iterator[Diagnostic]:
    """Two hyphens, or the dash that an editor makes of them, are text: the prompt would not end there."""
    for passage, block in chapter.texts:
        if block.type == "inline" and block.level == 1 and (dashes := block.content) in ("--", "–", "—"):
            yield Diagnostic(
                passage.locate(block),
                "short-divider",
                f"{dashes!r} on a line of its own divides nothing",
                "write '---' between a prompt and its answer, '***' for a line across the answer",
            )


def code_is_closed(chapter: Chapter) -> Iterator[Diagnostic]:
    """A block of code that nothing closes swallows the questions that follow."""
    for passage, token in chapter.texts:
        if token.type != "fence":
            continue
        if is_unclosed_fence(passage, token):
            yield Diagnostic(
                passage.locate(token),
                "unclosed-code",
                "this block of code is not closed: all that follows is part of it",
                f"close it with a line {token.markup!r}",
            )
        elif line := fence_within(token):
            yield Diagnostic(
                passage.locate(token),
                "unclosed-code",
                f"this block of code is not closed: it goes on over {line!r}",
                f"close it with a line {token.markup!r}; if it shows such lines, begin and end it with"
                f" {token.markup + token.markup[0]!r}",
            )


def headings_are_headings(chapter: Chapter) -> Iterator[Diagnostic]:
    """A question that Markdown takes for something else would be part of the answer before it."""
    for passage in chapter.passages():
        for token in passage.tokens:
            if token.type == "heading_open":
                yield from _no_question(passage, token)
    for passage, token in _texts(chapter, "#"):
        if token.type == "code_block" and re.match(r"#{1,3} .*\{#", token.content):
            yield Diagnostic(
                passage.locate(token),
                "indented-heading",
                "an indented heading is a block of code",
                "begin the line with '#'",
            )
        match = token.children and _HEADING_WITHOUT_SPACE.search(token.content)
        texts = [child.content for child in token.children or () if match and child.type == "text"]
        if match and any(text.startswith(match[0][:2]) for text in texts):
            yield Diagnostic(
                passage.find(token, match[0]),
                "no-heading",
                f"{match[0]!r} begins no heading",
                "put a space after the '#', or a backslash before it",
            )


def _no_question(passage: Passage, heading: Token) -> Iterator[Diagnostic]:
    if heading.level > 0 and heading.tag in ("h1", "h2", "h3"):
        yield Diagnostic(
            passage.locate(heading),
            "nested-heading",
            "a heading inside a quotation or a list is no question",
            "begin the line with '#', or use '####'",
        )
    attributes = heading.meta["attributes"]
    if attributes and (heading.level > 0 or heading.tag > "h3") and (attributes.ids or attributes.classes):
        yield Diagnostic(
            passage.locate(heading),
            "unexpected-attributes",
            f"attributes {attributes.written!r} at a heading that is no question",
            "questions are '##', drills '###'",
        )


def tables_are_whole(chapter: Chapter) -> Iterator[Diagnostic]:
    """Markdown drops cells for which the head has no column, and shows half a table as text."""
    for passage in chapter.passages() if "|" in chapter.source.text else ():
        for token in passage.tokens:
            if token.type == "inline" and re.match(r"\|.*\|\s*(\n|$)", token.content):
                yield Diagnostic(
                    passage.locate(token),
                    "no-table",
                    "this is no table",
                    "its second line must have as many cells as its first, all of dashes: |---|---|",
                )
        for line, cell in surplus_cells(passage):
            yield Diagnostic(
                passage.source.find(cell, line),
                "surplus-cell",
                f"the table's head has no column for {cell!r}",
                "add one; or is it a '|' in code, to be written '\\|'?",
            )


def lists_have_words(chapter: Chapter) -> Iterator[Diagnostic]:
    """Of a number and a full stop, Markdown makes a list with nothing in it: a mark, and no answer."""
    for passage in chapter.passages() if _LONE_MARK.search(chapter.source.text) else ():
        for token, following in pairwise(passage.tokens):
            if token.type == "list_item_open" and following.type == "list_item_close":
                assert token.map is not None
                written = passage.source.lines[token.map[0]].strip()
                yield Diagnostic(
                    passage.source.find(written, token.map[0]),
                    "empty-item",
                    f"{written!r} is a list with nothing in it",
                    f"write its words; or, if that is what is meant, {written[:-1]!r} and no mark after it"
                    if written[0].isdigit()
                    else "write its words, or delete the mark",
                )


def nothing_is_too_deep(chapter: Chapter) -> Iterator[Diagnostic]:
    """markdown-it drops what is nested deeper than its limit."""
    for passage in chapter.passages():
        if deep := next((token for token in passage.tokens if token.level >= DEEPEST), None):
            yield Diagnostic(passage.locate(deep), "too-deep", "this is nested too deeply", "make it flatter")


def nothing_is_left_of_a_merge(chapter: Chapter) -> Iterator[Diagnostic]:
    """The marks of a merge that was not finished would be printed, with both versions."""
    is_open = False
    is_any = any(mark in chapter.source.text for mark in _MERGE_MARKS)
    for number, line in enumerate(chapter.source.lines if is_any else ()):
        if not _MERGE_MARKER.match(line) or (line == "=======" and not is_open):
            continue
        is_open = not line.startswith(">")
        yield Diagnostic(
            chapter.source.location(number),
            "merge-conflict",
            f"{line[:40]!r} is left over from a merge",
            "choose between the two versions, and delete the marks; indent them if they are to be shown",
        )


def links_lead_somewhere(chapter: Chapter) -> Iterator[Diagnostic]:
    """A card is read on a phone, a sheet on paper: only links to the web lead anywhere."""
    for passage, block in _texts(chapter, "]", "<"):
        finder: Finder | None = None
        for token in block.children or ():
            match = _NO_LINK.search(token.content) if token.type == "text" and "]" in token.content else None
            if match and (finder or _NO_LINK.search(block.content)):
                finder = finder or Finder(passage)
                yield Diagnostic(
                    finder.find(block, token.content[match.start() : match.start() + 20]),
                    "no-link",
                    f"{token.content[:40].strip()!r} is no link, picture or footnote",
                    "put code in backticks; an address has no spaces (write them %20), a reference needs its"
                    " definition, and footnotes are not known",
                )
            if token.type != "link_open":
                continue
            href = str(token.attrs["href"])
            if not _is_web_address(href):
                yield Diagnostic(
                    passage.locate(block, token),
                    "bad-link",
                    f"the link target {href!r} leads nowhere from a card",
                    "use a web address; or put it in backticks if it is not meant as a link",
                )


def links_have_words(chapter: Chapter) -> Iterator[Diagnostic]:
    """A link without words is seen by nobody."""
    for passage, block in _texts(chapter, "]"):
        for token, following in pairwise(block.children or ()):
            if token.type == "link_open" and following.type == "link_close":
                yield Diagnostic(
                    passage.locate(block, token),
                    "empty-link",
                    f"the link to {str(token.attrs['href'])!r} has no words",
                    "write what it leads to between its brackets",
                )


def _is_web_address(href: str) -> bool:
    if _MOST_ADDRESSES.match(href):
        return True
    parts = urlsplit(href)
    return parts.scheme.lower() in _LINK_SCHEMES and bool(parts.netloc or parts.scheme.lower() == "mailto")


def characters_can_be_stored(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki drops control characters, and one of them ends the whole import; some are no characters at all."""
    is_any = _NOT_STORED.search(chapter.source.text)
    for line, text in enumerate(chapter.source.lines if is_any else ()):
        for match in _NOT_STORED.finditer(text):
            yield Diagnostic(
                chapter.source.location(line, match.start()),
                "control-character",
                f"an invisible control character, U+{ord(match[0]):04X}",
                "delete it",
            )
    for passage, token in _texts(chapter, "<", "&"):
        for child in token.children or ():
            # An address between angle brackets is shown decoded.
            if (found := _NOT_STORED.search(child.content)) and found[0] not in token.content:
                yield Diagnostic(
                    passage.locate(token, child),
                    "control-character",
                    f"an address with an invisible control character, U+{ord(found[0]):04X}",
                    "put the address in backticks",
                )


def _texts(chapter: Chapter, sign: str, or_sign: str = "\0") -> Iterator[tuple[Passage, Token]]:
    """Yield the blocks with one of two signs in their text: few have."""
    for passage, token in chapter.texts:
        if sign in token.content or or_sign in token.content:
            yield passage, token


CHAPTER_CHECKS: tuple[Check, ...] = (
    checks.gaps_are_gaps,
    checks.options_are_options,
    checks.typed_answers_can_be_typed,
    code_has_a_known_language,
    code_has_colours,
    maths_can_be_drawn,
    pictures_can_be_shown,
    html_is_not_used,
    the_divider_stands_where_it_divides,
    lines_that_divide_are_long_enough,
    code_is_closed,
    headings_are_headings,
    tables_are_whole,
    lists_have_words,
    nothing_is_too_deep,
    nothing_is_left_of_a_merge,
    links_lead_somewhere,
    links_have_words,
    characters_can_be_stored,
)
