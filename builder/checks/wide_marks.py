"""Checks for marks in wide characters, as input methods of Chinese, Japanese and Korean give them: `＊＊`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from builder.checks.foreign_marks import PLACEHOLDER, shown_text
from builder.corpus.model import Chapter
from builder.diagnostics import Code, Diagnostic, check
from builder.markdown.source import Finder
from builder.text import quoted

WIDE_MARK = Code(
    "wide-mark",
    severity="warning",
    bad="## `g`は何か。 {#what-is-g}\n\n一つの＊＊文脈＊＊のデータ。\n",
    good="## `g`は何か。 {#what-is-g}\n\n一つの**文脈**のデータ。\n",
)


class _Mark(NamedTuple):
    """A mark whose signs may have been typed in wide characters."""

    form: re.Pattern[str]
    instead: str
    """What to write instead."""


_NUMBER, _AFTER = "[0-9０-９]{1,3}", "[.)．）、]"
_MARKS = (
    _Mark(re.compile("＊＊[^＊\n]{1,200}＊＊"), "**text**"),
    _Mark(re.compile("｀[^｀\n]{1,200}｀"), "`code`"),
    _Mark(re.compile("＝＝[^＝\n]{1,200}＝＝"), "==text=="),
    _Mark(re.compile("｛｛[cｃ][0-9０-９]{1,3}[:：]{2}[^\n]{0,80}"), "{{c1::text}}"),
    _Mark(
        re.compile(
            r"[!！]?[\[［][^\[\]［］\n]{1,80}[\]］][(（]"
            r"(?:\ufffc|(?:[#＃]|[^\s()（）]{0,80}[./／．])[^\s()（）]{0,200}[)）])"
        ),
        "[words](address)",
    ),
    _Mark(re.compile("[{｛][^{}｛｝|｜\n]{1,40}[|｜][^{}｛｝\n]{1,80}[}｝]"), "{漢字|かんじ}"),
    _Mark(re.compile("｛[#＃][^{}｛｝\n]{1,80}[}｝]?"), "{#its-id}"),
    _Mark(re.compile("^［[ xX\u3000ｘＸ]?］\\s", re.MULTILINE), "- [x] the right one"),
    _Mark(re.compile(r"^[-*+][^\S \t\n]+\S.*", re.MULTILINE), "- item"),
    _Mark(
        re.compile(rf"^{_NUMBER}{_AFTER}[^\n]*\n{_NUMBER}(?:[．）、]|(?<=[０-９]){_AFTER})", re.MULTILINE),
        "1. item",
    ),
    _Mark(re.compile(r"^([・●])[^\n]*\n\1", re.MULTILINE), "- item"),
    _Mark(re.compile("^｜[^\n]+｜$", re.MULTILINE), "| a | b |"),
    _Mark(re.compile("^－{3,}$", re.MULTILINE), "---"),
)
_WIDE = re.compile("[！＃＊－．／：；＝［］｀｛｜｝（）、０-９ｃｘＸ・●\u00a0\u3000]")


@check(WIDE_MARK)
def marks_are_narrow(chapter: Chapter) -> Iterator[Diagnostic]:
    """An input method gives wide signs. They look like marks, but Markdown shows them as typed."""
    for passage, block in chapter.texts:
        if block.type != "inline" or block.content.isascii() or not _WIDE.search(block.content):
            continue
        text = shown_text(block)
        has_lines = any(child.type == "hardbreak" for child in block.children or ())
        finder = Finder(passage)
        for form, instead in _MARKS:
            found = next((each for each in form.finditer(text) if _WIDE.search(each[0])), None)
            if found and not (has_lines and "\n" in found[0]):  # its lines stay lines
                shown = found[0].split("\n")[0].strip()
                words = shown.replace(PLACEHOLDER, "…")
                yield WIDE_MARK.at(
                    finder.find(block, shown),
                    f"{quoted(words)} has wide signs, or an unusual space, and is shown as typed",
                    f"write {instead!r}: turn the input method off for marks",
                )
