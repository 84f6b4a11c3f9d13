"""What must hold of each chapter by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urlsplit

from builder.corpus import picture_codes
from builder.corpus.chapter_codes import UNEXPECTED_ATTRIBUTES
from builder.corpus.model import Chapter
from builder.corpus.pictures import PictureError, check_picture, picture_path, pictures
from builder.diagnostics import PRINT, Code, Diagnostic, Location, check, once_a_file
from builder.markdown.cloze import gaps_in_code
from builder.markdown.formulas import Formula, formula_at, unclear_dollars
from builder.markdown.highlight import MOST_COLOURED, is_language
from builder.markdown.maths import MathsError, draw, is_complete
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

_FORMULA_MARKS = ("$", r"\(", r"\[")
_LINK_SCHEMES = ("http", "https", "mailto")
_MOST_ADDRESSES = re.compile(r"https?://[a-z]")
_NOT_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef]")
_MERGE_MARKER = re.compile(r"(<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)( |$)|=======$")
_MERGE_MARKS = ("<<<<<<<", ">>>>>>>", "|||||||", "=======")
_NO_LINK = re.compile(r"(?<!\\)(\]\(|(?<![\w\])])\[[^\]]{0,500}\]\[|\[\^\d+\])")
"""What is left of a link, picture or footnote that Markdown did not take for one; not where it is escaped."""
_LONE_MARK = re.compile(r"^[ \t>]*([-*+]|\d{1,9}[.)])[ \t]*$", re.MULTILINE)
_HEADING_WITHOUT_SPACE = re.compile(r"^#{1,6}[^\s#]+", re.MULTILINE)


UNKNOWN_LANGUAGE = Code(
    "unknown-language",
    bad="## What is `g`? {#what-is-g}\n\n```pyhton\ng.cart = 3\n```\n",
    good="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n```\n",
)


@check(UNKNOWN_LANGUAGE)
def code_has_a_known_language(chapter: Chapter) -> Iterator[Diagnostic]:
    """A misspelt language would lose its colours without a word."""
    for passage, token in chapter.texts:
        if token.type == "fence" and (info := token.info.split()) and not is_language(info[0]):
            assert token.map is not None
            yield UNKNOWN_LANGUAGE.at(
                passage.source.find(info[0], token.map[0]),
                f"the code language {info[0]!r} is not known",
                "use a name that Pygments knows, such as python, console, html+jinja or text",
            )


CODE_WITHOUT_COLOURS = Code(
    "code-without-colours",
    of="words",
    severity="warning",
    bad="a block of code of 6000 characters",
    good="the part of it that the question is about",
)


@check(CODE_WITHOUT_COLOURS)
def code_has_colours(chapter: Chapter) -> Iterator[Diagnostic]:
    """Code that is very long is shown without colours, because to find them could take minutes."""
    for passage, token in chapter.texts:
        if token.type == "fence" and len(token.content) > MOST_COLOURED and token.info.strip():
            yield CODE_WITHOUT_COLOURS.at(
                passage.locate(token),
                f"code has {len(token.content)} characters, so it is shown without colours"
                f" (maximum: {MOST_COLOURED})",
                "split it, or leave out what the question does not need",
            )


BAD_MATHS = Code(
    "bad-maths",
    severity="warning",
    outputs=(PRINT,),
    bad="## What is a half? {#half}\n\n$\\fract{1}{2}$\n",
    good="## What is a half? {#half}\n\n$\\frac{1}{2}$\n",
)


@check(BAD_MATHS)
def maths_can_be_drawn(chapter: Chapter) -> Iterator[Diagnostic]:
    """Paper has the source of a formula that cannot be drawn; MathJax shows wrong TeX in red on a card."""
    found: list[Diagnostic] = []
    for passage, token in chapter.texts:
        if token.type != "math_block" and not any(mark in token.content for mark in _FORMULA_MARKS):
            continue
        formulas = token.children or ()
        finder = Finder(passage)
        for formula in (token, *formulas):
            if not formula.type.startswith("math_"):
                continue
            tex, _ = gaps_in_code(formula.content.strip())
            try:
                draw(tex, is_display=formula.type != "math_inline")
            except MathsError as error:
                wrong = BAD_MATHS.at(
                    finder.find(token, formula.content.strip().split("\n")[0]),
                    f"the formula '{tex[:40]}' cannot be drawn: {str(error)[:200]}; paper has its source",
                    "mend its TeX; where Anki's MathJax knows more, cards have it as it is",
                )
                # What is not complete is wrong on a card, too.
                found.append(wrong if is_complete(tex) else replace(wrong, outputs=()))
    yield from once_a_file(found, "other formula")


UNCLEAR_DOLLARS = Code(
    "unclear-dollars",
    severity="warning",
    bad="## What is salt? {#salt}\n\n$NaCl$\n",
    good="## What is salt? {#salt}\n\n$\\mathrm{NaCl}$\n",
)


@check(UNCLEAR_DOLLARS)
def unclear_dollars_are_named(chapter: Chapter) -> Iterator[Diagnostic]:
    """Dollars are prices and variables, too: what other tools take for a formula may be shown as it is."""
    for passage, block in _texts(chapter, "$"):
        texts = "".join(child.content for child in block.children or () if child.type == "text")
        for offset, found in unclear_dollars(block.content) if "$" in texts else ():
            written = block.content[offset : found.end]
            yield UNCLEAR_DOLLARS.at(
                passage.locate_at(block, offset),
                f"{written[:40]!r} is shown as text, dollars and all",
                f"{_as_formula(found)}a dollar sign is written \\$, code stands in backticks",
            )


def _as_formula(found: Formula) -> str:
    """Return how to write what may be meant as a formula, if that can be told."""
    tex = found.tex.strip()
    if tex != found.tex and formula_at(f"{found.mark}{tex}{found.mark}", 0):
        return f"write a formula without blanks at its dollars, {found.mark}{tex}{found.mark}; "
    if tex.isalpha():
        return f"write a formula of letters as $\\mathrm{{{tex}}}$; "
    return ""


MISSING_ALT = Code(
    "missing-alt",
    bad="## What is blue? {#blue}\n\n![](media/blue.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)


@check(MISSING_ALT, *picture_codes.CODES)
def pictures_can_be_shown(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki imports a deck without its pictures silently; a reader may depend on the words."""
    for passage in chapter.passages() if "![" in chapter.source.text else ():
        for block, picture in pictures(passage):
            src = str(picture.attrs["src"])
            place = passage.locate(block, picture)
            try:
                check_picture(picture_path(src, passage.source.path, chapter.source.path.parent), src)
            except PictureError as error:
                yield error.code.at(place, str(error), error.hint)
            if not picture.content.strip():
                yield MISSING_ALT.at(
                    place,
                    f"the picture {src!r} has no text for those who cannot see it",
                    f"write what it shows: ![…]({src})",
                )


RAW_HTML = Code(
    "raw-html",
    bad="## What is a converter? {#converter}\n\nThe <int> in a rule.\n",
    good="## What is a converter? {#converter}\n\nThe `<int>` in a rule.\n",
)
UNCLOSED_COMMENT = Code(
    "unclosed-comment",
    reason="A comment that does not end swallows what follows; one with text behind it shows neither.",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- to do\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- to do -->\n",
)


@check(RAW_HTML, UNCLOSED_COMMENT)
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
        return UNCLOSED_COMMENT.at(
            location,
            f"the comment {written[:40]!r} does not end, holds another, or is followed by text",
            "close it with '-->' at the end of a line",
        )
    return RAW_HTML.at(
        location,
        f"{written[:40]!r} is HTML, which is not shown",
        "put it in backticks to show it as it is, or write it in Markdown",
    )


MISPLACED_MORE = Code(
    "misplaced-more",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context. <!-- more -->\n\nDetails.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- more -->\n\nDetails.\n",
)


@check(MISPLACED_MORE)
def the_divider_stands_where_it_divides(chapter: Chapter) -> Iterator[Diagnostic]:
    """A `<!-- more -->`, or almost one, that is still in a passage divided nothing: the sheet goes on."""
    for passage, block in _texts(chapter, "<"):
        for token in (block, *(block.children or ())):
            # With its letters in any order: a misspelt one is seen by nobody.
            if any(
                sorted(comment.casefold().strip(" .…-")) == sorted("more")
                for comment in comments_in(token) or ()
            ):
                yield MISPLACED_MORE.at(
                    passage.locate(block, None if token is block else token),
                    f"{token.content.strip()!r} divides nothing here",
                    "write '<!-- more -->' once in a question's answer, on a line of its own,"
                    " after the lead and before the first section",
                )


SHORT_DIVIDER = Code(
    "short-divider",
    bad="## What does this print? {#prints}\n\n`print(g)`\n\n--\n\nAn error.\n",
    good="## What does this print? {#prints}\n\n`print(g)`\n\n---\n\nAn error.\n",
)


@check(SHORT_DIVIDER)
def lines_that_divide_are_long_enough(chapter: Chapter) -> Iterator[Diagnostic]:
    """Two hyphens, or the dash that an editor makes of them, are text: the prompt would not end there."""
    for passage, block in chapter.texts:
        if block.type == "inline" and block.level == 1 and (dashes := block.content) in ("--", "–", "—"):
            yield SHORT_DIVIDER.at(
                passage.locate(block),
                f"{dashes!r} on a line of its own divides nothing",
                "write '---' between a prompt and its answer, '***' for a line across the answer",
            )


UNCLOSED_CODE = Code(
    "unclosed-code",
    bad="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n\n## What is `session`? {#session}\n",
    good="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n```\n\n"
    "## What is `session`? {#session}\n\nThe data of a client.\n",
)


@check(UNCLOSED_CODE)
def code_is_closed(chapter: Chapter) -> Iterator[Diagnostic]:
    """A block of code that nothing closes swallows the questions that follow."""
    for passage, token in chapter.texts:
        if token.type != "fence":
            continue
        if is_unclosed_fence(passage, token):
            yield UNCLOSED_CODE.at(
                passage.locate(token),
                "this block of code is not closed: all that follows is part of it",
                f"close it with a line {token.markup!r}",
            )
        elif line := fence_within(token):
            yield UNCLOSED_CODE.at(
                passage.locate(token),
                f"this block of code is not closed: it goes on over {line!r}",
                f"close it with a line {token.markup!r}; if it shows such lines, begin and end it with"
                f" {token.markup + token.markup[0]!r}",
            )


NESTED_HEADING = Code(
    "nested-heading",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n> ## What is `session`?\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
    "## What is `session`? {#session}\n\nThe data of a client.\n",
)
INDENTED_HEADING = Code(
    "indented-heading",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n    ## What is `session`? {#session}\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
    "## What is `session`? {#session}\n\nThe data of a client.\n",
)
NO_HEADING = Code(
    "no-heading",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n##What is `session`?\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
    "## What is `session`? {#session}\n\nThe data of a client.\n",
)


@check(NESTED_HEADING, INDENTED_HEADING, NO_HEADING)
def headings_are_headings(chapter: Chapter) -> Iterator[Diagnostic]:
    """A question that Markdown takes for something else would be part of the answer before it."""
    for passage in chapter.passages():
        for token in passage.tokens:
            if token.type == "heading_open":
                yield from _no_question(passage, token)
    for passage, token in _texts(chapter, "#"):
        if token.type == "code_block" and re.match(r"#{1,3} .*\{#", token.content):
            yield INDENTED_HEADING.at(
                passage.locate(token),
                "an indented heading is a block of code",
                "begin the line with '#'",
            )
        match = token.children and _HEADING_WITHOUT_SPACE.search(token.content)
        texts = [child.content for child in token.children or () if match and child.type == "text"]
        if match and any(text.startswith(match[0][:2]) for text in texts):
            yield NO_HEADING.at(
                passage.find(token, match[0]),
                f"{match[0]!r} begins no heading",
                "put a space after the '#', or a backslash before it",
            )


def _no_question(passage: Passage, heading: Token) -> Iterator[Diagnostic]:
    if heading.level > 0 and heading.tag in ("h1", "h2", "h3"):
        yield NESTED_HEADING.at(
            passage.locate(heading),
            "a heading inside a quotation or a list is no question",
            "begin the line with '#', or use '####'",
        )
    attributes = heading.meta["attributes"]
    if attributes and (heading.level > 0 or heading.tag > "h3") and (attributes.ids or attributes.classes):
        yield UNEXPECTED_ATTRIBUTES.at(
            passage.locate(heading),
            f"attributes {attributes.written!r} at a heading that is no question",
            "questions are '##', drills '###'",
        )


NO_TABLE = Code(
    "no-table",
    bad="## Which lives longer? {#longer}\n\n| `g` | `session` |\n| --- |\n| a context | a client |\n",
    good="## Which lives longer? {#longer}\n\n| `g` | `session` |\n| --- | --- |\n| a context | a client |\n",
)
SURPLUS_CELL = Code(
    "surplus-cell",
    bad="## Which lives longer? {#longer}\n\n| `g` | `session` |\n| --- | --- |\n| a | b | c |\n",
    good="## Which lives longer? {#longer}\n\n| `g` | `session` |\n| --- | --- |\n| a | b |\n",
)


@check(NO_TABLE, SURPLUS_CELL)
def tables_are_whole(chapter: Chapter) -> Iterator[Diagnostic]:
    """Markdown drops cells for which the head has no column, and shows half a table as text."""
    for passage in chapter.passages() if "|" in chapter.source.text else ():
        for token in passage.tokens:
            if token.type == "inline" and re.match(r"\|.*\|\s*(\n|$)", token.content):
                yield NO_TABLE.at(
                    passage.locate(token),
                    "this is no table",
                    "its second line must have as many cells as its first, all of dashes: |---|---|",
                )
        for line, cell in surplus_cells(passage):
            yield SURPLUS_CELL.at(
                passage.source.find(cell, line),
                f"the table's head has no column for {cell!r}",
                "add one; or is it a '|' in code, to be written '\\|'?",
            )


EMPTY_ITEM = Code(
    "empty-item",
    bad="## Which status code has a bad request? {#bad-request-status}\n\n400.\n",
    good="## Which status code has a bad request? {#bad-request-status}\n\n400\n",
)


@check(EMPTY_ITEM)
def lists_have_words(chapter: Chapter) -> Iterator[Diagnostic]:
    """Of a number and a full stop, Markdown makes a list with nothing in it: a mark, and no answer."""
    for passage in chapter.passages() if _LONE_MARK.search(chapter.source.text) else ():
        for token, following in pairwise(passage.tokens):
            if token.type == "list_item_open" and following.type == "list_item_close":
                assert token.map is not None
                written = passage.source.lines[token.map[0]].strip()
                yield EMPTY_ITEM.at(
                    passage.source.find(written, token.map[0]),
                    f"{written!r} is a list with nothing in it",
                    f"write its words; or, if that is what is meant, {written[:-1]!r} and no mark after it"
                    if written[0].isdigit()
                    else "write its words, or delete the mark",
                )


TOO_DEEP = Code(
    "too-deep",
    of="words",
    bad="lists in lists in lists, dozens of times",
    good="a list in a list",
)


@check(TOO_DEEP)
def nothing_is_too_deep(chapter: Chapter) -> Iterator[Diagnostic]:
    """markdown-it drops what is nested deeper than its limit."""
    for passage in chapter.passages():
        if deep := next((token for token in passage.tokens if token.level >= DEEPEST), None):
            yield TOO_DEEP.at(passage.locate(deep), "this is nested too deeply", "make it flatter")


MERGE_CONFLICT = Code(
    "merge-conflict",
    bad="## What is `g`? {#what-is-g}\n\n<<<<<<< HEAD\nData.\n=======\nThe data of one context.\n"
    ">>>>>>> branch\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)


@check(MERGE_CONFLICT)
def nothing_is_left_of_a_merge(chapter: Chapter) -> Iterator[Diagnostic]:
    """The marks of a merge that was not finished would be printed, with both versions."""
    is_open = False
    is_any = any(mark in chapter.source.text for mark in _MERGE_MARKS)
    for number, line in enumerate(chapter.source.lines if is_any else ()):
        if not _MERGE_MARKER.match(line) or (line == "=======" and not is_open):
            continue
        is_open = not line.startswith(">")
        yield MERGE_CONFLICT.at(
            chapter.source.location(number),
            f"{line[:40]!r} is left over from a merge",
            "choose between the two versions, and delete the marks; indent them if they are to be shown",
        )


NO_LINK = Code(
    "no-link",
    reason="What Markdown does not take for a link is printed with its brackets.",
    bad="## What is `g`? {#what-is-g}\n\nSee [the manual][flask].\n",
    good="## What is `g`? {#what-is-g}\n\nSee [the manual][flask].\n\n[flask]: https://flask.palletsprojects.com/\n",
)
BAD_LINK = Code(
    "bad-link",
    bad="## What is `g`? {#what-is-g}\n\nSee [contexts](06-contexts.md).\n",
    good="## What is `g`? {#what-is-g}\n\nSee [contexts](https://flask.palletsprojects.com/appcontext/).\n",
)


@check(NO_LINK, BAD_LINK)
def links_lead_somewhere(chapter: Chapter) -> Iterator[Diagnostic]:
    """A card is read on a phone, a sheet on paper: only links to the web lead anywhere."""
    for passage, block in _texts(chapter, "]", "<"):
        finder: Finder | None = None
        for token in block.children or ():
            match = _NO_LINK.search(token.content) if token.type == "text" and "]" in token.content else None
            if match and (finder or _NO_LINK.search(block.content)):
                finder = finder or Finder(passage)
                yield NO_LINK.at(
                    finder.find(block, token.content[match.start() : match.start() + 20]),
                    f"{token.content[:40].strip()!r} is no link, picture or footnote",
                    "put code in backticks; an address has no spaces (write them %20), a reference needs its"
                    " definition, and footnotes are not known",
                )
            if token.type != "link_open":
                continue
            href = str(token.attrs["href"])
            if not _is_web_address(href):
                yield BAD_LINK.at(
                    passage.locate(block, token),
                    f"the link target {href!r} leads nowhere from a card",
                    "use a web address; or put it in backticks if it is not meant as a link",
                )


EMPTY_LINK = Code(
    "empty-link",
    bad="## What is `g`? {#what-is-g}\n\nSee [](https://flask.palletsprojects.com/appcontext/).\n",
    good="## What is `g`? {#what-is-g}\n\nSee [contexts](https://flask.palletsprojects.com/appcontext/).\n",
)


@check(EMPTY_LINK)
def links_have_words(chapter: Chapter) -> Iterator[Diagnostic]:
    """A link without words is seen by nobody."""
    for passage, block in _texts(chapter, "]"):
        for token, following in pairwise(block.children or ()):
            if token.type == "link_open" and following.type == "link_close":
                yield EMPTY_LINK.at(
                    passage.locate(block, token),
                    f"the link to {str(token.attrs['href'])!r} has no words",
                    "write what it leads to between its brackets",
                )


def _is_web_address(href: str) -> bool:
    if _MOST_ADDRESSES.match(href):
        return True
    parts = urlsplit(href)
    return parts.scheme.lower() in _LINK_SCHEMES and bool(parts.netloc or parts.scheme.lower() == "mailto")


CONTROL_CHARACTER = Code(
    "control-character",
    of="words",
    bad="a backspace, or half of a character, that was pasted with the text",
    good="the text without it",
)


@check(CONTROL_CHARACTER)
def characters_can_be_stored(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki drops control characters, and one of them ends the whole import; some are no characters at all."""
    is_any = _NOT_STORED.search(chapter.source.text)
    for line, text in enumerate(chapter.source.lines if is_any else ()):
        for match in _NOT_STORED.finditer(text):
            yield CONTROL_CHARACTER.at(
                chapter.source.location(line, match.start()),
                f"an invisible control character, U+{ord(match[0]):04X}",
                "delete it",
            )
    for passage, token in _texts(chapter, "<", "&"):
        for child in token.children or ():
            # An address between angle brackets is shown decoded.
            if (found := _NOT_STORED.search(child.content)) and found[0] not in token.content:
                yield CONTROL_CHARACTER.at(
                    passage.locate(token, child),
                    f"an address with an invisible control character, U+{ord(found[0]):04X}",
                    "put the address in backticks",
                )


def _texts(chapter: Chapter, sign: str, or_sign: str = "\0") -> Iterator[tuple[Passage, Token]]:
    """Yield the blocks with one of two signs in their text: few have."""
    for passage, token in chapter.texts:
        if sign in token.content or or_sign in token.content:
            yield passage, token


CHAPTER_CHECKS: tuple[Callable[[Chapter], Iterator[Diagnostic]], ...] = (
    code_has_a_known_language,
    code_has_colours,
    maths_can_be_drawn,
    unclear_dollars_are_named,
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
