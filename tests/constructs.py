"""Constructs that something could take too long for, as texts of any length: what tests of growth read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isqrt

Construct = Callable[[int], str]
"""A text of about so many characters, made of one construct."""

_TITLE = "# T\n\n"
_HEAD = f"{_TITLE}## Why is it so? {{#why}}\n\n"
_CLOZE = f"{_TITLE}## Why is it so? {{#why .cloze}}\n\n"
_CHOICE = f"{_TITLE}## Which of them? {{#which .choice}}\n\n"
_OCCLUSION = f"{_TITLE}## Which of them? {{#which .occlusion}}\n\n![x](x.png)\n\n"
_PLACE = "§"
"""Where a unit has its own number, with which no two units are alike."""


def repeated(
    unit: str, *, before: str = _HEAD, middle: str = "", closing: str = "", after: str = "\n", share: int = 1
) -> Construct:
    """Make a text of units, and of as many closings after them; only a share of its length if need be."""

    def text(size: int) -> str:
        times = max(size // (share * len(unit + closing)), 1)
        if _PLACE in unit:
            units = "".join(unit.replace(_PLACE, str(number)) for number in range(times))
        else:
            units = unit * times
        return before + units + middle + closing * times + after

    return text


def lines(*units: str, before: str = _HEAD) -> Construct:
    """Make a text of a few long lines, each of one unit."""

    def text(size: int) -> str:
        times = max(size // len("".join(units)), 1)
        return before + "".join(f"{unit * times}\n" for unit in units)

    return text


def _square_table(size: int) -> str:
    side = isqrt(size // 2)
    return _HEAD + f"{'|a' * side}|\n{'|-' * side}|\n" + f"{'|b' * side}|\n" * side


def _table_to_fill(size: int) -> str:
    return _HEAD + f"{'|a' * (size // 8)}|\n{'|-' * (size // 8)}|\n" + "|\n" * (size // 4)


def _growing_ticks(size: int) -> str:
    return _HEAD + " ".join("`" * length for length in range(1, isqrt(2 * size)))


def _growing_ticks_in_a_cloze(size: int) -> str:
    return f"{_CLOZE}{{{{c1::{' '.join('`' * length for length in range(1, isqrt(2 * size)))}}}}}\n"


def _stairs(size: int) -> str:
    return _HEAD + "".join(f"{'  ' * depth}- a\n" for depth in range(isqrt(size)))


def _task_stairs(size: int) -> str:
    depths = range(isqrt(size))
    return f"{_CHOICE}- [x] a\n" + "".join(f"{'  ' * depth}- [ ] b\n" for depth in depths)


_QUESTION = "## What is § of it? {#q-§}\n\nIt is §.\n\n"
_LONG_PROMPT = "What is the difference between a session and a cookie in framework number § today?"

TEXTS: Mapping[str, Construct] = {
    "lines": repeated("some words of it\n"),
    "words": repeated("word "),
    "one word": repeated("x"),
    "words of Thai": repeated("คำ "),
    "one word of Chinese": repeated("漢字"),
    "words in Arabic": repeated("كلمة "),
    "paragraphs": repeated("Some words of it, and others.\n\n"),
    "combining accents": repeated("\u0301", before=f"{_HEAD}e"),
    "letters with accents": repeated("e\u0301 "),
    "emoji": repeated("\U0001f3f3\ufe0f\u200d\U0001f308"),
    "emoji and words": repeated("\U0001f3f3 a "),
    "control characters": repeated("\x01a "),
    "control characters in lines": repeated("\x01a\n"),
    "line separators": repeated("a\u2028"),
    "spaces": repeated(" ", after="a\n"),
    "tabs": repeated("\t", after="a\n"),
    "lines with tabs": repeated("a\tb\n"),
    "blank lines": repeated("\n"),
    "blank lines with spaces": repeated("    \n"),
    "lines ended by CR LF": repeated("a\r\n"),
    "lines ended by CR": repeated("a\r"),
    "backslashes": repeated("\\"),
    "escaped brackets": repeated("\\[a"),
    "escaped brackets, then open": repeated("\\[a", after="][\n"),
    "entities": repeated("&amp;"),
    "numbers of characters": repeated("&#65;"),
    "ampersands": repeated("&"),
    "ampersands and letters": repeated("&a "),
    "sound": repeated("[sound:"),
    "Anki's own": repeated("[$]a[/$] "),
}
"""Plain text."""

BRACKETS: Mapping[str, Construct] = {
    "opened": repeated("["),
    "opened, with a word": repeated("a [b "),
    "opened, with a word, closed once": repeated("[a", after="]\n"),
    "opened images": repeated("!["),
    "opened and closed": repeated("[", closing="]"),
    "closed": repeated("]"),
    "closed and opened": repeated("a][b "),
    "closed and opened destination": repeated("]("),
    "links without end": repeated("[a]("),
    "links with angle brackets without end": repeated("[a](<b "),
    "links with titles without end": repeated('[a](b "'),
    "references without end": repeated("[a]["),
    "references to nothing": repeated("[a][b] "),
    "shortcuts to nothing": repeated("[a] "),
    "footnotes": repeated("[^1] "),
    "footnotes that differ, in lines": repeated("[^§]\n"),
    "footnotes of one text": repeated("[^1] ", after="\n\n[^1]: a\n"),
    "footnotes and their texts": repeated("a[^§]\n\n[^§]: b\n\n"),
    "footnotes, then their texts": repeated("a[^§]\n", closing="[^1]: b\n"),
    "footnotes in each other": repeated("[^§]: a[^1]\n", after="\nb[^0]\n"),
    "texts of footnotes": repeated("[^§]: a\n"),
    "texts of footnotes, in one line": repeated("[^1]: "),
    "texts of footnotes in lists": repeated("- [^1]: a\n"),
    "a footnote over many lines": repeated("a\n", before=f"{_HEAD}b[^1]\n\n[^1]: a\n"),
    "footnotes without end": repeated("[^a", after="\n\n[^1]: a\n"),
    "footnotes within the text": repeated("a^[b] "),
    "footnotes within the text, in lines": repeated("a^[b]\n"),
    "footnotes within the text, opened": repeated("a^[b "),
    "footnotes within the text, within each other": repeated("^[", middle="a", closing="]"),
    "footnotes of questions": repeated(
        "## What is § of it? {#q-§}\n\nIt is.[^1]\n\n[^1]: a\n\n", before=_TITLE
    ),
    "footnotes between code": repeated("[^§] `a` "),
    "opened, with code between": repeated("[a `b` ", after="][\n"),
    "links within links": repeated("[", middle="a", closing="](https://a.example)"),
    "images within images": repeated("![", middle="a", closing="](b.png)"),
    "links": repeated("[a](https://a.example/§) "),
    "links without words": repeated("[](https://a.example) "),
    "links to nowhere": repeated("[a](b.md) "),
    "links to nowhere, in lines": repeated("[a](b.md)\n"),
    "links, in a list": repeated("- [a](b.md)\n"),
    "links in a table": repeated("| [a](b.md) | c |\n", before=f"{_HEAD}| a | b |\n|---|---|\n"),
    "a long address": repeated("a", before=f"{_HEAD}[a](https://", after=")\n"),
    "a long port": repeated("9", before=f"{_HEAD}[a](https://a:", after=")\n"),
    "a long address of percents": repeated("%", before=f"{_HEAD}[a](https://a/", after=")\n"),
    "a long host of dots": repeated("a.", before=f"{_HEAD}[a](https://", after=")\n"),
    "a long host beyond ASCII": repeated("é", before=f"{_HEAD}[a](https://", after=")\n"),
    "an address of brackets": repeated("(", before=f"{_HEAD}[a](https://a", after="\n"),
    "autolinks": repeated("<https://a.example> "),
    "autolinks without end": repeated("<https://a "),
    "a long scheme": repeated("a", before=f"{_HEAD}<", after=":b>\n"),
    "images that there are not": repeated("![a](media/no-§.png) "),
    "images with a width": repeated("![a](media/no.png){width=20} "),
    "widths": repeated("{width=20}"),
    "lists of attributes": repeated("`a`{.b} "),
    "lists of attributes without end": repeated("`a`{.b"),
    "images of one name": repeated("![a](media/no.png) "),
    "sounds that there are not": repeated("![a](media/no-§.mp3) "),
    "sounds of one name": repeated("![a](media/no.mp3) "),
    "images without words": repeated("![](media/no.png)\n"),
    "definitions": repeated("[a§]: https://a.example\n"),
    "definitions of one name": repeated("[a]: https://a.example\n", after="[a]\n"),
    "definitions and their use": repeated("[a§]: https://a.example\n\n[a§]\n\n"),
    "definitions without end": repeated("[a]: <"),
    "definitions without address": repeated("[a]:\n"),
    "a long label": repeated("a", before=f"{_HEAD}[", after="]: b\n"),
    "a label over many lines": repeated("a\n", before=f"{_HEAD}[", after="]: b\n"),
    "a label without end": repeated("a\n", before=f"{_HEAD}["),
    "a title over many lines": repeated("a\n", before=f"{_HEAD}[a]: b '"),
    "a title of backslashes": repeated("\\\n", before=f"{_HEAD}[a]: b '"),
    "labels, each over all lines": repeated("[a\n"),
    "titles, each over all lines": repeated("[a]: b '\n"),
}
"""Links, images and all that begins with a bracket."""

MARKS: Mapping[str, Construct] = {
    "emphasis opened": repeated("*a "),
    "emphasis closed": repeated("a* "),
    "strong emphasis opened": repeated("**a "),
    "both kinds opened": repeated("*a _b "),
    "emphasis opened in many ways": repeated("*a **b ***c "),
    "emphasis opened, then closed": repeated("*a ", middle="b", closing=" b*"),
    "emphasis within words": repeated("a**b_c*"),
    "emphasis of both, in turns": repeated("*_a_* "),
    "stars": repeated("*"),
    "stars around a word": repeated("*", middle="a", closing="*"),
    "underscores": repeated("_"),
    "names with underscores": repeated("snake_case_word "),
    "emphasis opened, then links": repeated("*a [b](c.md) "),
    "tildes": repeated("~"),
    "tildes and letters": repeated("~a"),
    "crossed out text opened": repeated("~~a "),
    "crossed out text closed": repeated("a~~ "),
    "crossed out text": repeated("~~a~~ "),
    "lower text": repeated("a~b~ "),
    "lower text opened": repeated("a~b "),
    "lower text opened in code": repeated("a~`b "),
    "raised text": repeated("a^b^ "),
    "raised text opened": repeated("a^b "),
    "circumflexes": repeated("^"),
    "circumflexes and letters": repeated("a^"),
    "equals signs": repeated("="),
    "equals signs in pairs": repeated("a==b "),
    "marked text": repeated("==a== "),
    "marked text opened": repeated("==a "),
    "marked text closed": repeated("a== "),
    "marked and crossed out text, opened": repeated("==a ~~b **c "),
    "marked text across emphasis": repeated("==a *b== c* "),
    "addresses": repeated("https://a.example/§ "),
    "addresses without spaces": repeated("https://a.example/"),
    "addresses in brackets": repeated("[https://a.example/"),
    "colons": repeated(":"),
    "beginnings of addresses": repeated("http:// "),
    "ruby": repeated("{食|た}"),
    "words in a language": repeated("[a]{lang=ja} "),
    "words in no language": repeated("[a]{lang="),
    "ruby opened": repeated("{食|"),
    "ruby of many readings": repeated("|か", before=f"{_HEAD}{{漢字", after="}\n"),
    "readings in brackets": repeated("食[た]"),
    "backticks": repeated("`"),
    "backticks, one and two": repeated("` `` "),
    "backticks, ever more": _growing_ticks,
    "code": repeated("`a` "),
    "code of gaps": repeated("`{{c1::a}}` ", before=_CLOZE),
    "long code": repeated("word ", before=f"{_HEAD}`", after="`\n"),
    "backticks and brackets": repeated("[` "),
    "backticks and stars": repeated("*` "),
    "angle brackets": repeated("<"),
    "tags without end": repeated("<a "),
    "tags with attributes without end": repeated("<a b='"),
    "tags with many attributes": repeated(" b='c'", before=f"{_HEAD}a <a", after="\n"),
    "tags with many attributes, again and again": repeated("<a b='c' "),
    "tags": repeated("<b>"),
    "tags, in lines": repeated("a <b>\n"),
    "tags with ends": repeated("<b></b>"),
    "tags of many names": repeated("<b§>"),
    "tags within each other": repeated("<b>", closing="</b>"),
    "harmless tags": repeated("<u>"),
    "harmless tags within each other": repeated("<u>", closing="</u>"),
    "harmless tags with ends": repeated("<sub>a</sub>"),
    "harmless tags across emphasis": repeated("*<u>a*</u> "),
    "ends of harmless tags": repeated("</u>"),
    "readings without ruby": repeated("<rt>a</rt>"),
    "breaks": repeated("a<br>"),
    "comments": repeated("a <!-- b --> "),
    "comments, each a block": repeated("<!-- a -->\n\n"),
    "comments without end": repeated("a <!-- "),
    "comments without end, in lines": repeated("a <!--\n"),
    "comments without end, in paragraphs": repeated("a <!-- b\n\n"),
    "comments without end, each a block": repeated("<!-- a\n\n"),
    "comments without end, in a list": repeated("- <!-- a\n"),
    "comments without end, in quotations": repeated("> <!-- a\n\n"),
    "a comment of hyphens": repeated("-", before=f"{_HEAD}a <!-- ", after="\n"),
    "a comment of open ones": repeated("<!--", before=f"{_HEAD}<!-- ", after="-->\n"),
    "dividers": repeated("<!-- more -->\n\n"),
    "dividers within text": repeated("a <!-- more --> "),
    "almost dividers": repeated("<!-- mroe -->\n\n"),
    "instructions without end": repeated("a <?"),
    "declarations without end": repeated("a <!A "),
    "sections of characters without end": repeated("a <![CDATA["),
    "ends of comments": repeated("--> "),
    "code before what other tools mark": repeated("`a` ", after="\\* a :: b\n"),
    "marks of other tools, opened": repeated("++a %%b {{c ((d-1 [@e ''f :g ~h ^[i [fn:j {--k x~l [[m "),
    "marks of other tools, closed": repeated("a++ b%% c}} d)) e] f'' g: h~ i--} "),
    "marks of other tools around code": repeated("%%`a` ++`b` {{`c` "),
    "notes in their place, opened": repeated("^[a"),
    "a border of a table": repeated("-", before=f"{_HEAD}+"),
    "cards on lines": repeated("Q: a\n"),
    "fronts without backs": repeated("a :: "),
    "readings after letters": repeated("漢", after="[かん\n"),
    "bars of ruby": repeated("｜漢"),
    "wide marks, opened": repeated("＊＊a ｀b ＝＝c ｛｛ｃ１：： ［漢 ｛字｜じ ｛＃e "),
    "wide numbers on lines": repeated("１．a\n"),
    "bars on wide lines": repeated("｜a", before=f"{_HEAD}"),
    "blocks of HTML": repeated("<div>\n\n"),
    "a block of HTML": repeated("<b>\n", before=f"{_HEAD}<div>\n"),
    "scripts without end": repeated("<script>\n\n"),
}
"""Emphasis, code and HTML."""

BLOCKS: Mapping[str, Construct] = {
    "quotations within quotations": repeated(">", after="a\n"),
    "quotations within quotations, with spaces": repeated("> ", after="a\n"),
    "definitions": repeated("a\n: b\n\n"),
    "definitions of one term": repeated(": a\n", before=f"{_HEAD}b\n"),
    "terms": repeated("a\n: b\n"),
    "definitions in each other": repeated(": ", before=f"{_HEAD}a\n", after="b\n"),
    "definitions of many lines": repeated("b\n", before=f"{_HEAD}a\n: b\n"),
    "colons of lines": repeated(":\n"),
    "callouts": repeated("> [!note] a\n> b\n\n"),
    "callouts, opened": repeated("> [!note] a\n"),
    "callouts within each other": repeated("> ", after="[!note] a\n"),
    "a callout of many lines": repeated("> a\n", before=f"{_HEAD}> [!note] b\n"),
    "a quotation": repeated("> a\n"),
    "quotations": repeated("> a\n\n"),
    "a quotation that goes on": repeated("a\n", before=f"{_HEAD}> a\n"),
    "a deep quotation that goes on": repeated("a\n", before=f"{_HEAD}{'> ' * 50}a\n"),
    "deep quotations": repeated("> " * 50 + "a\n"),
    "lists within lists": _stairs,
    "lists within lists, on one line": repeated("- ", after="a\n"),
    "numbered lists within lists, on one line": repeated("1. ", after="a\n"),
    "lists and quotations within each other": repeated("- > ", after="a\n"),
    "a list": repeated("- a\n"),
    "a loose list": repeated("- a\n\n"),
    "a numbered list": repeated("1. a\n"),
    "a list without words": repeated("-\n"),
    "numbers without words": repeated("1.\n\n"),
    "lists of two marks": repeated("- a\n+ b\n"),
    "a list of paragraphs": repeated("- a\n\n  b\n\n"),
    "a list of code": repeated("- ```\n  a\n  ```\n"),
    "a list of deeper lists": repeated("- a\n  - b\n    - c\n"),
    "a deep list of many": repeated(
        "          - a\n", before=f"{_HEAD}- a\n  - a\n    - a\n      - a\n        - a\n"
    ),
    "a list that goes on": repeated("a\n", before=f"{_HEAD}- a\n"),
    "a list in a quotation": repeated("> - a\n"),
    "a list of quotations": repeated("- > a\n"),
    "a list of headings": repeated("- # a\n"),
    "a list of tables": repeated("- |a|\n  |-|\n  |b|\n"),
    "an item of many lines": repeated("  a\n", before=f"{_HEAD}- a\n"),
    "rows": repeated("| c | d |\n", before=f"{_HEAD}| a | b |\n|---|---|\n"),
    "rows of words": repeated("a\n", before=f"{_HEAD}| a | b |\n|---|---|\n"),
    "rows with too many cells": repeated("|a|b|\n", before=f"{_HEAD}|a|\n|-|\n"),
    "rows of different cells, too many": repeated("|a|b§|\n", before=f"{_HEAD}|a|\n|-|\n"),
    "a wide table": lines("|a", "|-", "|b"),
    "a square table": _square_table,
    "a wide table to be filled": _table_to_fill,
    "a row with too many cells": repeated("|a", before=f"{_HEAD}|a|\n|-|\n"),
    "a head without a table": repeated("|a|\n\n"),
    "bars": repeated("|"),
    "lines of bars": repeated("|a|b|\n"),
    "heads of tables": repeated("|a|\n|-|\n"),
    "tables": repeated("|a|\n|-|\n|b|\n\n"),
    "tables of gaps": repeated("| {{c1::a}} | b |\n", before=f"{_CLOZE}| a | b |\n|---|---|\n"),
    "dashes of a table": lines("a|", "-|"),
    "escaped bars": repeated("\\|", before=f"{_HEAD}|a|\n|-|\n|"),
    "lines across": repeated("a\n\n---\n\n"),
    "two hyphens": repeated("--\n\n"),
    "a line of hyphens": repeated("- "),
    "hyphens of lines": repeated("a\n- - - b\n"),
    "indented code": repeated("    a\n"),
    "indented code, in paragraphs": repeated("    a\n\nb\n\n"),
    "blocks of code": repeated("```\na\n```\n"),
    "blocks of code in many languages": repeated("```python§\na\n```\n"),
    "blocks of code in Python": repeated("```python\na = §\n```\n"),
    "a long block of code": repeated("a\n", before=f"{_HEAD}```\n", after="```\n"),
    "a long block of Python": repeated("a = 1\n", before=f"{_HEAD}```python\n", after="```\n"),
    "a long line of Python": repeated("a + ", before=f"{_HEAD}```python\n", after="a\n```\n"),
    "brackets of Python": repeated("(", before=f"{_HEAD}```python\n", after="\n```\n"),
    "brackets of JSON": repeated("[", before=f"{_HEAD}```json\n", after="\n```\n"),
    "tables of TOML": repeated("[a§]\n", before=f"{_HEAD}```toml\n", after="```\n"),
    "dotted keys of TOML": repeated("a.", before=f"{_HEAD}```toml\n", after="b = 1\n```\n"),
    "a key of TOML, again": repeated("a = 1\n", before=f"{_HEAD}```toml\n", after="```\n"),
    "a session without prompts": repeated(">>>", before=f"{_HEAD}```pycon\n", after="\n```\n"),
    "blank lines before a prompt": repeated("\n", before=f"{_HEAD}```pycon\n", after=">>> a\n```\n"),
    "wide lines of code": repeated(f"{'a' * 80}\n", before=f"{_HEAD}```\n", after="```\n"),
    "wide lines of tabs": repeated("\t\t\ta\n", before=f"{_HEAD}```\n", after="```\n"),
    "a block of code without end": repeated("a\n", before=f"{_HEAD}```\n"),
    "a block of code with others in it": repeated("```\n", before=f"{_HEAD}````\n"),
    "a block of code with others begun in it": repeated("```python\n", before=f"{_HEAD}```\n"),
    "a long name of a language": repeated("a", before=f"{_HEAD}```", after="\na\n```\n"),
    "blocks of code, opened": repeated("~~~\n\n```\n\n"),
    "a line of backticks": repeated("`", before=f"{_HEAD}```\na\n", after="\n"),
    "marks of a merge": repeated("<<<<<<< a\n=======\n>>>>>>> b\n"),
}
"""Blocks."""

HEADINGS: Mapping[str, Construct] = {
    "questions": repeated(_QUESTION, before=_TITLE),
    "questions with one prompt": repeated("## What is it? {#q-§}\n\nIt is.\n\n", before=_TITLE),
    "questions with one id": repeated("## What is it? {#q}\n\nIt is.\n\n", before=_TITLE),
    "questions without ids": repeated("## What is § of it?\n\nIt is.\n\n", before=_TITLE),
    "questions with one prompt, without ids": repeated("## What is it?\n\nIt is.\n\n", before=_TITLE),
    "questions in disorder": repeated("## What is § of it? {.mid #q-§}\n\nIt is.\n\n", before=_TITLE),
    "near doubles": repeated(f"## {_LONG_PROMPT} {{#q-§}}\n\nIt is.\n\n", before=_TITLE),
    "near doubles, of words in another order": repeated(
        "## Does session § keep cookie § of user §? {#q-§}\n\nIt is.\n\n", before=_TITLE
    ),
    "questions with one word": repeated("## Why session? {#q-§}\n\nIt is.\n\n", before=_TITLE),
    "questions without answers": repeated("## What is § of it? {#q-§}\n\n", before=_TITLE),
    "questions with tags": repeated('## What is §? {#q-§ tags="t§"}\n\nIt is.\n\n', before=_TITLE),
    "questions that were others": repeated('## What is §? {#q-§ was="r-§"}\n\nIt is.\n\n', before=_TITLE),
    "questions that may break rules": repeated(
        '## What is §? {#q-§ allow="yes-no-question given-away"}\n\nIt is.\n\n', before=_TITLE
    ),
    "questions with levels": repeated("## What is §? {#q-§ .senior}\n\nIt is.\n\n", before=_TITLE),
    "a question with many words": repeated("word ", before=f"{_TITLE}## ", after="{#a}\n\nIt is.\n"),
    "a question of one word": repeated("x", before=f"{_TITLE}## ", after=" {#a}\n\nIt is.\n"),
    "a question that may be of yes and no": repeated(
        "in a, ", before=f"{_TITLE}## In ", after="? {#a}\n\nIt is.\n"
    ),
    "a question that asks for many things": repeated(
        "a, ", before=f"{_TITLE}## ", after="? {#a}\n\n- a\n- b\n- c\n"
    ),
    "drills": repeated("### What is §? {#d-§}\n\nIt is §.\n\n", before=f"{_HEAD}Yes.\n\n"),
    "questions of the core": repeated('## What is §? {#q-§ core="2"}\n\nIt is.\n\n', before=_TITLE),
    "typed drills": repeated("### What is § of it? {#d-§ .typed}\n\n`a§`\n\n", before=f"{_HEAD}Yes.\n\n"),
    "typed drills of one word": repeated(
        "### What is the word § of it? {#d-§ .typed}\n\n`word`\n\n", before=f"{_HEAD}Yes.\n\n"
    ),
    "choices kept as written": repeated(
        '## Which is §? {#q-§ .choice order="as-written"}\n\n- [x] a§\n- [ ] b§\n\nText.\n\n', before=_TITLE
    ),
    "drills without ids": repeated("### What is § of it?\n\nIt is.\n\n", before=f"{_HEAD}Yes.\n\n"),
    "sections": repeated("### Section §\n\nIt is.\n\n", before=f"{_HEAD}Yes.\n\n"),
    "sections of one name": repeated("### Pitfall\n\nIt is.\n\n", before=f"{_HEAD}Yes.\n\n"),
    "a section with a long name": repeated("pitfall", before=f"{_HEAD}Yes.\n\n### ", after="\n\nIt is.\n"),
    "chapters": repeated("# T\n", before=""),
    "smaller headings": repeated("#### a {#a-§}\n\n"),
    "marks without spaces": repeated("#a\n"),
    "marks without spaces, in paragraphs": repeated("#a\n\n"),
    "hashes": repeated("#"),
    "underlined headings": repeated("a\n=\n"),
    "an underlined heading of many lines": repeated("a\n", after="===\n"),
    "lines that underline nothing": repeated("a\n\n===\n\n"),
    "lines that almost underline": repeated("a\n= =\n"),
    "indented headings": repeated("    ## a {#a-§}\n\n"),
    "quoted headings": repeated("> ## a {#a-§}\n\n"),
}
"""Headings."""


def _attributes(unit: str, *, before: str = " {#a", after: str = "}") -> Construct:
    return repeated(unit, before=f"{_TITLE}## Why{before}", after=f"{after}\n\nIt is.\n")


ATTRIBUTES: Mapping[str, Construct] = {
    "braces": _attributes(" {", before=""),
    "braces with hashes": _attributes(" {#a", before=""),
    "braces with levels": _attributes(" {.mid", before=""),
    "many attributes": _attributes(" {#a}", before="", after=""),
    "many attributes that are empty": _attributes(" {}", before="", after=""),
    "many attributes of levels": _attributes(" {.mid}", before="", after=""),
    "many attributes of values": _attributes(' {a="b"}', before="", after=""),
    "many attributes, side by side": _attributes("{#a}", before="", after=""),
    "attributes in code": _attributes(" `{#a}`", before="", after=""),
    "closing braces": _attributes("}"),
    "an id without end": _attributes("a", before=" {#", after="{"),
    "attributes without end": _attributes(" {#a", before="", after=""),
    "attributes without end, as text": _attributes(" {#a ", before="", after=" b"),
    "one class": _attributes(" .mid"),
    "classes": _attributes(" .c§"),
    "ids": _attributes(" #b§"),
    "one value": _attributes(' tags="b"'),
    "one unknown value": _attributes(' key="b"'),
    "values": _attributes(' k§="v"'),
    "bare values": _attributes(" k§=v"),
    "comments": _attributes(" %"),
    "quotation marks": _attributes('"', before=" {#a "),
    "quotation marks after a name": _attributes('"', before=" {#a tags="),
    "tags": _attributes("t§ ", before=' {#a tags="', after='"}'),
    "one tag": _attributes("t ", before=' {#a tags="', after='"}'),
    "a long tag": _attributes("t::", before=' {#a tags="', after='t"}'),
    "wrong tags": _attributes("t: ", before=' {#a tags="', after='"}'),
    "rules": _attributes("r§ ", before=' {#a allow="', after='"}'),
    "one rule": _attributes("yes-no-question ", before=' {#a allow="', after='"}'),
    "a long id": _attributes("a-", before=" {#", after="b}"),
    "a wrong id": _attributes("A-", before=" {#", after="b}"),
    "spaces": _attributes(" ", before=" {#a", after="}"),
    "backslashes": _attributes("\\", before=' {#a tags="', after='"}'),
    "open braces in a value": _attributes("{", before=' {#a tags="', after='"}'),
    "ids of chapters": repeated(" {#a}", before="# T", after="\n"),
}
"""Attributes at a heading."""

DELETIONS: Mapping[str, Construct] = {
    "opened": repeated("{{c1::", before=_CLOZE),
    "within each other": repeated("{{c1::", middle="a", closing="}}", before=_CLOZE),
    "one number": repeated("{{c1::a}} ", before=_CLOZE),
    "of numbers": repeated("{{c§::a}} ", before=_CLOZE),
    "of numbers, in lines": repeated("{{c§::a}}\n", before=_CLOZE),
    "of numbers, in code": repeated("{{c§::a}}\n", before=f"{_CLOZE}```\n", after="```\n"),
    "in lines": repeated("{{c1::a}}\n", before=_CLOZE),
    "in paragraphs": repeated("{{c1::a}}\n\n", before=_CLOZE),
    "in a list": repeated("- {{c1::a}}\n", before=_CLOZE),
    "of other words": repeated("{{c1::word§ of it}} ", before=_CLOZE),
    "empty": repeated("{{c1::}} ", before=_CLOZE),
    "with hints": repeated("{{c1::a::b}} ", before=_CLOZE),
    "with links": repeated("{{c1::[a](https://a.example)}} ", before=_CLOZE),
    "opened in links": repeated("[{{c1::a](https://a.example)}} ", before=_CLOZE),
    "with emphasis": repeated("{{c1::*a*}} ", before=_CLOZE),
    "with emphasis across": repeated("*a {{c1::b* c}} ", before=_CLOZE),
    "with backticks": repeated("` `` ", before=f"{_CLOZE}{{{{c1::", after="}}\n"),
    "with ever more backticks": _growing_ticks_in_a_cloze,
    "with colons": repeated("::", before=f"{_CLOZE}{{{{c1::", after="}}\n"),
    "with brackets": repeated("[", before=f"{_CLOZE}{{{{c1::", after="}}\n"),
    "with braces": repeated("{", before=f"{_CLOZE}{{{{c1::", after="}}\n"),
    "in code": repeated("x = {{c1::1}}\n", before=f"{_CLOZE}```python\n", after="```\n"),
    "opened in code": repeated("{{c1::", before=f"{_CLOZE}```python\n", after="\n```\n"),
    "within each other in code": repeated("{{c1::", closing="}}", before=f"{_CLOZE}```\n", after="\n```\n"),
    "in formulas": repeated("${{c1::a}}$ ", before=_CLOZE),
    "in a question that has none": repeated("{{c1::a}} "),
    "in paragraphs of a question that has none": repeated("{{c1::a}}\n\n"),
    "braces": repeated("{{", before=_CLOZE),
    "braces and a letter": repeated("{{c", before=_CLOZE),
    "braces and a number": repeated("{{c1 ", before=_CLOZE),
    "braces, in lines": repeated("{{a§\n", before=_CLOZE),
    "braces of numbers": repeated("{c§:: ", before=_CLOZE),
    "braces, in paragraphs": repeated("{{a\n\n", before=_CLOZE),
    "one brace": repeated("{c1:: ", before=_CLOZE),
    "opened, in paragraphs": repeated("{{c1::a\n\n", before=_CLOZE),
    "a long number": repeated("1", before=f"{_CLOZE}{{{{c", after="::a}}\n"),
}
"""Cloze deletions."""

KINDS: Mapping[str, Construct] = {
    "options": repeated("- [ ] b§\n", before=f"{_CHOICE}- [x] a\n"),
    "right options": repeated("- [x] b§\n", before=_CHOICE),
    "options without words": repeated("- [ ]\n", before=f"{_CHOICE}- [x] a\n"),
    "options without boxes": repeated("- b\n", before=f"{_CHOICE}- [x] a\n"),
    "options with reasons": repeated("- [ ] b§\n\n  It is not.\n", before=f"{_CHOICE}- [x] a\n"),
    "loose options": repeated("- [ ] b§\n\n", before=f"{_CHOICE}- [x] a\n\n"),
    "options of options": _task_stairs,
    "a long option": repeated("word ", before=f"{_CHOICE}- [ ] a\n- [x] "),
    "lists of options": repeated("- [ ] b\n\na\n\n", before=_CHOICE),
    "lists of options elsewhere": repeated("- [ ] b\n\na\n\n"),
    "boxes": repeated("[ ] ", before=f"{_CHOICE}- "),
    "choices": repeated("## Which of § is it? {#q-§ .choice}\n\n- [x] a\n- [ ] b\n\n", before=_TITLE),
    "boxes of an image": repeated("- {{c1::b§}} 1% 1% 1% 1%\n", before=_OCCLUSION),
    "boxes of an image, each another": repeated("- {{c§::b}} §% 1% 1% 1%\n", before=_OCCLUSION),
    "lines that are no boxes": repeated("- {{c1::b}} 1% ", before=_OCCLUSION),
    "values of a box": repeated("1% ", before=f"{_OCCLUSION}- {{{{c1::b}}}} "),
    "cloze deletions of a box": repeated("{{c1::b}} ", before=f"{_OCCLUSION}- "),
    "images with boxes": repeated(
        "## Which of § is it? {#q-§ .occlusion}\n\n![x](x.png)\n\n- {{c1::b}} 1% 1% 1% 1%\n\n", before=_TITLE
    ),
    "a long text to type": repeated("x", before=f"{_TITLE}## Which is {{#a .typed}}\n\n`", after="`\n"),
    "a long text to type, in the prompt": repeated(
        "a.", before=f"{_TITLE}## Which is {{#a .typed}}\n\n`a.a.a.", after="`\n"
    ),
    "texts to type": repeated("## Which is § of it? {#q-§ .typed}\n\n`a`\n\n", before=_TITLE),
    "gaps beside what they hide": repeated("{{c1::word}} word ", before=_CLOZE),
    "context": repeated("a\n\n", before=_HEAD, after="---\n\nIt is.\n"),
}
"""Kinds of questions."""


def _formula(unit: str, *, middle: str = "x", closing: str = "") -> Construct:
    return repeated(unit, before=f"{_HEAD}$", middle=middle, closing=closing, after="$\n")


def _display(unit: str, *, middle: str = "x", closing: str = "") -> Construct:
    return repeated(unit, before=f"{_HEAD}$$\n", middle=middle, closing=closing, after="\n$$\n")


FORMULAS: Mapping[str, Construct] = {
    "dollars": repeated("$"),
    "dollars and letters": repeated("$a "),
    "prices": repeated("it costs $5 and "),
    "dollars and words": repeated("a $word "),
    "dollars in pairs": repeated("$$ "),
    "dollars in pairs, with letters": repeated("a $$b "),
    "dollars, escaped": repeated("\\$ "),
    "dollars and backslashes": repeated("\\", before=f"{_HEAD}$a", after="$\n"),
    "dollars of many backslashes": repeated("$\\\\"),
    "formulas": repeated("$a$ "),
    "formulas that differ": repeated("$a_{§}$ "),
    "formulas, in lines": repeated("$a$\n"),
    "formulas within brackets": repeated("[$a$ "),
    "wrong formulas": repeated("$\\nope$ "),
    "wrong formulas that differ, in lines": repeated("$\\nope{§}$\n"),
    "wrong formulas that differ": repeated("$\\nope{§}$ "),
    "blocks": repeated("$$\na\n$$\n\n"),
    "blocks, opened": repeated("$$\n"),
    "blocks, opened, with a letter": repeated("$$\na\n\n"),
    "blocks, opened on lines with letters": repeated("$$ a\n\n"),
    "a sum": _formula("x+"),
    "letters": _formula("x"),
    "letters apart": _formula("x "),
    "powers": _formula("x^"),
    "indices": _formula("x_"),
    "both": _formula("x_1^2"),
    "powers of powers": _formula("x^{", closing="}"),
    "primes": _formula("'", middle=""),
    "braces": _formula("{", closing="}"),
    "braces, side by side": _formula("{x}"),
    "brackets": _formula("(", closing=")"),
    "brackets that fit": _formula("\\left(", closing="\\right)"),
    "brackets that fit, side by side": _formula("\\left(x\\right)"),
    "brackets that fit, without end": _formula("\\left("),
    "brackets of both kinds": _formula("\\left[{", closing="}\\right]"),
    "fractions": _formula("\\frac{1}{x}"),
    "fractions within fractions": _formula("\\frac{", closing="}{y}"),
    "fractions below fractions": _formula("\\frac{1}{", closing="}"),
    "fractions without braces": _formula("\\frac1"),
    "fractions without anything": _formula("\\frac"),
    "older fractions": _formula("a\\over "),
    "older fractions within each other": _formula("{a\\over ", closing="}"),
    "roots": _formula("\\sqrt{x}"),
    "roots within roots": _formula("\\sqrt{", closing="}"),
    "roots without braces": _formula("\\sqrt "),
    "roots of degrees": _formula("\\sqrt[", closing="]{x}"),
    "accents": _formula("\\hat "),
    "accents within accents": _formula("\\hat{", closing="}"),
    "lines above": _formula("\\overline "),
    "braces above": _formula("\\overbrace{", closing="}"),
    "texts": _formula("\\text{a}"),
    "a long text": repeated("a", before=f"{_HEAD}$\\text{{", after="}$\n"),
    "texts without end": _formula("\\text{", middle=""),
    "fonts": _formula("\\mathbf{", closing="}"),
    "fonts without braces": _formula("\\mathbf "),
    "binomials": _formula("\\binom{", closing="}{y}"),
    "sums with limits": _formula("\\sum_{i=1}^{n}"),
    "sums of sums": _formula("\\sum_{", closing="}"),
    "functions": _formula("\\sin "),
    "Greek": _formula("\\alpha "),
    "words that are unknown": _formula("\\nope "),
    "spaces": _formula("\\quad "),
    "styles": _formula("\\displaystyle "),
    "colours": _formula("\\color{red}"),
    "limits": _formula("\\limits "),
    "big brackets": _formula("\\big( "),
    "stacked": _formula("\\overset{a}{", closing="}"),
    "arrays within arrays": _display("\\begin{matrix}", closing="\\end{matrix}"),
    "arrays, side by side": _display("\\begin{matrix}x\\end{matrix}"),
    "arrays without end": _display("\\begin{matrix}"),
    "brackets around arrays": _display("\\begin{pmatrix}", closing="\\end{pmatrix}"),
    "cases within cases": _display("\\begin{cases}", closing="\\end{cases}"),
    "rows of an array": repeated(
        "a & b \\\\ ", before=f"{_HEAD}$$\n\\begin{{matrix}}", after="\\end{matrix}\n$$\n"
    ),
    "a wide array": repeated("a & ", before=f"{_HEAD}$$\n\\begin{{matrix}}", after="b\\end{matrix}\n$$\n"),
    "substacks": _display("\\substack{", closing="}"),
    "one formula, with arrays in braces": _display("{\\begin{matrix}a", closing="\\end{matrix}}"),
    "percents": _formula("%"),
    "backslashes": _formula("\\\\"),
    "tildes": _formula("~"),
    "digits": _formula("1"),
    "points": _formula("."),
    "bars": _formula("|"),
    "ampersands": _formula("&"),
    "angle brackets": _formula("<"),
    "letters beyond ASCII": _formula("é"),
}
"""Formulas."""

MIXTURES: Mapping[str, Construct] = {
    "all marks in turns": repeated("*a [b `c <d $e {{f &g _h ![i "),
    "all marks in turns, in a cloze": repeated("*a [b `c <d $e {{c1::f &g _h ![i ", before=_CLOZE),
    "all blocks in turns": repeated(
        "> a\n- b\n1. c\n```\nd\n```\n| e |\n|---|\n| f |\n\n$$\ng\n$$\n\n<div>\n\n"
    ),
    "quotations of lists of quotations": repeated("> - > a\n"),
    "brackets and dollars": repeated("[$"),
    "brackets and angle brackets": repeated("[<a "),
    "brackets and backticks": repeated("[`"),
    "brackets and gaps": repeated("[{{c1::", before=_CLOZE),
    "stars and brackets": repeated("*[a"),
    "stars, closed by brackets": repeated("*[", closing="]*"),
    "gaps and stars": repeated("{{c1::*", closing="*}}", before=_CLOZE),
    "links and gaps within each other": repeated("[{{c1::", closing="}}](a.md)", before=_CLOZE),
    "tables in quotations": repeated("> |a|\n> |-|\n> |b|\n\n"),
    "a list of comments": repeated("- <!-- a -->\n"),
    "questions with code": repeated("## What is §? {#q-§}\n\n```python\na = §\n```\n\n", before=_TITLE),
    "questions with formulas": repeated("## What is §? {#q-§}\n\n$a_§$\n\n", before=_TITLE),
    "questions with tables": repeated("## What is §? {#q-§}\n\n|a|\n|-|\n|§|\n\n", before=_TITLE),
    "headings of links": repeated("## [a](https://a.example/§) {#q-§}\n\na\n\n", before=_TITLE),
    "a heading of marks": repeated("*[`<$", before=f"{_TITLE}## ", after=" {#a}\n\na\n"),
    "a line that breaks": repeated("a  \n"),
    "a line that breaks with backslashes": repeated("a\\\n"),
    "a line of spaces before its end": repeated(" ", before=f"{_HEAD}a", after="\nb\n"),
    "lines of spaces before their ends": repeated("a     \n"),
    "glyphs that fonts lack": repeated("\u0e01 a "),
    "glyphs that fonts lack, in lines": repeated("\u0e01 a\n"),
    "glyphs that fonts lack, in comments": repeated("<!-- \u0e01\n\n"),
}
"""Several at once."""

CHAPTERS: Mapping[str, Construct] = {
    f"{group}: {name}": construct
    for group, constructs in {
        "text": TEXTS,
        "brackets": BRACKETS,
        "marks": MARKS,
        "blocks": BLOCKS,
        "headings": HEADINGS,
        "attributes": ATTRIBUTES,
        "gaps": DELETIONS,
        "kinds": KINDS,
        "formulas": FORMULAS,
        "mixtures": MIXTURES,
    }.items()
    for name, construct in constructs.items()
}
"""Chapters."""

_SETTINGS = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\n'

SETTINGS: Mapping[str, Construct] = {
    "unknown settings": repeated("x§ = 1\n", before=_SETTINGS),
    "unknown settings of print": repeated("x§ = 1\n", before=f"{_SETTINGS}[print]\n"),
    "unknown rules": repeated("x§ = 1\n", before=f"{_SETTINGS}[rules]\n"),
    "unknown rules with dots": repeated("rules.x§ = 1\n", before=_SETTINGS),
    "unknown rules in one line": repeated("x§ = 1, ", before=f"{_SETTINGS}rules = {{", after="y = 1}\n"),
    "unknown settings with long names": repeated("y", before=f"{_SETTINGS}x", after=" = 1\n"),
    "unknown settings over many lines": repeated("x§ = [\n1,\n]\n", before=_SETTINGS),
    "unknown settings of texts over lines": repeated('x§ = """\na\n"""\n', before=_SETTINGS),
    "a mistake after comments": repeated("# a\n", before="", after=f"{_SETTINGS}x = 1\n"),
    "a mistake after a long list": repeated('"a",\n', before=f"{_SETTINGS}authors = [\n", after="]\nx = 1\n"),
    "a mistake after a long text": repeated(
        "a\n", before=f'{_SETTINGS}description = """', after='"""\nx = 1\n'
    ),
    "a mistake in a long list": repeated('"a",\n', before=f"{_SETTINGS}authors = [\n", after="1]\n"),
    "a mistake before blank lines": repeated("\n", before=f"{_SETTINGS}x = 1\n"),
    "brackets": repeated("[", before=f"{_SETTINGS}x = ", after="\n"),
    "brackets, closed": repeated("[", closing="]", before=f"{_SETTINGS}x = "),
    "braces": repeated("{a = ", before=f"{_SETTINGS}x = ", after="\n"),
    "dots": repeated("a.", before=_SETTINGS, after="b = 1\n"),
    "dots of a table": repeated("a.", before=f"{_SETTINGS}[", after="b]\n"),
    "keys with dots": repeated("a.b§ = 1\n", before=_SETTINGS),
    "a long text": repeated("a", before=f'{_SETTINGS}description = "', after='"\n'),
    "tables": repeated("[t§]\n", before=_SETTINGS),
    "tables of one name": repeated("[[t]]\n", before=_SETTINGS),
    "a long wrong id": repeated("a-", before='id = "', after='"\ntitle = "x"\ndeck = "x"\n'),
    "a long wrong deck": repeated("a:", before='id = "a"\ntitle = "x"\ndeck = "', after=':::"\n'),
    "a long wrong language": repeated("-a", before=f'{_SETTINGS}language = "en', after='!"\n'),
    "a long wrong source": repeated("a", before=f'{_SETTINGS}source = "', after='"\n'),
    "authors": repeated('"a", ', before=f"{_SETTINGS}authors = [", after="]\n"),
    "digits": repeated("1", before=f"{_SETTINGS}x = ", after="\n"),
    "wrong levels": repeated("a", before=f'{_SETTINGS}[rules]\nyes-no-question = "', after='"\n'),
}
"""Texts of a deck.toml."""
