"""What chapters a file has, and their numbers, are known from headings alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.corpus.headings import Given, Opening, beginnings, chapter_numbers, later_chapters
from builder.corpus.reader import read_chapters
from builder.markdown.parser import plain_text
from builder.markdown.source import Source
from tests.reading import read_file

_TWO = "# A\n\n## Why? {#why}\n\nSo.\n\n# B\n\n## Who? {#who}\n\nI.\n"


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("", ["Any"]),
        ("# A\n", ["A"]),
        ("## Why? {#why}\n\nSo.\n", ["Any"]),
        (_TWO, ["A", "B"]),
        (_TWO.replace("\n", "\r\n"), ["A", "B"]),
        (_TWO.replace("\n", "\r"), ["A", "B"]),
        (_TWO + "\n# C\n\n## When? {#when}\n\nThen.\n", ["A", "B", "C"]),
        (f"---\ntitle: T\n# no heading\ntags: [x]\n---\n{_TWO}", ["A", "B"]),
        (f"---\ntitle: T\n---\n{_TWO.replace('# A', 'A', 1)}", ["B"]),
        (f"Some text.\n\n{_TWO}", ["A", "B"]),
        (f"# All\n\n{_TWO}", ["A", "B"]),
        (f"## When? {{#when}}\n\nThen.\n\n{_TWO}", ["A", "B"]),
        (_TWO.replace("# A\n", "A\n===\n", 1).replace("# B\n", "  B\n  ===\n", 1), ["A", "B"]),
        (_TWO.replace("# A\n", "#\tA #\n", 1).replace("# B\n", "   # B\n", 1), ["A", "B"]),
        (_TWO.replace("# B\n", "    # B\n", 1), ["A"]),
        (_TWO.replace("# B\n", "> # B\n", 1), ["A"]),
        (_TWO.replace("# B\n", "#B\n", 1), ["A"]),
        (_TWO.replace("# B\n", "```\n# B\n```\n", 1), ["A"]),
        (_TWO.replace("# B\n", "- ```\n  # B\n  ```\n", 1), ["A"]),
        (_TWO.replace("# B\n", "```\n# B\n", 1), ["A"]),
        (_TWO.replace("# B\n", "<!--\n# B\n-->\n", 1), ["A"]),
        (_TWO.replace("## Who? {#who}", "Nobody"), ["A"]),
        (_TWO.replace("## Who? {#who}", "### Who? {#who}"), ["A"]),
        (_TWO.replace("# B", "#"), ["A", ""]),
    ],
)
def test_a_heading_with_questions_below_it_begins_a_chapter(text: str, titles: list[str]) -> None:
    source = Source(Path("any.md"), text)
    chapters, _ = read_file(source)
    assert [plain_text(chapter.title) for chapter in chapters] == titles
    assert len(later_chapters(source)) == len(titles) - 1
    places = [line for chapter in chapters for line in range(chapter.start, chapter.end)]
    assert places == list(range(len(source.lines))), "each line is in one chapter"


def test_levels_alone_say_where_chapters_begin() -> None:
    assert beginnings([]) == []
    assert beginnings([0, 1, 2, 3, 1, 3, 1, 4, 2, 2, 1]) == [1, 6]


def test_chapters_are_read_one_by_one_and_what_is_of_the_file_is_found_once() -> None:
    source = Source(Path("01-any.md"), f"---\ntitle: [\n---\n{_TWO}")
    both = read_chapters(source, {0: 1, 1: 7})
    assert [[each.code for each in found] for _, found in both] == [["bad-front-matter"], []]
    ((second, found),) = read_chapters(source, {1: 7})
    assert (second, found) == both[1]
    assert (second.number, second.slug, second.index) == (7, "b", 1)


def _numbers(
    files: dict[str, list[Opening]], chapters: dict[str, int], questions: dict[str, str]
) -> dict[str, int]:
    """Number chapters, and return the numbers by what a reader would call them."""
    paths = {Path(name): later for name, later in files.items()}
    places = chapter_numbers(paths, lambda: Given(chapters, questions))
    return {
        place.path.name
        + (f" {files[place.path.name][place.index - 1].name}" if place.index else ""): place.number
        for place in places
    }


_B, _C = Opening("b", ("b1", "b2")), Opening("c", ("c1",))
_GIVEN = {"b1": "7.1", "b2": "7.2", "c1": "8.1a", "d1": "8.1"}


@pytest.mark.parametrize(
    ("files", "chapters", "expected"),
    [
        ({"01-a.md": [_B, _C]}, {}, {"01-a.md": 1, "01-a.md b": 2, "01-a.md c": 3}),
        (
            {"01-a.md": [_B], "05-c.md": [_C]},
            {},
            {"01-a.md": 1, "01-a.md b": 6, "05-c.md": 5, "05-c.md c": 7},
        ),
        ({"z.md": [], "a.md": [_B]}, {}, {"a.md": 1, "a.md b": 2, "z.md": 3}),
        ({"z.md": [], "a.md": [_B]}, {"z": 1}, {"a.md": 2, "a.md b": 3, "z.md": 1}),
        ({"01-a.md": [_C, _B]}, {"01-a/b": 2}, {"01-a.md": 1, "01-a.md b": 2, "01-a.md c": 3}),
        ({"02-a.md": [_B]}, {"02-a/b": 2}, {"02-a.md": 2, "02-a.md b": 3}),
        ({"a.md": [], "b.md": []}, {"a": 1, "a/b": 4}, {"a.md": 1, "b.md": 4}),
    ],
)
def test_numbers_of_files_stay_and_others_are_kept_or_follow(
    files: dict[str, list[Opening]], chapters: dict[str, int], expected: dict[str, int]
) -> None:
    assert _numbers(files, chapters, {}) == expected


def test_a_chapter_of_another_name_keeps_the_number_of_its_questions() -> None:
    known = {"01-a/old": 7, "01-a/c": 8}
    assert _numbers({"01-a.md": [_C, _B]}, known, _GIVEN) == {"01-a.md": 1, "01-a.md b": 7, "01-a.md c": 8}
    assert _numbers({"02-x.md": [_B]}, known, _GIVEN) == {"02-x.md": 2, "02-x.md b": 7}
    assert _numbers({"07-x.md": [_B]}, known, _GIVEN) == {"07-x.md": 7, "07-x.md b": 9}
    divided = [Opening("new", ("b1",)), Opening("b", ("b2",))]
    named = {"01-a/b": 7}
    assert _numbers({"01-a.md": divided}, named, _GIVEN) == {"01-a.md": 1, "01-a.md b": 7, "01-a.md new": 8}


def test_a_new_chapter_of_an_old_title_takes_no_number_from_the_retitled_one() -> None:
    known = {"01-a/old": 7, "01-a/b": 7}
    files = {"01-a.md": [Opening("old", ("new1",)), _B]}
    assert _numbers(files, known, _GIVEN) == {"01-a.md": 1, "01-a.md b": 7, "01-a.md old": 8}


def test_two_chapters_of_one_title_have_two_names_and_numbers() -> None:
    places = chapter_numbers({Path("a.md"): [_B, _B]})
    assert [(place.number, place.name) for place in places] == [(1, "a"), (2, "a/b"), (3, "a/b/2")]


def test_after_the_largest_number_free_ones_are_given() -> None:
    places = chapter_numbers({Path("999999999-a.md"): [_B], Path("2-c.md"): []})
    assert [place.number for place in places] == [999_999_999, 1, 2]
