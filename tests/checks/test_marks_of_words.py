"""Vowel signs of Hindi and Thai belong to a word, though `\\w` does not match them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.corpus.model import Outline, Settings
from builder.markdown.anchors import heading_anchor
from builder.print.selection import Selection
from tests.conftest import WriteCorpus

Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("hidden", "shown", "is_given"),
    [("बाजार", "बाजारों", False), ("बाजार", "बाजार", True), ("กลาง", "กลางู", False), ("กลาง", "กลาง", True)],
)
def test_a_word_is_given_away_by_itself_alone(
    run: Run, write_corpus: WriteCorpus, hidden: str, shown: str, is_given: bool
) -> None:
    text = f"# T\n\n## x {{#one .cloze}}\n\n{shown} x {{{{c1::{hidden}}}}}\n"
    result = run("check", write_corpus({"01-first.md": text}))
    assert ("[given-away]" in result.stderr) == is_given


@pytest.mark.parametrize("word", ["हिन्दी", "ที่นี่", "தமிழ்", "日本語", "کتاب\u200cها"])
def test_names_made_of_a_word_have_all_of_it(word: str) -> None:
    assert heading_anchor(f"{word} {word}?") == f"{word}-{word}"
    corpus = Outline(folder=Path(), settings=Settings(id="demo", title="Demo", deck="Demo"), chapters=())
    assert Selection(tags=frozenset([f"{word}::x"])).names(corpus) == f"-{word}-x"
