"""Nothing hangs: work grows hardly faster than a text, or the text is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builder.anki.fields import dump_note, join_records, pack
from builder.anki.render import render_chapter
from builder.checks.fixes import find_fixes
from builder.checks.report.excerpt import as_excerpt
from builder.checks.report.formats import as_json
from builder.checks.rules import RULE_TABLE, rulebook
from builder.checks.run import check_chapter
from builder.checks.whole import check_outline
from builder.corpus.model import Outline, Settings
from builder.corpus.reader import read_chapter
from builder.corpus.settings import read_settings
from builder.diagnostics import Diagnostic
from builder.markdown import maths
from builder.markdown.highlight import MOST_COLOURED, highlight
from builder.markdown.parser import Source
from tests.conftest import CASES
from tests.constructs import CHAPTERS, FORMULAS, SETTINGS, Construct, repeated
from tests.growing import HangError, assert_it_grows_slowly

DECK = Settings(id="cases", title="Any", deck="Any")
RULES = rulebook(DECK)
LANGUAGES = (
    *("python", "console", "pycon", "html+jinja", "html", "css", "js", "json", "toml", "yaml", "ini", "sql"),
    *("bash", "diff", "docker", "nginx", "http", "text", "xml", "rst", "markdown", "c++", "ruby", "perl"),
    *("rust", "go", "java", "ts", "php", "haskell", "make", "jinja", "pytb", "c", "kotlin", "swift"),
)
PIECES = (
    *("a ", "(", "'", '"', '"""', "{", "{{", "{%", "<", "<!--", "#", "\\", "$", "`", "@", 'f"{', "[", "x="),
    *("\n", "0", "...", ": ", "- ", "/*", "//", "=", "  ", "\t", "&", "%", "!", "~", "|", "-", "é", "漢"),
    *("_a", "1e", "0x", "'''", "r'", "$(", "${", "<<", "<<A\n", "?:", ">>> ", "... ", "$ ", "http://"),
    *("/a", "a.", "a:", 'a="', "<a ", "</", "]]>", "--", "\n    ", "def ", "class "),
)


def _work_on_chapter(text: str) -> list[Diagnostic]:
    """Do all that a build does with a chapter, but for what WeasyPrint and genanki do."""
    maths._result.cache_clear()
    source = Source(CASES / "01-any.md", text)
    chapter, found = read_chapter(source)
    found += check_chapter(chapter, RULES)
    found += check_outline(Outline(folder=CASES, settings=DECK, chapters=(chapter.outline(),)))
    find_fixes([(source, found)], [question.id for question in chapter.all_questions()], RULES)
    if not any(each.severity == "error" for each in found):
        join_records(dump_note(note, "") for note in pack(render_chapter(chapter, DECK, CASES).subdeck))
    return found


def _work_on_settings(text: str) -> list[Diagnostic]:
    return read_settings(Source(CASES / "deck.toml", text), RULE_TABLE)[1]


def _work_on_excerpts(text: str) -> None:
    source = Source(CASES / "01-any.md", text)
    chapter, found = read_chapter(source)
    found += check_chapter(chapter, RULES)
    assert found
    as_json(found, ())
    for each in found:
        as_excerpt(each, lambda path: source.lines, 80, _without_colour)


def _without_colour(text: str, *, fg: str | None = None, bold: bool | None = None) -> str:
    return text


def _named(constructs: dict[str, Construct]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("construct", constructs.values(), ids=constructs.keys())


@pytest.mark.slow
@_named({name: made for name, made in CHAPTERS.items() if not name.startswith("formulas: ")})
def test_a_chapter_of_any_construct_does_not_hang(construct: Construct) -> None:
    assert_it_grows_slowly(_work_on_chapter, construct)


@pytest.mark.slow
@_named(dict(FORMULAS))
def test_formulas_do_not_hang(construct: Construct) -> None:
    # A chapter of 8 kB may have 900 of them, and each is drawn.
    assert_it_grows_slowly(_work_on_chapter, construct, small=1_000, large=8_000)


@pytest.mark.slow
@_named(dict(SETTINGS))
def test_settings_do_not_hang(construct: Construct) -> None:
    assert_it_grows_slowly(_work_on_settings, construct)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["marks: tags", "marks: tags, in lines", "brackets: links to nowhere"])
def test_to_show_thousands_of_findings_of_one_line_does_not_hang(name: str) -> None:
    assert_it_grows_slowly(_work_on_excerpts, CHAPTERS[name], small=4_000, large=32_000)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_code_in_colour_does_not_hang(language: str) -> None:
    def work(text: str) -> None:
        for piece in PIECES:
            highlight((piece * len(text))[: len(text)], language)

    assert_it_grows_slowly(work, repeated("x", before="", after=""), small=2 * MOST_COLOURED)


def test_long_code_is_shown_whole_without_colours() -> None:
    code = "print(1)\n" * MOST_COLOURED
    assert highlight(code, "python") == code
    assert "<span" in highlight("print(1)\n", "python")


@pytest.mark.parametrize("refused", ["formulas: brackets that fit", "formulas: arrays within arrays"])
def test_a_formula_that_is_nested_too_deeply_is_refused_with_its_place(refused: str) -> None:
    text = CHAPTERS[refused](1_000)
    (found,) = [each for each in _work_on_chapter(text) if each.code == "bad-maths"]
    assert "nested too deeply" in found.message
    assert found.location.line >= 5


def test_many_attributes_at_one_heading_are_refused_with_their_place() -> None:
    (found,) = [
        each
        for each in _work_on_chapter("# T\n\n## Why" + " {#a}" * 990 + "\n\nIt is.\n")
        if each.code == "bad-attributes"
    ]
    assert found.location.line == 3


def test_each_of_many_unknown_settings_is_named_with_its_line() -> None:
    found = _work_on_settings(SETTINGS["unknown settings"](10_000))
    assert [each.location.line for each in found] == list(range(4, 4 + len(found)))
    assert len(found) > 900


@pytest.mark.parametrize(
    ("value", "said"),
    [("1" * 5000, "too many digits"), ("0x" + "f" * 50_000, "too long to be shown")],
    ids=["digits", "hexadecimal digits"],
)
def test_a_number_with_too_many_digits_is_refused(value: str, said: str) -> None:
    found = _work_on_settings(f"id = 'cases'\ndeck = 'Any'\ntitle = {value}\n")
    assert [said in each.message for each in found] == [True]
    assert found[0].location.line == 3


def _quadratic(text: str) -> int:
    return sum(text[:end].count("a") for end in range(len(text)))


def _endless(text: str) -> None:
    while text:
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "error"),
    [(_quadratic, "growth of n"), (_endless, "more than 0.5 s")],
    ids=["quadratic", "endless"],
)
def test_work_that_grows_too_fast_is_noticed(work: Callable[[str], object], error: str) -> None:
    limit = 0.5 if work is _endless else 60
    with pytest.raises(AssertionError, match=error):
        assert_it_grows_slowly(work, repeated("a"), small=4_000, large=32_000, limit=limit)


def test_work_that_grows_with_the_text_is_not() -> None:
    assert_it_grows_slowly(lambda text: sorted(text.split()), repeated("word "))
    assert issubclass(HangError, AssertionError)


def test_a_long_chapter_of_ordinary_prose_has_no_finding() -> None:
    question = "## What is § for? {#q-§}\n\nIt is for number § of them, **and** `no other`.\n\n"
    prose = "<!-- more -->\n\n" + "Some words, and others: as people write them. " * 40 + "\n\n"
    text = repeated(question + prose, before="# T\n\n")(200_000)
    assert {each.code for each in _work_on_chapter(text)} <= {"near-duplicate-prompt"}
