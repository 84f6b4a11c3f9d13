"""Checks for marks of other tools that cardpress does not support: they would be shown as typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.checks.shown_marks import PLACEHOLDER, Mark, MarkTable, shown_marks
from builder.corpus.kinds import kind_of
from builder.corpus.model import Chapter
from builder.diagnostics import Code, Diagnostic, check
from builder.markdown.footnotes import EMPTY, UNUSED
from builder.markdown.parser import Token
from builder.markdown.sounds import is_sound
from builder.text import BOPOMOFO, HAN, KANA, quoted

FOREIGN_MARK = Code(
    "foreign-mark",
    severity="warning",
    bad="## What is `g`? {#what-is-g}\n\nThe data of ++one++ context.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of **one** context.\n",
)
LOST_EMBED = Code(
    "lost-embed",
    reason="Other tools show a file here; a card would show its name in brackets, and lose the image.",
    bad="## What does the drawing show? {#drawing}\n\n![[flow.png]]\n",
    good="## What does the drawing show? {#drawing}\n\nA request on its way.\n",
)
UNUSED_FOOTNOTE = Code(
    "unused-footnote",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.[^1]\n\n[^one]: Of an application.\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.[^one]\n\n[^one]: Of an application.\n",
)
EMPTY_FOOTNOTE = Code(
    "empty-footnote",
    bad="## What is `g`? {#what-is-g}\n\nThe data of one context.[^1]\n\n[^1]:\n",
    good="## What is `g`? {#what-is-g}\n\nThe data of one context.[^1]\n\n[^1]: Of an application.\n",
)


def _mark(
    name: str, signs: tuple[str, ...], form: re.Pattern[str], instead: str, code: Code = FOREIGN_MARK
) -> Mark:
    """Return a mark with its name in other tools, and what to write instead."""
    problem = f"is {name} in other tools; here it is shown as typed"
    return Mark(code, signs, form, problem, f"{instead}; put code in backticks")


def _around(mark: str, sign: str) -> re.Pattern[str]:
    """Return the pattern of text between two marks, with no blank inside and no word or sign outside."""
    mark, sign = re.escape(mark), re.escape(sign)
    return re.compile(rf"(?<![\w{sign}]){mark}[^\s{sign}](?:[^{sign}\n]*[^\s{sign}])?{mark}(?![\w{sign}])")


_TONES = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ"
_SYLLABLE = "(?!.[1-5])(?:[zcs]h|[b-df-hj-np-tw-z])?[aeiouü]{1,3}(?:ng?|r)?[1-5]"
"""A syllable of pinyin with the number of its tone. One letter with a number is no reading: `a1`."""
_PAGE_COMMANDS = "newpage|pagebreak|clearpage|tableofcontents|maketitle|TeX|LaTeX"
_SIGN_COMMANDS = (
    "alpha|beta|gamma|delta|epsilon|lambda|mu|omega|pi|sigma|theta|phi|Delta|Omega|Sigma"
    "|(?:long)?(?:left|right|up|down)arrow|Rightarrow|to|times|cdot|pm|leq?|geq?|approx|infty|ldots|dots"
)
"""Commands of TeX that people write without dollar signs. Any other word may be of a path."""
_CLOZE = _mark(
    "a cloze deletion, or a macro",
    ("{{",),
    re.compile(r"\{\{(?!c\d+::)[^\s{}][^{}]*\}\}"),
    "write a cloze deletion as {{c1::text}} in a '.cloze' question; write any other text without braces",
)
"""In cloze deletions, other checks report them."""
_MARKS = (
    _CLOZE,
    _mark(
        "an embedded file",
        ("![[",),
        re.compile(r"!\[\[[^\[\]\n]+\]\]"),
        "show an image as ![its text](media/name.png), play a sound as ![its words](media/name.mp3)",
        LOST_EMBED,
    ),
    _mark(
        "a wiki link",
        ("[[",),
        re.compile(r"(?<![!\w])\[\[(?![\d,. ]*\]\])[^\s\[\]][^\[\]\n]*\]\]"),
        "write a link to a question by its id, [words](#its-id), or the words alone",
    ),
    _mark(
        "a footnote",
        ("^[", "[^", "[fn:"),
        re.compile(r"\^\[[^\]\n]{1,400}\]|(?<=\S)\[\^(?!\d+\])[^\s\]\[]+\]|\[fn:[^\[\]\n]+\]"),
        "write its text on a line of its own, [^1]: text, or in its place, ^[text]; a heading has none",
    ),
    _mark(
        "a callout",
        ("[!",),
        re.compile(r"^\[![^\]\n]{1,40}\][+-]?", re.MULTILINE),
        "begin the quotation with a kind made of letters, then the title: > [!note] Title",
    ),
    Mark(
        FOREIGN_MARK,
        ("**", "~~"),
        re.compile(r"(?<![*~])(\*\*|~~)(?![\s*~])[^*~\n]+(?<![\s*~])\1(?![*~])"),
        "looks like emphasis, but is shown as typed",
        "between a letter and a sign these marks have no effect: put the sign outside of them, «**word**», or"
        " write <!-- --> after the letter; put code in backticks",
    ),
    _mark("inserted text", ("++",), _around("++", "+"), "mark it: ==text=="),
    _mark(
        "a hidden comment",
        ("%%",),
        re.compile(
            r"(?<![\w%])%%(?!%)(\s)?+(?:[^%]|%(?!%))+(?(1)(?<=\s)|(?<!\s))%%(?![\w%])|^%%$", re.MULTILINE
        ),
        "write <!-- comment -->",
    ),
    _mark(
        "a subscript",
        ("~",),
        re.compile(r"(?<=\w)~[^\s~]{1,20}~(?!~)"),
        "write a formula, as $x_{i+1}$; a cloze deletion goes around it: {{c1::~2~}}",
    ),
    _mark(
        "a superscript",
        ("^",),
        re.compile(r"(?<=\w)\^[^\s^]{1,20}\^"),
        "write each by itself, x^2^+y^2^, or a formula, as $x^{2+y}$; a cloze deletion goes around it:"
        " {{c1::^2^}}",
    ),
    _mark(
        "a container",
        (":::",),
        re.compile(r"^:::+ *\w*", re.MULTILINE),
        "begin a quotation with a title: > [!note] Title",
    ),
    _mark(
        "an admonition",
        ("!!!", "???"),
        re.compile(
            r"^(?:!!!|\?\?\?)\+? +[a-z][a-z-]+(?: inline(?: end)?)?(?: +\"[^\"\n]*\")?$", re.MULTILINE
        ),
        "begin a quotation with a title: > [!note] Title",
    ),
    _mark(
        "a definition",
        ("\n:",),
        re.compile(r"(?<=\n): +\S"),
        "put an empty line above its term, which is one line; or write a list",
    ),
    _mark(
        "the name of an emoji",
        (":",),
        re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{2,30}:(?![\w:])"),
        "write the emoji itself",
    ),
    _mark(
        "a sound",
        ("[sound:",),
        re.compile(r"\[sound:[^\[\]\n]+\]"),
        "put the file into media/ and write its words and its name: ![word](media/name.mp3)",
    ),
    _mark(
        "ruby",
        ("|", "《"),
        re.compile(
            rf"\{{(?=[^{{}}|\n]{{0,40}}(?:[{HAN}]|\|[{KANA}]))[^{{}}|\n]{{1,40}}\|[^{{}}\n]{{1,80}}\}}"
            rf"|[｜|][{HAN}][^｜|《》\n]{{0,20}}《[{KANA}]{{1,20}}》"
        ),
        "write letters alone before the bar, one reading for all or one for each: {漢字|かん|じ}",
    ),
    _mark(
        "a reading",
        ("[",),
        re.compile(
            rf"[{HAN}]{{1,8}}[{KANA}]{{0,8}}"
            rf"\[(?:[{KANA}]{{1,20}}|[{BOPOMOFO}]{{1,20}}|[\uac00-\ud7a3]{{1,10}}"
            rf"|(?=[^\]\n]{{0,40}}[{_TONES}])[a-z{_TONES}][a-zü '{_TONES}]{{1,40}}"
            rf"|{_SYLLABLE}(?:[ ']?{_SYLLABLE}){{0,7}})\]"
        ),
        "write it after a bar, within braces: {漢字|かんじ}",
    ),
    _mark(
        "a list of attributes",
        ("{",),
        re.compile(
            rf"(?:{PLACEHOLDER}\{{:? ?[\w-]+=|(?:{PLACEHOLDER}|^)\{{:? ?[.#][\w-]|^\{{: ?[\w-]+=)"
            r"[^{}\n]{0,80}\}",
            re.MULTILINE,
        ),
        "only images take attributes, and only a width: {width=300} or {width=50%}",
    ),
    _mark(
        "a span with attributes",
        ("]{",),
        re.compile(r"\[[^\[\]\n]{1,80}\]\{ ?(?:[.#][\w-]|[\w-]+=)[^{}\n]{0,80}\}"),
        "a span takes only a language code: [日本]{lang=ja}",
    ),
    _mark(
        "a tag",
        ("#",),
        re.compile(
            r"(?<= )#(?!(?:[\da-f]{3}|[\da-f]{6}|[\dA-F]{6})\b)[^\W\d_][\w/-]{2,30}(?=(?: #[\w/-]{3,31})*\Z)"
        ),
        'write tags at the heading: {tags="…"}',
    ),
    _mark(
        "the divider of a card",
        ("\n?", "::", ";;"),
        re.compile(r"(?<=\n)\?\??(?=\n)|^[^:\n]*[^\s:] ?:{2,3} (?=\S)|\w ?;; ?\w", re.MULTILINE),
        "begin each card with a heading, ## Question {#its-id}, and write its answer below",
    ),
    _mark(
        "a card",
        ("Q: ",),
        re.compile(r"^Q: .+\n(?:.+\n){0,20}?A: ", re.MULTILINE),
        "begin each card with a heading, ## Question {#its-id}, and write its answer below",
    ),
    _mark(
        "the name of a block",
        (" ^",),
        re.compile(r"(?<=[^\s^] )\^(?!\d+$)[A-Za-z0-9-]{3,}$", re.MULTILINE),
        "leave it out: a link leads to a question, by its id",
    ),
    _mark(
        "a reference to a block",
        ("((",),
        re.compile(r"\(\((?:[\da-f]{8}-[\da-f-]{27}|(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{9})\)\)"),
        "write the text itself, or a link to a question by its id, [words](#its-id)",
    ),
    _mark(
        "a citation",
        ("[@", "[-@"),
        re.compile(r"\[-?@[A-Za-z][^\[\]\n]*\]"),
        "write the author and the year, or a footnote: ^[text]",
    ),
    _mark(
        "a table of contents",
        ("[TOC]", "[toc]"),
        re.compile(r"^\[(?:TOC|toc)\]$", re.MULTILINE),
        "leave it out: the study sheet and the handbook have contents",
    ),
    _mark(
        "TeX",
        ("\\",),
        re.compile(
            rf"(?<![\w:/$\\])\\(?:[A-Za-z]{{2,}}\{{|(?:{_PAGE_COMMANDS}|{_SIGN_COMMANDS})(?![A-Za-z\\]))"
        ),
        "write a formula as $\\alpha$, or between lines of $$; bold text as **text**; no commands for pages",
    ),
    _mark(
        "the beginning or the end of a formula",
        ("$$",),
        re.compile(r"^\$\$$", re.MULTILINE),
        "write $$ on a line above the formula, and on one below it",
    ),
    _mark(
        "TeX of Anki",
        ("[$", "[latex]"),
        re.compile(r"\[(?:\$\$?|latex)\]"),
        "write a formula between dollar signs: $x^2$",
    ),
    _mark(
        "a formula",
        ("$",),
        re.compile(rf"\${PLACEHOLDER}\$(?!\w)"),
        "write it without backticks: $x^2$",
    ),
    _mark(
        "bold or italic text",
        ("''",),
        re.compile(r"(?<![\w'])('{2,3})(?=\w)[^'\n]*[^\s']\1(?![\w'])"),
        "write **bold** or *italic*",
    ),
    _mark(
        "a heading",
        ("==",),
        re.compile(r"^(={2,5}) [^=\n]+ \1$", re.MULTILINE),
        "write it in bold, or as a part of the details: ### Words",
    ),
    _mark(
        "an abbreviation",
        ("*[",),
        re.compile(r"^\*\[[^\[\]\n]+\]: ", re.MULTILINE),
        'write <abbr title="its words">ABC</abbr>',
    ),
    _mark(
        "struck-through text",
        ("~",),
        re.compile(r"(?<![\w~/\\])~[^\W\d_](?:[^~/\n]*[^\s~/])?~(?![\w~])"),
        "write ~~text~~; write a subscript beside its word, H~2~O",
    ),
    _mark(
        "a suggested change",
        ("{--", "{~~", "{>>"),
        re.compile(r"\{(?:--|~~|>>)[^{}\n]*(?:--|~~|<<)\}"),
        "accept or reject it",
    ),
    _mark(
        "a task",
        ("[",),
        re.compile(r"^\[[-/<>]\] ", re.MULTILINE),
        "leave out the box",
    ),
    _mark(
        "a drawer",
        (":",),
        re.compile(r"^:[A-Z]{3,20}:", re.MULTILINE),
        "leave it out, or write it as a comment: <!-- … -->",
    ),
    _mark(
        "a table",
        ("+-", "+=", "{|"),
        re.compile(r"^\+(?=[-=]{2})[-=+]+\+$|^\{\| ?\w+=", re.MULTILINE),
        "write rows as | a | b |, and |---|---| below the first",
    ),
    _mark(
        "a list",
        ("•", "◦", "▪", "‣", ") "),
        re.compile(
            r"^[•◦▪‣]\s+\S[^\n]*"
            r"|^\(?(?:[a-hA-H]|[ivx]{1,4}|\d{1,2})\) .+\n\(?(?:[a-hA-H]|[ivx]{1,4}|\d{1,2})\) ",
            re.MULTILINE,
        ),
        "begin each line with '- ' or '1. '; or end each with a backslash",
    ),
)
_SIZE = re.compile(r"(?:^|\|)\d{1,4}(?:x\d{1,4})?$")
"""The size of an image in its text, as in ![a|300](b.png)."""
_TABLE = MarkTable.of(*_MARKS)
_IN_CLOZE_LEADS = MarkTable.of(*(mark for mark in _MARKS if mark is not _CLOZE))


@check(FOREIGN_MARK, LOST_EMBED)
def marks_are_of_markdown(chapter: Chapter) -> Iterator[Diagnostic]:
    """Each tool adds its own marks to Markdown. Marks that cardpress does not support are shown as typed."""
    of_cloze = {id(each.lead) for each in chapter.all_questions() if kind_of(each).is_cloze}
    for passage, block in chapter.texts:
        sized = filter(_has_size, block.children or ()) if "![" in block.content else ()
        for image in sized:
            yield FOREIGN_MARK.at(
                passage.locate(block, image),
                f"{quoted(image.content)} has a size in other tools; here it is a part of the text",
                f"write it after the image: ![…]({image.attrs['src']}){{width=300}}",
            )
        yield from shown_marks(passage, block, _IN_CLOZE_LEADS if id(passage) in of_cloze else _TABLE)


@check(EMPTY_FOOTNOTE)
def footnotes_have_texts(chapter: Chapter) -> Iterator[Diagnostic]:
    """A footnote number without a text looks like a mistake."""
    for passage, block in chapter.texts:
        if block.type == EMPTY:
            yield EMPTY_FOOTNOTE.at(
                passage.locate(block),
                f"the footnote {block.content!r} has no text",
                "write it after the colon, or indented by four spaces below it",
            )


@check(UNUSED_FOOTNOTE)
def footnotes_are_used(chapter: Chapter) -> Iterator[Diagnostic]:
    """A footnote without a reference is never shown, and its text is lost."""
    for passage, block in chapter.texts:
        if block.type == UNUSED:
            yield UNUSED_FOOTNOTE.at(
                passage.locate(block),
                f"no text refers to the footnote {block.content!r}, or another footnote has the same name",
                f"write {block.content} where it belongs, or delete it",
            )


def _has_size(token: Token) -> bool:
    return (
        token.type == "image"
        and not is_sound(str(token.attrs["src"]))
        and _SIZE.search(token.content) is not None
    )
