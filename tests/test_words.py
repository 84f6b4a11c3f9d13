"""Plain English in docs and messages: the usual words of the field, and sentences that are read once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

LONGEST = 35
"""Maximum words of a sentence."""

WORDS: Mapping[str, str] = {
    r"mend(?:s|ed|ing)?": "fix",
    r"anew": "again",
    r"for ever": "permanent, never",
    r"without a word": "silently",
    r"by night": "in dark mode",
    r"by day": "in light mode",
    r"cards? to cut out": "flashcards",
    r"cut-out cards?": "flashcards",
    r"if it is not said": "default:",
    r"had better(?: have)?": "should",
    r"where (?:\w+ ){1,2}(?:are|is) much": "recommended maximum:",
    r"is meant to be gone": "is gone on purpose",
    r"goes on on": "continues on",
    r"takes? the meaning from": "write a literal",
    r"those who cannot see (?:it|them)": "alt text",
    r"changed meanwhile": "changed in the meantime",
    r"stands? (?:in|at|below|above|beside|behind|after|before|between|under|on)": "is",
    r"is not taken for": "is not read as",
    r"as it is meant": "as intended",
    r"what is (?:\w+ )?is named": "'check' reports",
    r"alike": "the same way, similar",
    r"made of its words": "derived from the prompt",
    r"name every": "report every",
    r"gaps? open": "every gap is a blank",
    r"published gaps": "published cloze deletions",
    r"pictures?": "image",
}
"""Words and phrases that these texts do not have, as regular expressions, and what to write instead."""


class Text(NamedTuple):
    """A text that a person reads, with its place."""

    place: str
    words: str


def _file(path: Path) -> Iterator[Text]:
    """Yield the paragraphs, list items and cells of a Markdown file, without code and comments."""
    name = str(path.relative_to(ROOT))
    text = re.sub(r"<!--.*?-->", lambda found: "\n" * found[0].count("\n"), path.read_text(), flags=re.S)
    fence = ""
    here: list[str] = []
    first = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        words = line.strip()
        mark = re.match(r"`{3,}|~{3,}", words)
        if mark and (not fence or words == fence):
            fence = "" if fence else mark[0]
            words = ""
        elif fence:
            continue
        is_row = words.startswith("|")
        if not words or is_row or re.match(r"#|[-*] |\d+\. ", words):
            if here:
                yield Text(f"{name}:{first}", " ".join(here))
            here = []
        if is_row:
            yield from (Text(f"{name}:{number}", cell.strip()) for cell in re.split(r"(?<!\\)\|", words))
        elif words:
            first = first if here else number
            here.append(re.sub(r"^(?:#+|[-*]|\d+\.) ", "", words))


def _messages(path: Path) -> Iterator[Text]:
    """Yield the texts in a module: constants and f-strings of three words, but no docstring."""
    tree = ast.parse(path.read_text())
    parts = {
        id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)
    } - {id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in docs or id(node) in parts:
            continue
        if isinstance(node, ast.JoinedStr):
            words = "".join(
                part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "X"
                for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value
        else:
            continue
        if (
            len(re.findall(r"\b[a-z]{2,}\b", words)) >= 3
            and "\n" not in words.strip()
            and not re.search(r"\w\|\w", words)
        ):
            yield Text(f"{path.relative_to(ROOT)}:{node.lineno}", words)


def _sentences(words: str) -> list[str]:
    """Return the sentences of a text; code counts as one word."""
    plain = re.sub(r"`+[^`]*`+", "X", words)
    plain = re.sub(r"\]\([^)]*\)", "]", plain)
    return re.split(r"(?<=[.?!])[\"'*)]* +", plain)


DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
MODULES = sorted((ROOT / "builder").rglob("*.py"))

EXCEPTIONS: Mapping[str, str] = {
    "**Content**": "docs/rules.md lists the codes of a group",
    "**The corpus as a whole**": "docs/rules.md lists the codes of a group",
}
"""Texts, by words in them, and the reason why they may be as they are."""


def _wrong_words(text: Text) -> Iterator[str]:
    plain = re.sub(r"`[^`]*`", "X", text.words)
    plain = re.sub(r"\]\([^)]*\)", "]", plain)
    for wrong, right in WORDS.items():
        found = re.search(rf"\b{wrong}\b", plain, re.I)
        if found and not any(known in text.words for known in EXCEPTIONS):
            yield f"{text.place}: '{found[0]}': write '{right}'"


def _too_long(text: Text) -> Iterator[str]:
    for sentence in _sentences(text.words):
        length = len(sentence.split())
        if length > LONGEST and not any(known in text.words for known in EXCEPTIONS):
            yield f"{text.place}: {length} words (maximum: {LONGEST}): divide '{sentence[:60]}…'"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_a_document_has_the_usual_words_in_short_sentences(path: Path) -> None:
    texts = list(_file(path))
    assert texts
    found = [wrong for text in texts for wrong in (*_wrong_words(text), *_too_long(text))]
    assert not found, "\n".join(found)


def test_messages_have_the_usual_words_in_short_sentences() -> None:
    texts = [text for module in MODULES for text in _messages(module)]
    assert len(texts) > 1000
    found = [wrong for text in texts for wrong in (*_wrong_words(text), *_too_long(text))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("Mend its TeX.", "p.md:1: 'Mend': write 'fix'"),
        ("A picture of `g`.", "p.md:1: 'picture': write 'image'"),
        ("An image of `a picture`.", ""),
        ("word " * 36, "p.md:1: 36 words (maximum: 35)"),
        ("word " * 20 + "end. " + "word " * 20, ""),
        ("word " * 34 + "`code of several words`", ""),
    ],
)
def test_a_word_and_a_length_are_found_with_what_to_write(words: str, wrong: str) -> None:
    text = Text("p.md:1", words)
    found = [*_wrong_words(text), *_too_long(text)]
    assert [each.startswith(wrong) for each in found] == [True] * bool(wrong)
