"""The numbers of questions, on cards and paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builder.corpus.model import Settings
from builder.corpus.reader import read_chapter
from builder.identity.numbering import number_questions
from builder.markdown.parser import Source
from tests.reading import Corpus


def _corpus(*chapters: str) -> Corpus:
    """Write a corpus of chapters like `6: a b(c d) e`: a chapter's number, its questions and their drills."""
    read = []
    for chapter in chapters:
        number, _, questions = chapter.partition(": ")
        lines, mark = ["# T"], "##"
        for word in re.findall(r"\w+|[()]", questions):
            if word in "()":
                mark = "###" if word == "(" else "##"
            else:
                lines.append(f"{mark} {word}? {{#{word}}}\n\nA.")
        read.append(read_chapter(Source(Path(f"{int(number):02}-c.md"), "\n\n".join(lines)))[0])
    return Corpus(folder=Path(), settings=Settings(id="x", title="X", deck="X"), chapters=tuple(read))


def _after(*builds: tuple[str, ...]) -> str:
    """Number a corpus build after build; return the last build's, in study order."""
    published: dict[str, str] = {}
    numbers: dict[str, str] = {}
    for chapters in builds:
        numbers = number_questions(_corpus(*chapters).outline(), published)
        published |= numbers
    return " ".join(f"{identity}={number}" for identity, number in numbers.items())


def test_a_new_corpus_is_numbered_in_order() -> None:
    assert _after(("1: a b(c d) e", "3: f")) == "a=1.1 b=1.2 c=1.2a d=1.2b e=1.3 f=3.1"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("6: a b",), ("6: a n b",), "a=6.1 n=6.3 b=6.2"),
        (("6: a b",), ("6: b a",), "b=6.2 a=6.1"),
        (("6: a(b c)",), ("6: a(n b c)",), "a=6.1 n=6.1c b=6.1a c=6.1b"),
        (("6: a b", "7: c"), ("6: a", "7: b c"), "a=6.1 b=7.2 c=7.1"),
        (("6: a b", "7: c"), ("6: a", "7: c n b"), "a=6.1 c=7.1 n=7.2 b=7.3"),
        (("6: a(b) c",), ("6: a c(b)",), "a=6.1 c=6.2 b=6.2a"),
        (("6: a b(c)",), ("8: a b(c)",), "a=8.1 b=8.2 c=8.2a"),
        (("6: a b", "7: c d"), ("6: c d", "7: a b"), "c=6.3 d=6.4 a=7.3 b=7.4"),
        (("6: a(b)",), ("6: a b",), "a=6.1 b=6.2"),
        (("6: a b",), ("6: a(b)",), "a=6.1 b=6.1a"),
        (("6: a b c", "7: d"), ("6: a b n", "7: d c m"), "a=6.1 b=6.2 n=6.4 d=7.1 c=7.2 m=7.3"),
    ],
)
def test_what_stays_keeps_its_number(old: tuple[str, ...], new: tuple[str, ...], expected: str) -> None:
    assert _after(old, new) == expected


def test_the_number_of_a_question_that_is_gone_is_not_given_again() -> None:
    assert _after(("6: a b",), ("6: a",), ("6: a n",)) == "a=6.1 n=6.3"


def test_a_question_that_comes_back_has_its_number_again() -> None:
    assert _after(("6: a b",), ("6: a",), ("6: a n b",)) == "a=6.1 n=6.3 b=6.2"


def test_two_questions_that_a_merge_gave_one_number_get_two() -> None:
    assert list(number_questions(_corpus("6: a b").outline(), {"a": "6.1", "b": "6.1"}).values()) == [
        "6.1",
        "6.2",
    ]


def test_the_twenty_seventh_drill_is_aa() -> None:
    drills = " ".join(f"d{index}" for index in range(28))
    assert _after((f"1: a({drills})",), (f"1: a({drills} n)",)).endswith("d26=1.1aa d27=1.1ab n=1.1ac")
