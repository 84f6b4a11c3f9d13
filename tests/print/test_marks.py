"""Marks of other tools on paper: what WeasyPrint cannot set as it is in HTML."""

from __future__ import annotations

from time import process_time

import pytest

from builder.print.engine.html import for_paper
from builder.print.layout.contents_and_index import contents
from builder.print.layout.short import settings
from builder.print.short_answers import answers, sentence_ends, words
from tests.conftest import WriteCorpus
from tests.printing import deck_of


def _read(base: str, reading: str) -> str:
    return f'<span class="ruby"><span class="rt">{reading}</span><span class="rb">{base}</span></span>'


@pytest.mark.parametrize(
    ("html", "paper"),
    [
        ("<ruby>a<rt>b</rt></ruby>c", f"{_read('a', 'b')}c"),
        ("<ruby>a<rt>b</rt>c<rt>d</rt></ruby>", _read("a", "b") + _read("c", "d")),
        ("<ruby>a<rp>(</rp><rt>b</rt><rp>)</rp>c</ruby>", f"{_read('a', 'b')}c"),
        ("<ruby><em>a</em></ruby>", "<em>a</em>"),
    ],
)
def test_readings_are_set_above_their_characters(html: str, paper: str) -> None:
    assert for_paper(html) == paper


def test_what_ends_a_sentence_stays_with_the_last_reading() -> None:
    html = for_paper("<ruby>a<rt>b</rt></ruby>). C")
    assert html == f'<span class="glued">{_read("a", "b")}).</span> C'


@pytest.mark.parametrize("text", ["（{}）", "「{}ー", "{}っ", "《{}》。", "({})"])
def test_no_line_ends_with_a_bracket_before_a_reading_or_begins_with_what_belongs_to_it(text: str) -> None:
    html = for_paper(text.format("<ruby>a<rt>b</rt></ruby>"))
    assert html == f'<span class="glued">{text.format(_read("a", "b"))}</span>'


@pytest.mark.parametrize(("width", "style"), [("40", "40px"), ("50%", "50%")])
def test_the_width_of_an_image_is_a_style(width: str, style: str) -> None:
    html = for_paper(f'<img src="a.png" alt="b" width="{width}">')
    assert html == f'<img src="a.png" alt="b" style="width: {style}; object-fit: contain">'


def test_the_title_of_an_abbreviation_is_printed_so_its_signs_are_those_that_fonts_have() -> None:
    assert for_paper('<abbr title="☐ a">b</abbr>') == '<abbr title="□ a">b</abbr>'


def test_an_address_in_a_heading_is_no_link_within_the_contents_own(write_corpus: WriteCorpus) -> None:
    text = "# At https://a.example\n\n## What is at https://b.example/c? {#q}\n\nA page.\n"
    pieces = [piece.html for piece in contents(deck_of(write_corpus({"01-first.md": text})), {"q": 2})]
    assert "https://a.example" in pieces[1]
    assert [html.count("<a ") for html in pieces] == [0, 2], "one for each entry"


@pytest.mark.parametrize("element", ["mark", "s", "u", "sup", "kbd"])
def test_sentences_are_not_cut_within_marks(element: str) -> None:
    html = f"One <{element}>two. Three</{element}> four. <{element}>Five.</{element}> Six."
    rest = [html[end:] for end in sentence_ends(html)]
    assert rest == [f"<{element}>Five.</{element}> Six.", "Six."]


def test_a_lead_of_thousands_of_sentences_takes_no_longer_than_its_first(write_corpus: WriteCorpus) -> None:
    text = f"# T\n\n## What? {{#q}}\n\n{'It is a sentence of some words. ' * 4000}\n"
    note = deck_of(write_corpus({"01-first.md": text})).subdecks[0].notes[0]
    start = process_time()
    assert [words(html) for html in answers(note)] == [14, 21, 28, 35, 42, 49, 56]
    assert process_time() - start < 1


@pytest.mark.parametrize(
    "answer",
    [
        "It is so^[a note]. And more.\n",
        "It is so[^1]. And more.\n\n[^1]: A note.\n",
        "Long.\n\n### In one breath\n\nIt is so^[a note]. And more.\n",
    ],
)
def test_a_short_answer_has_no_footnotes_and_does_not_refer_to_any(
    write_corpus: WriteCorpus, answer: str
) -> None:
    deck = deck_of(write_corpus({"01-first.md": f"# T\n\n## Q? {{#q}}\n\n{answer}"}))
    (note,) = (note for _, note in deck.notes())
    assert answers(note)[0] == "<p>It is so. And more.</p>"


def test_a_short_text_with_marks_is_set_in_large_letters() -> None:
    html = for_paper("<p><mark>H<sub>2</sub>O</mark> is <s>not</s> <u>x<sup>2</sup></u></p>")
    assert [setting.size for setting in settings(html, ((22, 2),), 93, 57, is_back=True)][:1] == [22]


def test_a_short_answer_in_japanese_is_made_of_whole_sentences_without_spaces(
    write_corpus: WriteCorpus,
) -> None:
    sentence = "昔々あるところにおじいさんとおばあさんが住んでいました。"
    settings = 'id = "demo"\ntitle = "Demo"\ndeck = "Demo"\nlanguage = "ja"\n'
    text = f"# T\n\n## 昔？ {{#q}}\n\n{sentence * 9}\n"
    note = deck_of(write_corpus({"deck.toml": settings, "01-first.md": text})).subdecks[0].notes[0]
    assert answers(note) == [f"<p>{sentence * many}</p>" for many in (2, 3, 4)]
