"""Tags in any script: what Anki takes for one word."""

from __future__ import annotations

import pytest

from tests.conftest import WriteCorpus
from tests.reading import check, read_corpus


@pytest.mark.parametrize("tag", ["सूचियाँ", "נִקּוּד", "นี่", "قَوائم", "漢字::部首", "naïve", "c++", "کتاب\u200cها"])
def test_a_word_of_any_script_is_a_tag(write_corpus: WriteCorpus, tag: str) -> None:
    text = f'# T\n\n## Why is it so? {{#why tags="{tag}"}}\n\nBecause.\n'
    corpus, found = read_corpus(write_corpus({"01-first.md": text}))
    assert [each.code for each in (*found, *check(corpus)) if each.code == "bad-tag"] == []


@pytest.mark.parametrize("tag", ["a,b", "a:b", "\u0301", "a::", "“a”", "a\u200c", "ب\u200c"])
def test_what_has_other_signs_is_none(write_corpus: WriteCorpus, tag: str) -> None:
    text = f'# T\n\n## Why is it so? {{#why tags="{tag}"}}\n\nBecause.\n'
    corpus, _ = read_corpus(write_corpus({"01-first.md": text}))
    assert [each.code for each in check(corpus) if each.code == "bad-tag"] == ["bad-tag"]
