"""Checks of a chapter by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise
from shlex import quote

from builder.checks.foreign_marks import footnotes_are_used, footnotes_have_texts, marks_are_of_markdown
from builder.checks.html import block_edits, inline_edits
from builder.checks.wide_marks import marks_are_narrow
from builder.corpus import image_codes, sound_codes
from builder.corpus.chapter_codes import UNEXPECTED_ATTRIBUTES
from builder.corpus.images import (
    SUFFIXES,
    ImageError,
    check_image,
    image_path,
    images,
    readable,
    without_spaces,
)
from builder.corpus.kinds import kind_of
from builder.corpus.model import Chapter
from builder.diagnostics import PRINT, Code, Diagnostic, Edit, Location, check, once_a_file
from builder.markdown.anchors import anchor_in
from builder.markdown.cloze import deletions_in_code
from builder.markdown.elements import HARMLESS
from builder.markdown.formulas import Formula, formula_at, unclear_dollars
from builder.markdown.highlight import MOST_COLOURED, is_language, language_of
from builder.markdown.mathjax import defined_commands, hint_for, unknown_commands
from builder.markdown.maths import MathsError, draw, is_complete
from builder.markdown.parser import (
    DEEPEST,
    Passage,
    Token,
    comments_in,
    fence_within,
    is_unclosed_fence,
    is_web_address,
    surplus_cells,
)
from builder.markdown.sounds import SUFFIXES as SOUND_SUFFIXES
from builder.markdown.sounds import is_sound
from builder.markdown.source import Finder
from builder.text import quoted

_FORMULA_MARKS = ("$", r"\(", r"\[")
_LONE_BRACKET = re.compile(r"^\\[\[\]]$", re.MULTILINE)
_REFUSED_SCHEME = re.compile(r"\]\(\s*<?(javascript|vbscript|file|data):", re.IGNORECASE)
_NEAR = 300
"""Characters before and after a broken link in which to look for its cause."""
_IMAGE_WITH_SPACES = re.compile(r"!\[([^\]]*)\]\(([^()<>\n]*[^()<>\s])\)")
_NOT_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef]")
_MERGE_MARKER = re.compile(r"(<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)( |$)|=======$")
_MERGE_MARKS = ("<<<<<<<", ">>>>>>>", "|||||||", "=======")
_NO_LINK = re.compile(r"(?<!\\)(\]\(|(?<![\w\])])\[[^\]]{0,500}\]\[|\[\^\d+\])")
"""Remains of a link, image or footnote that Markdown did not recognise; escaped ones do not match."""
_LONE_MARK = re.compile(r"^[ \t>]*([-*+]|\d{1,9}[.)])[ \t]*$", re.MULTILINE)
_LISTS = ("bullet_list_open", "ordered_list_open")
_MARK = re.compile(r"( *)(?:[-*+]|\d{1,9}[.)]) {1,4}(?=\S)")
_NUMBERED_HEADING = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)]) {1,4}(#{1,6})[ \t]+")
_HEADING_WITHOUT_SPACE = re.compile(
    r"^(?:#{1,6}[^\s#]+|(?:#{1,6}[^\S \t\n]|＃{1,6}\s)[^\n]{0,40})", re.MULTILINE
)
"""A line that looks like a heading: without a space, with an unusual one, or with wide signs."""
_NO_LANGUAGES = {
    **dict.fromkeys(
        ("mermaid", "plantuml", "dot", "graphviz", "d2", "chart"),
        "draw it, save the drawing under media/, and show that image",
    ),
    "math": "write a formula between two lines of $$",
    **dict.fromkeys(("dataview", "query", "tasks"), "write what it finds: a card has no other notes"),
    **dict.fromkeys(
        ("ad-note", "ad-tip", "ad-info", "ad-warning", "callout"),
        "begin a quotation with a title: > [!note] Title",
    ),
}
"""Hints for blocks that other tools do not show as code."""


UNKNOWN_LANGUAGE = Code(
    "unknown-language",
    severity="warning",
    bad="## What is `g`? {#what-is-g}\n\n```pyhton\ng.cart = 3\n```\n",
    good="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n```\n",
)


@check(UNKNOWN_LANGUAGE)
def code_has_a_known_language(chapter: Chapter) -> Iterator[Diagnostic]:
    """Code in an unknown or misspelt language is shown without colours."""
    for passage, token in chapter.texts:
        if token.type != "fence":
            continue
        name = language_of(token.info)
        if name in _NO_LANGUAGES or not is_language(name):
            assert token.map is not None
            near = get_close_matches(name, ("python", "console", "javascript", "bash", "json", "html"), n=1)
            yield UNKNOWN_LANGUAGE.at(
                passage.source.find(token.info.split()[0], token.map[0]),
                f"the code language {name!r} is not known, so the code has no colours",
                _NO_LANGUAGES[name]
                if name in _NO_LANGUAGES
                else f"did you mean {near[0]!r}?"
                if near
                else "use a name that Pygments knows, such as python, console, html+jinja or text",
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
    """Very long code is shown without colours, because colouring it could take minutes."""
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
    bad="## Which way does it run? {#way}\n\n$\\ce{N2O4 <=>> 2 NO2}$\n",
    good="## Which way does it run? {#way}\n\n$\\ce{N2O4 <=> 2 NO2}$\n",
)


UNKNOWN_TEX = Code(
    "unknown-tex",
    reason="Anki's MathJax shows a command that it does not know in red; other programs know more of them.",
    severity="warning",
    bad="## What is a vector? {#vector}\n\n$\\bm{v}$\n",
    good="## What is a vector? {#vector}\n\n$\\boldsymbol{v}$\n",
)
_MOST_UNKNOWN = 20
"""Maximum unknown commands that are reported for a file."""


@check(BAD_MATHS, UNKNOWN_TEX)
def maths_can_be_drawn(chapter: Chapter) -> Iterator[Diagnostic]:
    """Prints show the source of a formula that cannot be drawn. On cards, MathJax shows wrong TeX in red."""
    not_drawn: list[Diagnostic] = []
    unknown: dict[str, list[Diagnostic]] = {}
    formulas = list(_formulas(chapter))
    defined = {name for *_, tex in formulas for name in defined_commands(tex)}
    finder: Finder | None = None
    for passage, block, formula, tex in formulas:
        finder = finder if finder and finder.passage is passage else Finder(passage)
        first_line = formula.content.strip().split("\n")[0]
        if not is_complete(tex):
            what = f"the formula '{tex[:40]}' is not complete: a card shows an error in its place"
            hint = "close each of its braces and environments; write a literal dollar sign as \\$"
            not_drawn.append(replace(BAD_MATHS.at(finder.find(block, first_line), what, hint), outputs=()))
            continue
        if commands := dict.fromkeys(unknown_commands(tex, defined)):
            finder.find(block, first_line)  # its commands are searched for from here
            for command in commands:
                if command in unknown or len(unknown) < _MOST_UNKNOWN:
                    place = finder.find(block, command)
                    what = f"Anki does not know '{command}': a card shows it in red"
                    unknown.setdefault(command, []).append(UNKNOWN_TEX.at(place, what, hint_for(command)))
            continue
        try:
            draw(tex, is_display=formula.type != "math_inline")
        except MathsError as error:
            what = f"the formula '{tex[:40]}' cannot be drawn: {str(error)[:200]}; prints show its source"
            not_drawn.append(BAD_MATHS.at(finder.find(block, first_line), what, _how_to_draw(tex)))
    for found in (not_drawn, *unknown.values()):
        yield from once_a_file(found, "other formula")


def _formulas(chapter: Chapter) -> Iterator[tuple[Passage, Token, Token, str]]:
    """Yield each formula with its passage, its block and its TeX."""
    for passage, block in chapter.texts:
        if block.type == "math_block" or any(mark in block.content for mark in _FORMULA_MARKS):
            for formula in (block, *(block.children or ())):
                if formula.type.startswith("math_"):
                    tex, _ = deletions_in_code(formula.content.strip())
                    yield passage, block, formula, tex


def _how_to_draw(tex: str) -> str:
    """Return a hint about a formula that paper cannot show."""
    if found := re.search(r"\\(?:ce|pu)(?![A-Za-z])", tex):
        return (
            f"paper cannot show {found[0]}, though Anki can: write it in other commands,"
            " as in $\\mathrm{H_2O}$"
        )
    if defined_commands(tex):
        return "paper cannot show commands of your own, though Anki can: write out what they stand for"
    return "fix its TeX; write a literal dollar sign as \\$"


UNCLEAR_DOLLARS = Code(
    "unclear-dollars",
    severity="warning",
    bad="## What is salt? {#salt}\n\n$NaCl$\n",
    good="## What is salt? {#salt}\n\n$\\mathrm{NaCl}$\n",
)


@check(UNCLEAR_DOLLARS)
def unclear_dollars_are_named(chapter: Chapter) -> Iterator[Diagnostic]:
    """Dollar signs also mark prices and variables: text like a formula may be shown as typed."""
    for passage, block in _texts(chapter, "$"):
        texts = "".join(child.content for child in block.children or () if child.type == "text")
        for offset, found in unclear_dollars(block.content) if "$" in texts else ():
            written = block.content[offset : found.end]
            yield UNCLEAR_DOLLARS.at(
                passage.locate_at(block, offset),
                f"{quoted(written)} is shown as text, including its dollar signs",
                f"{_as_formula(found)}write a dollar sign as \\$, and code in backticks",
            )

    for passage, block in _texts(chapter, "\\[", "\\]"):
        lone = _LONE_BRACKET.search(block.content) if block.type == "inline" else None
        if lone:
            yield UNCLEAR_DOLLARS.at(
                passage.find(block, lone[0]),
                f"{quoted(lone[0])} is shown as a bracket, not as the edge of a formula",
                "leave out the empty lines in the formula, and close it with \\]",
            )


def _as_formula(found: Formula) -> str:
    """Return a hint how to write text that may be intended as a formula, if it is clear."""
    tex = found.tex.strip()
    if tex != found.tex and formula_at(f"{found.mark}{tex}{found.mark}", 0):
        return f"write a formula without spaces inside its dollar signs, {found.mark}{tex}{found.mark}; "
    if tex.isalpha():
        return f"write a formula that is only letters as $\\mathrm{{{tex}}}$; "
    if "->" in tex or "==" in tex:
        return "write an arrow in a formula as \\to, an equals sign as =; "
    has_variable = re.search(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])", tex) and not re.search(r"[;.]", tex)
    is_single = len(re.findall("[A-Za-z]{2,}", tex)) == 1 and " " in tex
    return "write a word in a formula as \\text{…}; " if has_variable and is_single else ""


MISSING_ALT = Code(
    "missing-alt",
    severity="warning",
    bad="## What is blue? {#blue}\n\n![](media/blue.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)


HEAVY_IMAGE = Code(
    "heavy-image",
    reason="Each learner's phone downloads and keeps pixels that no card shows.",
    of="words",
    severity="warning",
    bad="a photo of 4,000 by 3,000 pixels and 5 MB",
    good="the same, 1,200 pixels wide",
)
HEAVY_SOUND = Code(
    "heavy-sound",
    reason="Each learner's phone downloads and keeps every sound of a deck.",
    of="words",
    severity="warning",
    bad="a word as a WAV file of 3 MB",
    good="the same as an MP3 of 64 kilobits per second",
)
OGG_SOUND = Code(
    "ogg-sound",
    reason="Many iPhones and iPads cannot play Ogg, and AnkiMobile is then silent.",
    of="words",
    severity="warning",
    bad="`media/hund.ogg`",
    good="`media/hund.mp3`",
)
_OGG = (".ogg", ".oga", ".opus")


@check(MISSING_ALT, HEAVY_IMAGE, HEAVY_SOUND, OGG_SOUND, *image_codes.CODES, *sound_codes.CODES)
def images_can_be_shown(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki imports a deck without its images and sounds silently; a reader may depend on the alt text."""
    found = list(_media(chapter)) if "![" in chapter.text else []
    ogg = [each for each in found if each.code == OGG_SOUND.name]
    yield from (each for each in found if each.code != OGG_SOUND.name)
    yield from once_a_file(ogg, "other sound")


def _media(chapter: Chapter) -> Iterator[Diagnostic]:
    """Yield findings about the images and sounds of a chapter."""
    for passage in chapter.passages():
        for block, image in images(passage):
            address = str(image.attrs["src"])
            src, place = readable(address), passage.locate(block, image)
            try:
                path = image_path(address, passage.source.path, chapter.source.path.parent)
                heavy = check_image(path, src)
                if heavy and is_sound(src):
                    yield HEAVY_SOUND.at(
                        place,
                        f"{src!r} {heavy}",
                        f"save it smaller, as ffmpeg -i {quote(src)} -b:a 64k {path.stem}-small.mp3 does",
                    )
                elif heavy:
                    yield HEAVY_IMAGE.at(
                        place,
                        f"{src!r} {heavy}",
                        "save it smaller: no card or page can show that much detail",
                    )
                if path.suffix.lower() in _OGG:
                    yield OGG_SOUND.at(
                        place,
                        f"{src!r} is Ogg, which AnkiMobile does not play on many iPhones and iPads",
                        f"convert it: ffmpeg -i {quote(src)} {quote(src.rpartition('.')[0])}.mp3",
                    )
            except ImageError as error:
                yield error.code.at(place, str(error), error.hint)
            if not image.content.strip():
                yield MISSING_ALT.at(
                    place,
                    f"the sound {src!r} has no text, which prints and screen readers need"
                    if is_sound(src)
                    else f"the image {src!r} has no alt text",
                    f"write what it {'says' if is_sound(src) else 'shows'}: ![…]({src})",
                )


RAW_HTML = Code(
    "raw-html",
    is_fixable=True,
    bad="## What is a converter? {#converter}\n\nThe <int> in a rule.\n",
    good="## What is a converter? {#converter}\n\nThe `<int>` in a rule.\n",
)
UNCLOSED_COMMENT = Code(
    "unclosed-comment",
    reason="A comment without an end hides everything after it. Text after a comment on its last line is"
    " hidden, too.",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- to do\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- to do -->\n",
)


@check(RAW_HTML, UNCLOSED_COMMENT)
def html_is_not_used(chapter: Chapter) -> Iterator[Diagnostic]:
    """Raw HTML is not rendered, except for a few elements, so that no `<int>` in prose vanishes."""
    for passage, block in _texts(chapter, "<"):
        if block.type == "html_block" and comments_in(block) is None:
            yield _raw_html(passage.locate(block), block, block_edits(passage, block))
        opened: set[str] = set()
        edits: Mapping[int, tuple[Edit, ...]] | None = None
        for place, token in enumerate(block.children or ()):
            if token.type != "html_inline" or comments_in(token) is not None:
                continue
            name = re.sub(r"\W.*", "", token.content.lstrip("</"), flags=re.DOTALL)
            if not token.content.startswith("</") or name not in opened:
                edits = inline_edits(passage, block) if edits is None else edits
                yield _raw_html(passage.locate(block, token), token, edits.get(place, ()))
            opened.add(name)


def _raw_html(location: Location, token: Token, edits: tuple[Edit, ...]) -> Diagnostic:
    written = token.content.strip().splitlines()[0]
    if written.startswith("<!--"):
        return UNCLOSED_COMMENT.at(
            location,
            f"the comment {written[:40]!r} does not end, holds another, or is followed by text",
            "close it with '-->' at the end of a line",
        )
    name = re.match(r"</?([A-Za-z]+)", written)
    return RAW_HTML.at(
        location,
        f"{written[:40]!r} is HTML, which is not shown",
        f"close it in the same paragraph and mark, without attributes: <{name[1]}>…</{name[1]}>"
        if name and name[1] in HARMLESS and name[1] != "br"
        else "put it in backticks to show it as it is, or write it in Markdown",
        *edits,
    )


MISPLACED_MORE = Code(
    "misplaced-more",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context. <!-- more -->\n\nDetails.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n<!-- more -->\n\nDetails.\n",
)


@check(MISPLACED_MORE)
def the_divider_stands_where_it_divides(chapter: Chapter) -> Iterator[Diagnostic]:
    """A misplaced or misspelt `<!-- more -->` has no effect: the study sheet prints the whole answer."""
    for passage, block in _texts(chapter, "<"):
        for token in (block, *(block.children or ())):
            # Letters in any order: a misspelt divider would go unnoticed.
            if any(
                sorted(comment.casefold().strip(" .…-")) == sorted("more")
                for comment in comments_in(token) or ()
            ):
                yield MISPLACED_MORE.at(
                    passage.locate(block, None if token is block else token),
                    f"{token.content.strip()!r} has no effect here",
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
    """Two hyphens, or a dash that an editor made from them, are text: they do not end the prompt."""
    for passage, block in chapter.texts:
        if block.type == "inline" and block.level == 1 and (dashes := block.content) in ("--", "–", "—"):
            yield SHORT_DIVIDER.at(
                passage.locate(block),
                f"{dashes!r} has no effect here",
                "write '---' between a prompt and its answer, '***' for a horizontal line",
            )


UNCLOSED_CODE = Code(
    "unclosed-code",
    bad="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n\n## What is `session`? {#session}\n",
    good="## What is `g`? {#what-is-g}\n\n```python\ng.cart = 3\n```\n\n"
    "## What is `session`? {#session}\n\nThe data of a client.\n",
)


@check(UNCLOSED_CODE)
def code_is_closed(chapter: Chapter) -> Iterator[Diagnostic]:
    """A block of code without an end swallows the questions that follow."""
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
                f"this block of code is not closed: it runs past {line!r}",
                f"close it with a line {token.markup!r}; if it contains such lines, begin and end it with"
                f" {token.markup + token.markup[0]!r}",
            )


NESTED_HEADING = Code(
    "nested-heading",
    severity="warning",
    is_fixable=True,
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.\n\n"
    "1. ### What is `session`?\n\n   The data of a client.\n",
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
    """A question that Markdown does not read as a heading would become part of the answer above it."""
    for passage in chapter.passages():
        headings = [token for token in passage.tokens if token.type == "heading_open"]
        items = _items(passage) if headings else {}
        for heading in headings:
            yield from _no_question(passage, heading, items)
    for passage, token in _texts(chapter, "#", "＃"):
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
                f"{match[0]!r} is not a heading",
                _instead_of_heading(match[0]),
            )


def _items(passage: Passage) -> Mapping[int, Token]:
    """Return the items of top-level lists, by the lines (from 0) in which they begin."""
    opened = (token for token in passage.tokens if token.type == "list_item_open" and token.level == 1)
    return {token.map[0]: token for token in opened if token.map}


def _instead_of_heading(written: str) -> str:
    """Return a hint for text after `#` without a space: of a heading, a keyword of Org, a tag or a word."""
    if written[0] != "#" or written.lstrip("#")[0].isspace():
        return "begin the line with '#' and an ordinary space: turn the input method off for them"
    if written.startswith("#+"):
        return "put code between two lines of ```; leave out other keywords"
    instead = "add a space after the '#', or a backslash before it"
    return f'{instead}; write tags at the heading: {{tags="…"}}' if written[1].islower() else instead


def _no_question(passage: Passage, heading: Token, items: Mapping[int, Token]) -> Iterator[Diagnostic]:
    if heading.level > 0 and heading.tag in ("h1", "h2", "h3"):
        yield NESTED_HEADING.at(
            passage.locate(heading),
            "a heading inside a quotation or a list is not a question",
            "begin the line with '##' if it is one, or use '####'",
            *_lifted(passage, heading, items),
        )
    attributes = heading.meta["attributes"]
    if attributes and (heading.level > 0 or heading.tag > "h3") and (attributes.ids or attributes.classes):
        yield UNEXPECTED_ATTRIBUTES.at(
            passage.locate(heading),
            f"attributes {attributes.written!r} at a heading that is not a question",
            "questions are '##', drills '###'",
        )


def _lifted(passage: Passage, heading: Token, items: Mapping[int, Token]) -> Iterator[Edit]:
    """Yield the edits that turn an item that begins with a heading, `1. ### What is it?`, into a question."""
    assert heading.map is not None
    lines, first = passage.source.lines, heading.map[0]
    mark = _NUMBERED_HEADING.match(lines[first])
    item = items.get(first)
    if mark is None or item is None or item.map is None:
        return
    yield Edit.within(first + 1, 1, mark[0], "## ")
    below = [number for number in range(first + 1, item.map[1]) if lines[number].strip()]
    indent = min((len(lines[number]) - len(lines[number].lstrip(" ")) for number in below), default=0)
    for number in below if indent else ():
        yield Edit.within(number + 1, 1, " " * indent, "")


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
    """Markdown drops cells without a column in the head, and shows an incomplete table as text."""
    for passage in chapter.passages() if "|" in chapter.text else ():
        for token in passage.tokens:
            if token.type == "inline" and re.match(r"\|.*\|\s*(\n|$)", token.content):
                yield NO_TABLE.at(
                    passage.locate(token),
                    "this is not a table",
                    "its second line must have as many cells as its first, all of dashes: |---|---|",
                )
        for line, cell in surplus_cells(passage):
            yield SURPLUS_CELL.at(
                passage.source.find(cell, line),
                f"the table's head has no column for {cell!r}",
                "add one; or is it a '|' in code or a formula, to be written '\\|'?",
            )


EMPTY_ITEM = Code(
    "empty-item",
    bad="## Which status code has a bad request? {#bad-request-status}\n\n400.\n",
    good="## Which status code has a bad request? {#bad-request-status}\n\n400\n",
)


@check(EMPTY_ITEM)
def lists_have_words(chapter: Chapter) -> Iterator[Diagnostic]:
    """Markdown reads a number and a full stop as an empty list item: the card would show no answer."""
    for passage in chapter.passages() if _LONE_MARK.search(chapter.text) else ():
        for token, following in pairwise(passage.tokens):
            if token.type == "list_item_open" and following.type == "list_item_close":
                assert token.map is not None
                written = passage.source.lines[token.map[0]].strip()
                yield EMPTY_ITEM.at(
                    passage.source.find(written, token.map[0]),
                    f"{written!r} is an empty list item",
                    f"write its words; or, if this is the answer, {written[:-1]!r} without a mark after it"
                    if written[0].isdigit()
                    else "write its text, or delete the mark",
                )


LIST_NOT_NESTED = Code(
    "list-not-nested",
    severity="warning",
    is_fixable=True,
    bad="## Which come first? {#first}\n\n1. Contexts\n  - `g`\n2. Views\n",
    good="## Which come first? {#first}\n\n1. Contexts\n   - `g`\n2. Views\n",
)


@check(LIST_NOT_NESTED)
def lists_are_nested(chapter: Chapter) -> Iterator[Diagnostic]:
    """A list that is indented less than the text above it is not nested in that item: it ends the list."""
    for passage in chapter.passages():
        opened: list[Token] = []
        before: Token | None = None
        for token in passage.tokens:
            if token.type in _LISTS:
                if before and before.level == token.level and before.type != token.type:
                    yield from _not_nested(passage, before, token)
                opened.append(token)
            before = opened.pop() if token.type in ("bullet_list_close", "ordered_list_close") else None


def _not_nested(passage: Passage, above: Token, below: Token) -> Iterator[Diagnostic]:
    assert above.map is not None
    assert below.map is not None
    lines = passage.source.lines
    first, mark = _MARK.match(lines[above.map[0]]), _MARK.match(lines[below.map[0]])
    if first is None or mark is None or not len(first[1]) < len(mark[1]) < len(first[0]):
        return
    missing = " " * (len(first[0]) - len(mark[1]))
    last = next(number for number in range(below.map[1], below.map[0], -1) if lines[number - 1].strip())
    yield LIST_NOT_NESTED.at(
        passage.source.location(below.map[0], len(mark[1])),
        "this list is not nested in the item above it: it ends that list",
        f"indent it by {len(first[0])} spaces, like the text above it",
        *(
            Edit.within(number + 1, 1, "", missing)
            for number in range(below.map[0], last)
            if lines[number].strip()
        ),
    )


TOO_DEEP = Code(
    "too-deep",
    of="words",
    bad="lists in lists in lists, dozens of times",
    good="a list in a list",
)


@check(TOO_DEEP)
def nothing_is_too_deep(chapter: Chapter) -> Iterator[Diagnostic]:
    """The Markdown parser drops text that is nested deeper than its limit."""
    for passage in chapter.passages():
        if deep := next((token for token in passage.tokens if token.level >= DEEPEST), None):
            yield TOO_DEEP.at(passage.locate(deep), "this is nested too deeply", "use fewer levels")


MERGE_CONFLICT = Code(
    "merge-conflict",
    bad="## What is `g`? {#what-is-g}\n\n<<<<<<< HEAD\nData.\n=======\nThe data of one context.\n"
    ">>>>>>> branch\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.\n",
)


@check(MERGE_CONFLICT)
def nothing_is_left_of_a_merge(chapter: Chapter) -> Iterator[Diagnostic]:
    """The conflict markers of an unfinished merge would be printed, with both versions."""
    is_open = False
    is_any = any(mark in chapter.text for mark in _MERGE_MARKS)
    for number, line in enumerate(chapter.lines if is_any else (), chapter.start):
        if not _MERGE_MARKER.match(line) or (line == "=======" and not is_open):
            continue
        is_open = not line.startswith(">")
        yield MERGE_CONFLICT.at(
            chapter.source.location(number),
            f"{line[:40]!r} is left over from a merge",
            "keep one version and delete the merge markers; to show them as text, indent them",
        )


NO_LINK = Code(
    "no-link",
    reason="What Markdown does not read as a link is printed with its brackets.",
    bad="## What is `g`? {#what-is-g}\n\nSee [the manual][flask].\n",
    good="## What is `g`? {#what-is-g}\n\nSee [the manual][flask].\n\n[flask]: https://flask.palletsprojects.com/\n",
)
BAD_LINK = Code(
    "bad-link",
    severity="warning",
    bad="## What is `g`? {#what-is-g}\n\nSee [contexts](06-contexts.md).\n",
    good="## What is `g`? {#what-is-g}\n\nSee [contexts](https://flask.palletsprojects.com/appcontext/).\n",
)


@check(NO_LINK, BAD_LINK)
def links_lead_somewhere(chapter: Chapter) -> Iterator[Diagnostic]:
    """Cards are read on phones, sheets on paper: links lead to the web or to a question only."""
    for passage, block in _texts(chapter, "]", "<"):
        finder: Finder | None = None
        for token in block.children or ():
            match = _NO_LINK.search(token.content) if token.type == "text" and "]" in token.content else None
            if match and (finder or _NO_LINK.search(block.content)):
                finder = finder or Finder(passage)
                yield NO_LINK.at(
                    finder.find(block, token.content[match.start() : match.start() + 20]),
                    f"{token.content[:40].strip()!r} is not a link, an image or a footnote",
                    _how_to_link(token.content, match.start()),
                )
            if token.type != "link_open":
                continue
            href = str(token.attrs["href"])
            if not is_web_address(href) and not anchor_in(href):
                place = passage.locate(block, token)
                written = f"<{href}>"
                is_between = passage.source.lines[place.line - 1].startswith(written, place.column - 1)
                yield BAD_LINK.at(
                    place,
                    f"the link to {href!r} leads nowhere from a card, and is shown as text",
                    "put code in backticks"
                    if is_between
                    else "use a web address or the id of a question, '#its-id'; or write plain text",
                    *([Edit.within(place.line, place.column, written, f"`{written}`")] if is_between else ()),
                )


EMPTY_LINK = Code(
    "empty-link",
    bad="## What is `g`? {#what-is-g}\n\nSee [](https://flask.palletsprojects.com/appcontext/).\n",
    good="## What is `g`? {#what-is-g}\n\nSee [contexts](https://flask.palletsprojects.com/appcontext/).\n",
)


@check(EMPTY_LINK)
def links_have_words(chapter: Chapter) -> Iterator[Diagnostic]:
    """A link without text is invisible."""
    for passage, block in _texts(chapter, "]"):
        for token, following in pairwise(block.children or ()):
            if token.type == "link_open" and following.type == "link_close":
                yield EMPTY_LINK.at(
                    passage.locate(block, token),
                    f"the link to {str(token.attrs['href'])!r} has no text",
                    "write its text between the brackets",
                )


def _how_to_link(text: str, place: int) -> str:
    """Return a hint for a broken link or image with a part at an offset."""
    near = text[max(place - _NEAR, 0) : place + _NEAR]
    if refused := _REFUSED_SCHEME.search(text[place : place + _NEAR]):
        scheme = refused[1].lower()
        return f"an address begins with https:, http: or mailto:, not {scheme}:; put code in backticks"
    for image in _IMAGE_WITH_SPACES.finditer(near):
        if image[2].lower().endswith((*SUFFIXES, *SOUND_SUFFIXES)) and re.search(r"\s", image[2]):
            name = without_spaces(image[2])
            noun = "a sound" if is_sound(image[2]) else "an image"
            return f"the name of {noun} cannot contain spaces: rename the file, write ![{image[1]}]({name})"
    return (
        "put code in backticks; write spaces in an address as %20; a reference needs its definition,"
        " [name]: https://…, and a footnote its text, [^1]: …"
    )


CONTROL_CHARACTER = Code(
    "control-character",
    of="words",
    bad="a backspace, or half of a character, that was pasted with the text",
    good="the text without it",
)


@check(CONTROL_CHARACTER)
def characters_can_be_stored(chapter: Chapter) -> Iterator[Diagnostic]:
    """Anki drops control characters, and one of them stops the whole import. Some are not even valid."""
    is_any = _NOT_STORED.search(chapter.text)
    for line, text in enumerate(chapter.lines if is_any else (), chapter.start):
        for match in _NOT_STORED.finditer(text):
            yield CONTROL_CHARACTER.at(
                chapter.source.location(line, match.start()),
                f"an invisible control character, U+{ord(match[0]):04X}",
                "delete it",
            )
    for passage, token in _texts(chapter, "<", "&"):
        for child in token.children or ():
            # The address of a link in angle brackets is decoded.
            if (found := _NOT_STORED.search(child.content)) and found[0] not in token.content:
                yield CONTROL_CHARACTER.at(
                    passage.locate(token, child),
                    f"an address with an invisible control character, U+{ord(found[0]):04X}",
                    "put the address in backticks",
                )


def _texts(chapter: Chapter, sign: str, or_sign: str = "\0") -> Iterator[tuple[Passage, Token]]:
    """Yield the blocks whose text has one of two characters; most blocks have neither."""
    for passage, token in chapter.texts:
        if sign in token.content or or_sign in token.content:
            yield passage, token


CLOZE_ELSEWHERE = Code(
    "cloze-elsewhere",
    bad="## What happens to `g`? {#g-gone}\n\nIt is {{c1::discarded}}.\n",
    good="## What happens to `g`? {#g-gone .cloze}\n\nIt is {{c1::discarded}}.\n",
)


@check(CLOZE_ELSEWHERE)
def deletions_are_where_they_make_cards(chapter: Chapter) -> Iterator[Diagnostic]:
    """Outside of a `.cloze` answer, a cloze deletion makes no card, and its braces are shown."""
    for question in chapter.all_questions() if "{{c" in chapter.text else ():
        is_cloze = kind_of(question).is_cloze
        for passage in question.passages():
            for token in () if is_cloze and passage is question.lead else passage.tokens:
                if "{{c" in token.content and any(
                    child.type == "cloze_open" for child in token.children or ()
                ):
                    yield CLOZE_ELSEWHERE.at(
                        passage.find(token, "{{c"),
                        "only a '.cloze' answer has cloze deletions, before its '<!-- more -->'",
                        "move it there, or add '.cloze' to the question; to show it as it is, put it in "
                        "backticks",
                    )


CHAPTER_CHECKS: tuple[Callable[[Chapter], Iterator[Diagnostic]], ...] = (
    code_has_a_known_language,
    code_has_colours,
    maths_can_be_drawn,
    unclear_dollars_are_named,
    images_can_be_shown,
    html_is_not_used,
    the_divider_stands_where_it_divides,
    lines_that_divide_are_long_enough,
    code_is_closed,
    headings_are_headings,
    tables_are_whole,
    lists_have_words,
    lists_are_nested,
    nothing_is_too_deep,
    nothing_is_left_of_a_merge,
    links_lead_somewhere,
    marks_are_of_markdown,
    marks_are_narrow,
    footnotes_are_used,
    footnotes_have_texts,
    links_have_words,
    characters_can_be_stored,
    deletions_are_where_they_make_cards,
)
