"""Links between questions are words on cards, numbers on paper, and links in a PDF."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from builder.checks.whole import UNKNOWN_QUESTION
from builder.pipeline.compile import compile_corpus
from builder.print.layout.links import linked
from builder.runtime.cache import NO_CACHE
from tests.conftest import WriteCorpus
from tests.printing import deck_of, needs_pango
from tests.reading import packed_notes

Run = Callable[..., Result]
FIRST = """# First

## What is a view? {#view}

A function: see [*how* it is found](#routing), [how](02-second.md#routing), [again](#what-finds-a-view),
[the drill](#rule) and [the web](https://example.org/#routing).

### What is a rule? {#rule}

A pattern, for [a view](#view).
"""
SECOND = """# Second

## What finds a view? {#routing was="finding"}

[A view](#view), [found](#finding).
"""
WORDS_OF_VIEW = "A function: see how it is found (2.1), how (2.1), again (2.1), the drill (1.1a) and the web."


@pytest.fixture
def folder(write_corpus: WriteCorpus) -> Path:
    return write_corpus({"01-first.md": FIRST, "02-second.md": SECOND})


def _words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", html).split())


def test_on_a_card_such_a_link_is_its_words(folder: Path) -> None:
    answer = packed_notes(deck_of(folder))[0].fields["Answer"]
    assert _words(answer) == re.sub(r" \(\d\.\d\w?\)", "", WORDS_OF_VIEW)
    assert re.findall(r'href="([^"]*)"', answer) == ["https://example.org/#routing"]


def test_on_paper_its_number_follows(folder: Path) -> None:
    (_, view), *_ = linked(deck_of(folder)).notes()
    assert _words(view.lead[0]) == WORDS_OF_VIEW
    assert re.findall(r'href="([^"]*)"', view.lead[0]) == ["https://example.org/#routing"]


def test_where_the_output_has_anchors_it_leads_there_but_not_to_a_drill(folder: Path) -> None:
    (_, view), (_, rule), (_, routing) = linked(deck_of(folder), has_anchors=True).notes()
    assert _words(view.lead[0]) == WORDS_OF_VIEW
    targets = [re.findall(r'href="#([^"]*)"', note.lead[0]) for note in (view, rule, routing)]
    assert targets == [["routing", "routing", "routing"], ["view"], ["view", "routing"]]


def test_a_link_to_a_question_that_is_left_out_is_its_words(folder: Path) -> None:
    deck = deck_of(folder)
    (_, view), *_ = linked(replace(deck, subdecks=deck.subdecks[:1]), has_anchors=True).notes()
    assert "how it is found, how, again, the drill (1.1a)" in _words(view.lead[0])


def test_an_introduction_may_link_too(write_corpus: WriteCorpus) -> None:
    chapter = "# First\n\nBegin with [views](#view).\n\n## What is a view? {#view}\n\nA function.\n"
    folder = write_corpus({"01-first.md": chapter})
    (subdeck,) = linked(deck_of(folder), has_anchors=True).subdecks
    assert subdeck.introduction == ('<p>Begin with <a href="#view">views (1.1)</a>.</p>',)
    (folder / "01-first.md").write_text(chapter.replace("(#view)", "(#veiw)"))
    (found,) = compile_corpus(folder, NO_CACHE, is_rendered=False).diagnostics
    assert (found.code, found.location.line) == (UNKNOWN_QUESTION.name, 3)


def test_a_link_to_no_question_is_named_with_the_nearest(write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"01-first.md": FIRST, "02-second.md": SECOND.replace("(#view)", "(#veiw)")})
    (found,) = compile_corpus(folder, NO_CACHE, is_rendered=False).diagnostics
    assert (found.code, found.location.line, found.location.column) == (UNKNOWN_QUESTION.name, 5, 1)
    assert found.hint == "did you mean '#view'?"


@pytest.mark.slow
@needs_pango
def test_every_output_is_made_of_a_corpus_with_such_links(run: Run, folder: Path, tmp_path: Path) -> None:
    result = run("build", folder, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "warning" not in result.output
