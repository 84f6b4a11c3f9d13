"""Marks of other tools are named with what to write instead; what only looks like one is text."""

from __future__ import annotations

from pathlib import Path

import pytest

from builder.checks.foreign_marks import footnotes_are_used, footnotes_have_texts, marks_are_of_markdown
from builder.corpus.reader import read_chapter
from builder.diagnostics import Diagnostic
from builder.markdown.source import Source

MARKS = (
    *("A note^[a [b [c]]].", "A note[^one].", "[!note] Beware", "> [!note|wide] Beware", "> [!tip]Folded."),
    *("++new++", "before %%hidden%% after", "x~i+1~y", "x^2+y^2", "H~{{c1::2}}~O", "x^`n`^", "[[Page]]"),
    *(
        "[[Page|alias]]",
        "[[Page#part]]",
        ":::note\nText.\n:::",
        "!!! note\nText.",
        "Two\nlines\n: a definition",
    ),
    *(
        ":smile:",
        ":+1_ok:".replace("+1_", "thumbs_"),
        "[sound:a.mp3]",
        "{食-x|た}",
        "{漢字|か|ん|じ}",
        "食[た]べる",
        "食べる[たべる]",
        "人々[ひとびと]",
        "思い出[おもいで]",
        "汉字[hànzì]",
        "汉字[han4zi4]",
        "漢[ㄏㄢˋ]",
        "漢字[한자]",
        "｜東京《とうきょう》",
        "{é|カナ}",
        "![a|300](b.png)",
        "![a|300x200](b.png)",
        "![a](b.png){.wide}",
        "[a]{.wide}",
        "[a]{lang=jp}",
        "![a](b.png){width=3em}",
        "`a`{.python}",
        "filed under #python/web",
        "هذا و**«مهم»** جدًا",
        "ab**`x`** c",
        "هذا و~~«مهم»~~ جدًا",
        "a**(b)**c",
        "filed under #Kardiologie/Größe",
    ),
    *("%% hidden %%", "before\n%% a\nb %%", "%%", "??? note\nText.", "text[fn:1]", "[TOC]", "{{answer}}"),
    *("{{1::answer}}", "{{c1:answer}}", "{{cloze text}}", "{{embed ((a))}}", "key:: value", "front :: back"),
    *("front ::: back", "front;;back", "Question\n?\nAnswer", "Question\n??\nAnswer", "Q: one\nA: two"),
    *("text ^abc123", "- item ^block-id", "((64f1b2c3-0000-4000-8000-0123456789ab))", "[@smith2020, p. 3]"),
    *(r"\newpage", r"\textbf{bold}", r"\frac{1}{2} of it", r"from a \to b", r"\ce{H2O}", "[latex]x[/latex]"),
    *("[$]x[/$]", "$`x^2`$", "'''bold'''", "it is ''italic''", "== Heading =="),
    *("*[HTML]: Hypertext", "~struck~", "{--gone--}", "{>>why<<}", "- [-] cancelled", ":PROPERTIES:"),
    "$$\nnot closed",
    *("+---+---+\n| a | b |\n+---+---+", "• one\n• two", "a) one\nb) two", "(1) one\n(2) two", "{.class}"),
    *(
        '!!! note "Title"',
        "??? tip inline end",
        "a note #b/c #dea",
        "((kL3a-9bcD))",
        "[[2024-01-01]]",
        "好[hao3]",
    ),
    *("![a](b.png){: width=300 }", '![a](b.png){:width="300"}', "![300](b.png)", "[text]{.underline}"),
)
TEXTS = (
    *(
        "a == b and c == d",
        "a **b** c, x**y**z, 2 ** 3 ** 4, \\*\\*a\\*\\*, **kwargs, f(*a, **b, **c)",
        "هذا و«**مهم**» و<!-- -->**«مهم»** جدًا",
        "x=1, y==2",
        "C++ and D++",
        "i++ + ++j",
        "100%% of 50%%",
        "about ~5 and ~6",
        "~/.bashrc",
    ),
    *(
        "a ^ b ^ c",
        "`==code==` and `[[list]]`",
        "a[[0]]: no words",
        "issue #12 and C#",
        "12:30:45",
        "std::vector::size",
    ),
    *(
        "Note: this",
        *(
            "the colour #fff or #c0ffee",
            "std::vector and a::b",
            "he said: yes",
            r"C:\\Users\\to",
            r"\\server\\mu",
        ),
        *(
            "is it?\nYes",
            "x = '' or ''",
            "it's ''",
            "a (b) and (c)",
            "a) alone",
            "[sic] and [...]",
            "for(;;)",
        ),
        *(
            "user@host and @decorator",
            "{{ user }} and {% if %}",
            "x^2 and 10^6",
            "~5 to ~6",
            "~/bin and ~/lib",
        ),
        *(
            "$`a` and `b`$c",
            "printf %%d and %%s",
            "a == b\nc == d",
            "((a + b))",
            "f((x))",
            "Q: alone",
            "+- 3",
        ),
        "[a link](https://example.org/#part)",
        "5 < 6 ~~ 7",
        "{a|b}",
        "{食|た}べる",
        "{20歳|はたち}",
        "经济[1]、经济[12]、经济[a]、经济[GDP]、経済[注1]",
        "映画《となりのトトロ》と《源氏物語》",
        "see https://example.org/a~b~c",
    ),
    *("!!! Achtung", "??? No sé", "!!! achtung ihr da", "{a=1, b=2} is a set", "#MeToo and #Tag are words"),
    *("see (#part) and #part.", "((2020-2021)) and ((first-name))", "['','']", "[[ -f x ]]", "[[1, 2.5]]"),
    *("%%d is an escape, write %%", "[*] only here", "図[fig2]", "配列[a1]", "文献[ref1]", "章[part 1]"),
    *("!important", "key: value", "\\==escaped\\==", "**==** is equal", "a::b and c:d:e"),
)


def _found(text: str) -> list[Diagnostic]:
    source = Source(Path("01-a.md"), f"# T\n\n## Q? {{#q}}\n\n{text}\n")
    return list(marks_are_of_markdown(read_chapter(source)[0]))


@pytest.mark.parametrize("text", MARKS)
def test_a_mark_of_another_tool_is_named_with_its_place(text: str) -> None:
    (found,) = _found(text)
    assert (found.code, found.severity) == ("foreign-mark", "warning")
    assert found.location.line >= 5
    assert found.hint


@pytest.mark.parametrize("text", TEXTS)
def test_what_only_looks_like_a_mark_is_text(text: str) -> None:
    assert _found(text) == []


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Two:\na) one\nb) two", "'a) one'"),
        ("See:\nQ: one\nA: two", "'Q: one'"),
        ("So\n%% a\nb %%", "'%% a'"),
    ],
)
def test_a_mark_of_several_lines_is_named_with_its_first(text: str, quoted: str) -> None:
    (found,) = _found(text)
    assert (found.location.line, found.location.column) == (6, 1)
    assert found.message.startswith(f"{quoted} is")


def test_a_footnote_in_a_heading_is_named() -> None:
    source = Source(Path("01-a.md"), "# T\n\n## Q[^a] and^[b]? {#q}\n\nA[^a].\n\n[^a]: b\n")
    (found,) = marks_are_of_markdown(read_chapter(source)[0])
    assert (found.code, found.location.line) == ("foreign-mark", 3)


def test_a_footnote_to_which_nothing_refers_is_an_error() -> None:
    text = "# T\n\n## Q? {#q}\n\nA[^a].\n\n[^a]: b\n[^a]: c\n[^b]: d\n"
    found = list(footnotes_are_used(read_chapter(Source(Path("01-a.md"), text))[0]))
    assert [(each.code, each.location.line, each.severity) for each in found] == [
        ("unused-footnote", 8, "error"),
        ("unused-footnote", 9, "error"),
    ]


def test_an_image_that_would_be_lost_is_an_error() -> None:
    (found,) = _found("![[flow.png]]")
    assert (found.code, found.severity, found.location.line) == ("lost-embed", "error", 5)


@pytest.mark.parametrize(
    "text", ["One.[^1]\n\n[^1]:\n", "One.[^1]\n[^1]: ", "One.[^1][^2]\n\n[^1]:\n[^2]: Two.\n"]
)
def test_a_footnote_without_text_is_named_and_ends_nothing(text: str) -> None:
    chapter, found = read_chapter(Source(Path("01-a.md"), f"# T\n\n## Why? {{#why}}\n\n{text}"))
    assert not found
    (each,) = footnotes_have_texts(chapter)
    assert each.message == "the footnote '[^1]' has no text"


def test_a_backslash_is_quoted_as_it_is_written() -> None:
    (found,) = _found(r"It is \alpha.")
    assert found.message.startswith(r"'\alpha' is TeX in other tools")
