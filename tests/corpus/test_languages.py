"""A question may be in another language than its corpus: cards, paper and rules know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.fields import pack
from builder.corpus.reader import read_chapter
from builder.diagnostics import Diagnostic
from builder.markdown.language_tags import wrong_tag
from builder.markdown.source import Source
from tests.conftest import WriteCorpus
from tests.printing import deck_of

Run = Callable[..., Result]

QUESTIONS = """\
# Words

## What does it mean? {#plain}

Peace.

## מה זה `a`? {#hebrew lang="he"}

דרך **אחת**.

- ראשון

### ומה זה? {#inherits}

מחשב.

### And this? {#english lang="en"}

A word.
"""


@pytest.mark.parametrize(
    "tag",
    ["ja", "en-GB", "zh-Hant-HK", "zh-yue", "es-419", "de-1996", "sl-rozaj-biske", "en-u-ca-gregory-x-a"],
)
def test_these_are_language_tags(tag: str) -> None:
    assert wrong_tag(tag) == ""


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "j",
        "japanese",
        "en_GB",
        "en-",
        "en--GB",
        "-en",
        "en GB",
        "日本",
        "x-own",
        "en-a",
        "e" * 3 + "-x" * 20,
    ],
)
def test_these_are_none(tag: str) -> None:
    assert "language code" in wrong_tag(tag)


@pytest.mark.parametrize(("tag", "meant"), [("jp", "ja"), ("cn-Hans", "zh"), ("CZ", "cs")])
def test_of_a_country_its_language_is_suggested(tag: str, meant: str) -> None:
    assert f"did you mean {meant!r}?" in wrong_tag(tag)


def _found(text: str) -> list[Diagnostic]:
    return read_chapter(Source(Path("01-a.md"), f"# T\n\n{text}"))[1]


def test_a_wrong_language_is_an_error_at_its_place() -> None:
    (found,) = _found('## Why? {#why lang="jp"}\n\nBecause.\n')
    assert (found.code, found.severity, found.location.line, found.location.column) == (
        "unknown-value",
        "error",
        3,
        15,
    )


def test_a_corpus_in_no_language_is_an_error(run: Run, write_corpus: WriteCorpus) -> None:
    settings = 'id = "demo"\ntitle = "D"\ndeck = "D"\nlanguage = "jp"\n'
    result = run("check", write_corpus({"deck.toml": settings}))
    assert result.exit_code == 1
    assert "'language' is 'jp'" in result.stderr
    assert "did you mean 'ja'?" in result.stderr


def test_a_drill_has_the_language_of_its_question_where_it_names_none() -> None:
    chapter, _ = read_chapter(Source(Path("01-a.md"), QUESTIONS))
    languages = {question.id: question.language for question in chapter.all_questions()}
    assert languages == {"plain": "", "hebrew": "he", "inherits": "he", "english": "en"}


def test_each_field_of_a_card_says_its_language_and_others_are_as_ever(write_corpus: WriteCorpus) -> None:
    (subdeck,) = deck_of(write_corpus({"01-first.md": QUESTIONS})).subdecks
    notes = {note.question: note.fields for note in pack(subdeck)}
    assert notes["plain"]["Prompt"] == "What does it mean?"
    assert notes["plain"]["Answer"] == "<p>Peace.</p>"
    assert notes["hebrew"]["Prompt"] == '<div lang="he" dir="rtl">מה זה <code>a</code>?</div>'
    assert notes["hebrew"]["Answer"] == (
        '<p lang="he" dir="rtl">דרך <strong>אחת</strong>.</p>\n'
        '<ul lang="he" dir="rtl">\n<li>ראשון</li>\n</ul>'
    )
    assert notes["hebrew"]["Details"] == ""
    assert notes["english"]["Answer"] == '<p lang="en" dir="ltr">A word.</p>'


@pytest.mark.parametrize(
    ("code", "start"),
    [
        ("سلام عليكم!", '<code dir="rtl">'),
        ("שָׁלוֹם (5).", '<code dir="rtl">'),
        ("سلام {{c1::عليكم}}!", '<code dir="rtl">'),
        (f"{'سلام ' * 20}!", '<code dir="rtl" class="long">'),
        ('"سلام" + name', "<code>"),
        ('print("سلام!")', "<code>"),
        ("a.b()", "<code>"),
        ("–5", "<code>"),
    ],
)
def test_words_in_code_have_the_direction_of_their_letters(
    write_corpus: WriteCorpus, code: str, start: str
) -> None:
    kind = ".cloze" if "{{" in code else ".typed"
    text = f"# T\n\n## Which? {{#one {kind}}}\n\n`{code}` is {{{{c1::one}}}}.\n"
    (subdeck,) = deck_of(write_corpus({"01-first.md": text})).subdecks
    (note,) = pack(subdeck)
    assert note.fields["Answer"].startswith(f"<p>{start}")


def test_rules_of_english_prompts_are_for_questions_in_english(run: Run, write_corpus: WriteCorpus) -> None:
    text = "# T\n\n## Is it? {{#one{}}}\n\nOnly so.\n"
    english = write_corpus({"01-first.md": text.format("")}, name="english")
    assert "yes-no-question" in run("check", english).stderr
    other = write_corpus({"01-first.md": text.format(' lang="nl"')}, name="other")
    assert "yes-no-question" not in run("check", other).stderr
    settings = 'id = "demo"\ntitle = "D"\ndeck = "D"\nlanguage = "nl"\n'
    dutch = write_corpus({"deck.toml": settings, "01-first.md": text.format(' lang="en"')}, name="dutch")
    assert "yes-no-question" in run("check", dutch).stderr
