"""Checks for marks in wide characters, as input methods of Chinese, Japanese and Korean give them: `＊＊`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from builder.checks.shown_marks import PLACEHOLDER, Mark, MarkTable, shown_marks
from builder.corpus.model import Chapter
from builder.diagnostics import Code, Diagnostic, check
from builder.text import BOPOMOFO, KANA

WIDE_MARK = Code(
    "wide-mark",
    severity="warning",
    bad="## `g`は何か。 {#what-is-g}\n\n一つの＊＊文脈＊＊のデータ。\n",
    good="## `g`は何か。 {#what-is-g}\n\n一つの**文脈**のデータ。\n",
)
_WIDE = re.compile("[！＃＊－．／：；＝［］｀｛｜｝（）、０-９ｃｘＸ・●\u00a0\u3000]")


def _mark(signs: str, form: str, instead: str) -> Mark:
    """Return a mark that may be typed in wide characters: its signs, its form, and what to write instead."""
    return Mark(
        WIDE_MARK,
        tuple(signs.split(" ")),
        re.compile(form, re.MULTILINE),
        "has wide signs, or an unusual space, and is shown as typed",
        f"write {instead!r}: turn the input method off for marks",
        within=_WIDE,
    )


_NUMBER, _AFTER = "[0-9０-９]{1,3}", "[.)．）、]"
_READING = f"[{KANA}{BOPOMOFO}]{{1,40}}"
_TABLE = MarkTable.of(
    _mark("＊＊", "＊＊[^＊\n]{1,200}＊＊", "**text**"),
    _mark("｀", "｀[^｀\n]{1,200}｀", "`code`"),
    _mark("＝＝", "＝＝[^＝\n]{1,200}＝＝", "==text=="),
    _mark("｛｛", "｛｛[cｃ][0-9０-９]{1,3}[:：]{2}[^\n]{0,80}", "{{c1::text}}"),
    _mark(
        "] ］",
        rf"[!！]?[\[［][^\[\]［］\n]{{1,80}}[\]］][(（]"
        rf"(?:{PLACEHOLDER}|(?:[#＃]|[^\s()（）]{{0,200}}[.．][A-Za-z]{{2}})[^\s()（）]{{0,200}}[)）])",
        "[words](address)",
    ),
    _mark("｜ ｛ ｝", rf"[{{｛][^{{}}｛｝|｜\n]{{1,40}}(?:[|｜]{_READING}){{1,20}}[}}｝]", "{漢字|かんじ}"),
    _mark("｛", "｛[#＃][^{}｛｝\n]{1,80}[}｝]?", "{#its-id}"),
    _mark("［", "^［[ xX\u3000ｘＸ]?］\\s", "- [x] the right one"),
    _mark("\u3000 \u00a0", r"^[-*+][\u3000\u00a0]+\S.*", "- item"),
    _mark(
        "\n" + " \n".join("0123456789０１２３４５６７８９"),
        rf"^{_NUMBER}{_AFTER}[^\n]*\n{_NUMBER}(?:[．）、]|(?<=[０-９]){_AFTER})",
        "1. item",
    ),
    _mark("\n・ \n●", r"^([・●])[^\n]*\n\1", "- item"),
    _mark("｜", "^｜[^\n]+｜$", "| a | b |"),
    _mark("－－－", "^－{3,}$", "---"),
)


@check(WIDE_MARK)
def marks_are_narrow(chapter: Chapter) -> Iterator[Diagnostic]:
    """An input method gives wide signs. They look like marks, but Markdown shows them as typed."""
    for passage, block in chapter.texts:
        if not block.content.isascii():
            yield from shown_marks(passage, block, _TABLE)
