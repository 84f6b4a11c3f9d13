"""Markdown of questions and answers, in the shapes that people write it in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.checks.rules import Rulebook
from builder.checks.run import check_chapter
from builder.corpus.reader import read_chapters
from builder.importing.model import ImportedQuestion, Material, PartMap, Request, SourceError
from builder.importing.questions import NAME, explains, read
from builder.importing.write import plan_corpus
from builder.markdown.source import Source


def _read(tmp_path: Path, text: str, **roles: str) -> Material:
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    parts = {name.replace("_", " "): role for name, role in roles.items()}
    maps = {NAME: PartMap(parts=parts)} if roles else {}  # type: ignore[arg-type]
    return read(path, Request(scratch=tmp_path, maps=maps))


def _questions(material: Material) -> list[ImportedQuestion]:
    return [question for chapter in material.chapters for question in chapter.questions]


def _pairs(material: Material) -> list[tuple[str, str]]:
    return [(question.prompt, question.answer) for question in _questions(material)]


def _errors(material: Material) -> list[str]:
    codes: list[str] = []
    for name, text in plan_corpus(material, "corpus").files.items():
        if name.endswith(".md"):
            for chapter, wrong in read_chapters(Source(Path(name), text)):
                found = (*wrong, *check_chapter(chapter, Rulebook()))
                codes += [each.code for each in found if each.severity == "error"]
    return codes


_TWO = [("What is `a`?", "A letter.\n\n```js\na()\n```"), ("What is b?", "The *next* one.\n\n- x\n- y")]


def _indented(text: str, blanks: int) -> str:
    return "\n".join(" " * blanks + line if line else "" for line in text.split("\n"))


_SHAPES: dict[str, Callable[[int, str, str], str]] = {
    "headings": lambda number, prompt, answer: f"## {prompt}\n\n{answer}\n\n",
    "headings with Q.": lambda number, prompt, answer: f"## Q. {prompt}\n\n{answer}\n\n---\n\n",
    "headings with numbers": lambda number, prompt, answer: f"###### {number}. {prompt}\n\n{answer}\n\n",
    "headings with Q1:": lambda number, prompt, answer: f"### Q{number}: {prompt}\n{answer}\n\n",
    "bold headings": lambda number, prompt, answer: f"### **{number}. {prompt}**\n\n{answer}\n\n",
    "items with headings": lambda number, prompt, answer: (
        f"{number}. ### {prompt}\n\n{_indented(answer, 3)}\n\n   **[⬆ Back to Top](#contents)**\n\n"
    ),
    "details": lambda number, prompt, answer: (
        f"<details>\n<summary>{prompt}</summary>\n\n{answer}\n\n</details>\n\n"
    ),
    "details on a line": lambda number, prompt, answer: (
        f"<details><summary><b>{number}. {prompt}</b></summary><br><p>\n\n{answer}\n\n</p></details>\n\n"
    ),
    "answers in details": lambda number, prompt, answer: (
        f"### {prompt}\n\n<details><summary><b>Answer</b></summary>\n<p>\n\n{answer}\n\n</p>\n</details>\n\n"
    ),
    "answers below a heading": lambda number, prompt, answer: f"### {prompt}\n\n#### Answer\n\n{answer}\n\n",
    "bold items": lambda number, prompt, answer: f"- **{prompt}**\n\n{_indented(answer, 2)}\n\n",
    "bold numbered items": lambda number, prompt, answer: (
        f"{number}. **{prompt}**\n\n{_indented(answer, 3)}\n\n"
    ),
    "bold lines": lambda number, prompt, answer: f"**{number}. {prompt}**\n\n{answer}\n\n",
    "labels": lambda number, prompt, answer: f"Q: {prompt}\n\nA: {answer}\n\n",
    "bold labels": lambda number, prompt, answer: f"**Q{number}:** {prompt}\n\n**A:** {answer}\n\n",
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_a_shape_is_found_and_its_answers_are_copied_to_the_byte(tmp_path: Path, shape: str) -> None:
    written = [_SHAPES[shape](number, *pair) for number, pair in enumerate(_TWO, 1)]
    material = _read(tmp_path, f"# Letters\n\n{''.join(written)}")
    assert _pairs(material) == _TWO
    assert material.title == "Letters"
    assert material.explained >= 0.9
    assert _errors(material) == []


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(_SHAPES)),
    st.lists(
        st.sampled_from(
            [
                "Words.",
                "Some `code`, **bold**\nand two lines.",
                "- a\n  - b\n- c",
                "1. one\n2. two",
                "```\n# no heading\n\n## none\n```",
                "> quoted\n>\n> more",
                "| a | b |\n|---|---|\n| 1 | 2 |",
                "A [link](https://example.org).",
                "#### Below\n\nwords",
            ]
        ),
        min_size=3,
        max_size=8,
    ),
)
def test_any_answers_in_any_shape_come_back(
    tmp_path_factory: pytest.TempPathFactory, shape: str, answers: list[str]
) -> None:
    # Of the labels and of headings for answers, deeper headings are parts of a document's own.
    pairs = [(f"What is number {number}?", answer) for number, answer in enumerate(answers, 1)]
    text = "# T\n\n" + "".join(_SHAPES[shape](number, *pair) for number, pair in enumerate(pairs, 1))
    if shape in ("answers below a heading", "headings with numbers", "bold lines", "labels", "bold labels"):
        pairs = [(prompt, answer) for prompt, answer in pairs if answer.startswith(("W", "S", "A"))]
        text = "# T\n\n" + "".join(_SHAPES[shape](number, *pair) for number, pair in enumerate(pairs, 1))
        if not pairs:
            return
    material = _read(tmp_path_factory.mktemp("x"), text)
    assert _pairs(material) == pairs
    assert _errors(material) == []


def test_headings_above_the_questions_are_chapters_with_their_introductions(tmp_path: Path) -> None:
    text = (
        f"# All\n\nWelcome.\n\n## One\n\nFirst.\n\n### A?\n\n{'a ' * 50}\n\n## Two\n\n### B?\n\n{'b ' * 50}\n"
    )
    material = _read(tmp_path, text)
    assert [(each.title, each.introduction) for each in material.chapters] == [
        ("One", "Welcome.\n\nFirst."),
        ("Two", ""),
    ]


def test_headings_without_a_question_below_them_are_chapters_where_all_others_ask(tmp_path: Path) -> None:
    asks = "".join(f"## Q. What is {name}?\n\n{name}\n\n" for name in "abcdefgh")
    material = _read(tmp_path, f"# All\n\n## # 1. FIRST\n\n<br/>\n\n{asks}## # 2. SECOND\n\n{asks}")
    assert [each.title for each in material.chapters] == ["FIRST", "SECOND"]
    assert len(_questions(material)) == 16


@pytest.mark.parametrize(
    "options",
    [
        "- A: `a`\n- B: `b`\n- C: `c`",
        "- A. `a`\n- B. `b`\n- C. `c`",
        "A) `a`\nB) `b`\nC) `c`",
        "(a) `a`\n(b) `b`\n(c) `c`",
        "**A.** `a`  \n**B.** `b`  \n**C.** `c`",
    ],
)
@pytest.mark.parametrize(
    "answer",
    [
        "<details><summary><b>Answer</b></summary>\n<p>\n\n#### Answer: B\n\nBecause.\n\n</p>\n</details>",
        "**Answer: B**\n\nBecause.",
        "Answer: b\n\nBecause.",
        "**Answer:** B) `b`\n\nBecause.",
        "**Answer: B) `b`**\n\nBecause.",
    ],
)
def test_options_with_letters_become_a_choice(tmp_path: Path, options: str, answer: str) -> None:
    material = _read(
        tmp_path, f"### Which?\n\n```js\nf()\n```\n\n{options}\n\n{answer}\n\n### What?\n\nThis.\n"
    )
    question = _questions(material)[0]
    assert (question.kind, question.context) == ("choice", "```js\nf()\n```")
    assert question.answer == "- [ ] `a`\n- [x] `b`\n- [ ] `c`\n\nBecause."
    assert _errors(material) == []


def test_a_list_with_one_box_ticked_is_a_choice(tmp_path: Path) -> None:
    text = "#### Q1. Which?\n\n- [ ] a\n- [x] b\n\n#### Q2. Which two?\n\n- [x] a\n- [x] b\n- [ ] c\n"
    first, second = _questions(_read(tmp_path, text))
    assert (first.kind, first.answer) == ("choice", "- [ ] a\n- [x] b")
    assert (second.kind, second.answer) == ("", "- \\[x] a\n- \\[x] b\n- \\[ ] c")


def test_code_between_options_belongs_to_the_option_above_it(tmp_path: Path) -> None:
    text = "#### Q1. Which?\n\n- [ ] A\n\n```\na()\n```\n\n- [x] B\n\n```\nb()\n```\n\n#### Q2. What?\n\nx\n"
    question = _questions(_read(tmp_path, text))[0]
    assert question.kind == "choice"
    assert question.answer == "- [ ] A\n\n  ```\n  a()\n  ```\n\n- [x] B\n\n  ```\n  b()\n  ```"


def test_boxes_below_the_options_of_a_choice_are_text(tmp_path: Path) -> None:
    text = "## Which?\n\n- [ ] a\n- [x] b\n\nBecause:\n\n- [x] c\n\n## What?\n\nx\n"
    material = _read(tmp_path, text)
    assert _questions(material)[0].answer == "- [ ] a\n- [x] b\n\nBecause:\n\n- \\[x] c"
    assert _errors(material) == []


def test_items_that_ask_are_drafts_where_nothing_else_asks(tmp_path: Path) -> None:
    text = "# CSS\n\n* What is a box?\n* How wide is it?\n  * As wide as its text.\n* Use it.\n"
    assert _pairs(_read(tmp_path, text)) == [
        ("What is a box?", ""),
        ("How wide is it?", "* As wide as its text.\n\n* Use it."),
    ]


def test_a_question_of_another_level_than_the_others_is_one_by_its_number(tmp_path: Path) -> None:
    text = "".join(f"#### Q{number}. What is {number}?\n\n{number}!\n\n" for number in range(1, 9))
    material = _read(tmp_path, f"{text}##### Q9. What is nine?\n\n9!\n")
    assert len(_questions(material)) == 9


def test_a_letter_that_no_option_has_stays_in_the_answer(tmp_path: Path) -> None:
    text = "### Which?\n\n- A: a\n- B: b\n\n#### Answer: D\n\nBecause.\n\n### What?\n\nx\n"
    question = _questions(_read(tmp_path, text))[0]
    assert (question.kind, question.context, question.answer) == (
        "",
        "- A: a\n- B: b",
        "Answer: D\n\nBecause.",
    )


def test_a_question_without_an_answer_is_a_draft(tmp_path: Path) -> None:
    material = _read(tmp_path, "## What is a?\n\n## What is b?\n\nb\n")
    assert _pairs(material) == [("What is a?", ""), ("What is b?", "b")]


def test_navigation_is_left_out_and_named_with_its_line(tmp_path: Path) -> None:
    text = (
        "# T\n\n[![build](https://img.shields.io/a.svg)](https://example.org)\n\n## Table of Contents\n\n"
        "- [What is a?](#what-is-a)\n- [What is b?](#what-is-b)\n\n## What is a?\n\na\n\n"
        '<div align="right">\n    <b><a href="#table-of-contents">↥ back to top</a></b>\n</div>\n\n'
        "## What is b?\n\nb\n\n**[⬆ Back to Top](#table-of-contents)**\n"
    )
    material = _read(tmp_path, text)
    assert _pairs(material) == [("What is a?", "a"), ("What is b?", "b")]
    assert [each.introduction for each in material.chapters] == [""]
    assert [(loss.place, loss.kind) for loss in material.losses] == [
        (f"README.md:{line}", "navigation") for line in (3, 5, 7, 14, 22)
    ]


def test_links_lead_to_questions_by_the_anchors_that_code_hosts_give_them(tmp_path: Path) -> None:
    text = (
        "## 1. What is a?\n\nSee [b](#2-what-is-b) and [none](#other).\n\n## 2. What is b?\n\n### More\n\nb\n"
    )
    material = _read(tmp_path, text)
    first, second = _questions(material)
    assert first.answer == f"See [b](#{second.id}) and none."
    assert [(loss.place, loss.kind) for loss in material.losses] == [("README.md:3", "link")]


def test_two_questions_of_the_same_words_have_ids_and_anchors_of_their_own(tmp_path: Path) -> None:
    text = "## What?\n\n[next](#what-1)\n\n## What?\n\n[first](#what)\n"
    assert [(each.id, each.answer) for each in _questions(_read(tmp_path, text))] == [
        ("what", "[next](#what-2)"),
        ("what-2", "[first](#what)"),
    ]


def test_definitions_of_links_and_footnotes_come_along_with_each_text_that_uses_them(tmp_path: Path) -> None:
    text = (
        "## A?\n\nSee [x][r] and[^1].\n\n## B?\n\nSee [r].\n\n## C?\n\nNone.\n\n"
        "[r]: https://example.org\n[^1]: Note.\n"
    )
    first, second, third = _pairs(_read(tmp_path, text))
    assert first[1] == "See [x][r] and[^1].\n\n[^1]: Note.\n\n[r]: https://example.org"
    assert second[1] == "See [r].\n\n[r]: https://example.org"
    assert third[1].startswith("None.")


def test_images_beside_the_file_are_taken_along_and_others_stay_or_are_named(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a b.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    )
    (tmp_path / "img" / "broken.png").write_text("no image")
    text = (
        "## A?\n\n![x](img/a%20b.svg) ![y](https://example.org/y.png) ![z](img/none.png)"
        " ![w](img/broken.png)\n\n"
        '## B?\n\n<p align="center">\n  <img src="./img/a b.svg" alt="x" width="300" />\n</p>\n'
    )
    material = _read(tmp_path, text)
    first, second = _pairs(material)
    assert first[1] == "![x](media/a-b.svg) ![y](https://example.org/y.png) z w"
    assert second[1] == "![x](media/a-b.svg){width=300}"
    assert [*material.media] == ["a-b.svg"]
    assert ("https://example.org/y.png", "image on the web") in [
        (loss.place, loss.kind) for loss in material.losses
    ]
    assert [(loss.place, loss.kind) for loss in material.losses if loss.kind == "missing image"] == [
        ("README.md:3", "missing image")
    ] * 2


def test_the_author_decides_which_headings_are_questions(tmp_path: Path) -> None:
    text = "# T\n\n## What is a?\n\n### One\n\na\n\n### Two\n\nb\n"
    assert [prompt for prompt, _ in _pairs(_read(tmp_path, text))] == ["What is a?"]
    material = _read(tmp_path, text, heading_2="chapter", heading_3="prompt")
    assert [prompt for prompt, _ in _pairs(material)] == ["One", "Two"]
    assert material.maps[NAME].parts == {"heading 1": "answer", "heading 2": "chapter", "heading 3": "prompt"}


def test_headings_that_ask_nothing_are_a_guess_that_the_author_has_to_confirm(tmp_path: Path) -> None:
    material = _read(tmp_path, "# Notes\n\n## Virtual DOM\n\nA tree.\n\n## Fibre\n\nA unit.\n")
    assert [prompt for prompt, _ in _pairs(material)] == ["Virtual DOM", "Fibre"]
    assert material.explained < 0.9


def test_front_matter_gives_title_tags_and_language(tmp_path: Path) -> None:
    text = "---\ntitle: Letters\ntags: [a, b/c]\nlang: de\n---\n\n## Was?\n\nDas.\n"
    material = _read(tmp_path, text)
    assert (material.title, material.language) == ("Letters", "de")
    assert _questions(material)[0].tags == ("a", "b::c")
    assert _questions(material)[0].place == "README.md:7"


def test_a_title_in_html_is_the_title_and_a_readme_without_one_has_its_folders_name(tmp_path: Path) -> None:
    text = '<div align="center">\n  <h1>All &amp; <b>more</b></h1>\n</div>\n\n## What?\n\nThis.\n'
    assert _read(tmp_path, text).title == "All & more"
    assert _read(tmp_path, "## What?\n\nThis.\n").chapters[0].title == tmp_path.name


def test_a_file_without_questions_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no questions that could be found"):
        _read(tmp_path, "Only words.\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"## a\0?\n\nb\n\n\xff\xfe", "is not text in UTF-8"),
        (b"x\n" * 3_000_000, "cannot be read"),
        (b"[a](b) " * 500_000, "too many"),
    ],
)
def test_what_no_chapter_can_be_is_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message):
        read(path, Request(scratch=tmp_path))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.md"
    path.write_bytes("## Größe?\n\nä – ö\n".encode(encoding))
    assert _pairs(read(path, Request(scratch=tmp_path))) == [("Größe?", "ä – ö")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("東京はどこ?\n\n日本.", "cp932"),
        ("Где Москва?\n\nТам.", "cp1251"),
        ("北京在哪里?\n\n中国.", "gb18030"),
    ],
)
def test_an_encoding_that_would_show_wrong_letters_is_refused(
    tmp_path: Path, text: str, encoding: str
) -> None:
    path = tmp_path / "x.md"
    path.write_bytes(f"## {text}\n".encode(encoding))
    with pytest.raises(SourceError, match="save it as UTF-8"):
        read(path, Request(scratch=tmp_path))


def test_a_quick_look_tells_markdown_from_other_files(tmp_path: Path) -> None:
    fits = {}
    for name, content in {
        "a.md": b"## What?\n\nThis.\n",
        "b.txt": b"Q: What?\nA: This.\n" * 5,
        "c.txt": b"Only words.\n",
        "d.md": b"\0\1\2",
    }.items():
        (tmp_path / name).write_bytes(content)
        fits[name] = explains(tmp_path / name)
    assert fits["a.md"] >= 0.9
    assert 0 < fits["b.txt"] < fits["a.md"]
    assert fits["c.txt"] == fits["d.md"] == explains(tmp_path) == 0
