"""What was imported is written as a corpus that says the same."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.checks.rules import rulebook
from builder.checks.run import check_chapter
from builder.corpus.model import Question, Settings
from builder.corpus.reader import read_chapters
from builder.diagnostics import BuildError
from builder.importing.html_to_markdown import Reading, to_markdown
from builder.importing.model import ImportedChapter, ImportedQuestion, Material
from builder.importing.runs import one_line
from builder.importing.write import id_of, plan_corpus, tag_of, write_corpus
from builder.markdown.parser import Source
from builder.pipeline.compile import compile_corpus
from builder.runtime.cache import NO_CACHE


def _material(*questions: ImportedQuestion, title: str = "Basics") -> Material:
    return Material(title="My deck", chapters=(ImportedChapter(title=title, questions=questions),))


def _chapter(*questions: ImportedQuestion, title: str = "Basics") -> str:
    files = plan_corpus(_material(*questions, title=title), "mine").files
    return next(text for name, text in files.items() if name.endswith(".md"))


def _with_options(*options: str, is_ordered: bool) -> str:
    question = ImportedQuestion(
        prompt="Which?", answer="\n".join(options), kind="choice", has_ordered_options=is_ordered
    )
    return _chapter(question).partition("\n\n")[2]


def _options(right: int) -> list[str]:
    return [f"- [{'x' if place == right else ' '}] option {place}" for place in range(3)]


def test_options_stay_in_the_order_of_their_source() -> None:
    headings = set()
    for right in range(3):
        heading, _, answer = _with_options(*_options(right), is_ordered=True).partition("\n\n")
        assert answer.splitlines() == _options(right)
        headings.add((heading, right))
    ordered = '## Which? {#which .choice order="as-written"}'
    plain = "## Which? {#which .choice}"
    # One of them is where the card shows the right option anyway.
    assert sorted(heading for heading, _ in headings) == [ordered, ordered, plain]


def test_a_right_option_without_a_place_is_written_where_the_card_shows_it() -> None:
    for right in range(3):
        written = _with_options(*_options(right), is_ordered=False)
        heading, _, answer = written.partition("\n\n")
        assert heading == "## Which? {#which .choice}"
        assert sorted(answer.splitlines()) == sorted(_options(right))
        # It is there already: in whatever order it is said to be, nothing changes.
        assert _with_options(*answer.splitlines(), is_ordered=True) == written


def _read(text: str) -> list[Question]:
    return [
        question
        for chapter, _ in read_chapters(Source(Path("chapter.md"), text))
        for question in (*chapter.all_questions(), *chapter.unanswered)
    ]


def test_a_question_is_written_with_all_of_its_parts() -> None:
    text = _chapter(
        ImportedQuestion(
            prompt="What is `g`?",
            context="```python\ng.x\n```",
            answer="Data.",
            details="More.",
            sections=(("Pitfall", "None."),),
            kind="reversed",
            tags=("a::b", "two words"),
        ),
        ImportedQuestion(prompt="How long?", answer="A request.", is_drill=True, sections=(("Note", "n"),)),
    )
    assert text == (
        "# Basics\n\n"
        '## What is `g`? {#what-is-g .reversed tags="a::b two-words"}\n\n'
        "```python\ng.x\n```\n\n---\n\nData.\n\n<!-- more -->\n\nMore.\n\n### Pitfall\n\nNone.\n\n"
        "### How long? {#how-long}\n\nA request.\n\n<!-- more -->\n\n**Note**\n\nn\n"
    )


def test_the_corpus_is_checked_without_an_error(tmp_path: Path) -> None:
    material = Material(
        title='A "deck": 1',
        deck="Mine::Deck",
        language="de",
        chapters=(
            ImportedChapter(title="#1 {x}", questions=(ImportedQuestion(prompt="Was?", answer="Das."),)),
            ImportedChapter(title="#1 {x}", questions=(ImportedQuestion(prompt="Was?", answer="Dies."),)),
        ),
    )
    planned = plan_corpus(material, "mine")
    assert planned.losses == ()
    write_corpus(planned, tmp_path / "mine")
    compiled = compile_corpus(tmp_path / "mine", NO_CACHE)
    assert [each for each in compiled.diagnostics if each.severity == "error"] == []
    assert (compiled.settings.title, compiled.settings.deck, compiled.settings.language) == (
        'A "deck": 1',
        "Mine::Deck",
        "de",
    )
    assert [each.title for each in compiled.outline.chapters] == ["#1 {x}", "#1 {x}"]


def test_equal_prompts_get_ids_of_their_own_and_an_id_of_the_source_is_kept() -> None:
    same = ImportedQuestion(prompt="What is this?", answer="A.")
    given = ImportedQuestion(prompt="Other", answer="B.", id="theirs")
    assert [each.id for each in _read(_chapter(same, same, given, same, given))] == [
        "what-is-this",
        "what-is-this-2",
        "theirs",
        "what-is-this-3",
        "other",
    ]


def test_a_prompt_without_letters_gets_its_id_from_the_chapter() -> None:
    text = _chapter(ImportedQuestion(prompt="…?", answer="A."), title="Fragen")
    assert [each.id for each in _read(text)] == ["fragen"]


@pytest.mark.parametrize("prompt", ["What is {#x}", "a {b}", "{.c}", "f{", "`{#x}`", "# x", "1. x", "```"])
def test_no_prompt_becomes_attributes_or_loses_its_end(prompt: str) -> None:
    planned = plan_corpus(_material(ImportedQuestion(prompt=prompt, answer="A.")), "mine")
    assert planned.losses == ()
    (question,) = planned.questions
    assert _read(planned.files["01-basics.md"])[0].id == question.id


def test_a_question_without_words_asks_what_it_shows() -> None:
    (question,) = _read(_chapter(ImportedQuestion(prompt="", context="![a](media/a.png)", answer="A.")))
    assert question.prompt == "What is this?"


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        ("a\n\n---\n\nb", "a\n\n***\n\nb"),
        ("a\n\n- - -\n\nb", "a\n\n***\n\nb"),
        ("# Title\n\na", "#### Title\n\na"),
        ("Title\n===\n\na", "#### Title\n\n\na"),
        ("### Part {#x}\n\na", "#### Part {#x}\n\na"),
        ("a\n\n---", "a"),
        ("```\n# code\n---\n```", "```\n# code\n---\n```"),
    ],
)
def test_no_answer_is_divided_or_ended_by_its_own_lines(answer: str, written: str) -> None:
    first = ImportedQuestion(prompt="First", answer=answer)
    second = ImportedQuestion(prompt="Second", answer="B.")
    text = _chapter(first, second)
    assert f"{{#first}}\n\n{written}\n\n## Second" in text
    assert [each.prompt for each in _read(text)] == ["First", "Second"]


def test_a_question_without_an_answer_is_a_draft() -> None:
    ((chapter, _),) = read_chapters(Source(Path("a.md"), _chapter(ImportedQuestion(prompt="Why?"))))
    assert [each.id for each in chapter.unanswered] == ["why"]


def test_a_front_without_a_back_is_its_own_answer(tmp_path: Path) -> None:
    planned = plan_corpus(_material(ImportedQuestion(prompt="Look", context="- a\n- b")), "mine")
    assert [loss.kind for loss in planned.losses] == ["no answer"]
    assert planned.files["01-basics.md"].endswith("## Look {#look}\n\n- a\n- b\n")


_TEXT = st.text("ab1 .-*_`$~^=<>&[](){}:|\\#+!@%\n'\"/…", max_size=30)


@given(_TEXT, _TEXT, st.booleans())
def test_whatever_a_note_says_its_question_is_read_without_an_error(
    front: str, back: str, is_cloze: bool
) -> None:
    reading = Reading(is_cloze=is_cloze)
    prompt, answer = (to_markdown(escape(text), reading).text for text in (front, f"{back} {{{{c1::x}}}} z"))
    question = ImportedQuestion(prompt=one_line(prompt), answer=answer, kind="cloze" if is_cloze else "")
    planned = plan_corpus(_material(question), "mine")
    assert planned.losses == ()
    source = Source(Path("01-basics.md"), planned.files["01-basics.md"])
    ((chapter, found),) = read_chapters(source)
    found = [*found, *check_chapter(chapter, rulebook(Settings(id="a", title="a", deck="a")))]
    assert [str(each) for each in found if each.severity == "error"] == []


def test_a_chapter_that_is_too_long_for_a_file_is_divided_and_says_so() -> None:
    questions = [ImportedQuestion(prompt=f"Question {n}", answer="x" * 9000) for n in range(300)]
    planned = plan_corpus(_material(*questions), "mine")
    assert [name for name in planned.files if name.endswith(".md")] == [
        "01-basics.md",
        "02-basics-2.md",
        "03-basics-3.md",
    ]
    assert [loss.kind for loss in planned.losses] == ["divided chapter"]


def test_files_keep_their_names_if_the_source_has_any() -> None:
    chapters = tuple(
        ImportedChapter(title=name, file_name=name, questions=(ImportedQuestion(prompt="Q", answer="A."),))
        for name in ("Notes on C", "notes on c", "README", "a/b")
    )
    files = plan_corpus(Material(title="T", chapters=chapters), "mine").files
    assert [name for name in files if name.endswith(".md")] == [
        "Notes-on-C.md",
        "notes-on-c-2.md",
        "README-2.md",
        "a-b.md",
    ]


def test_media_are_copied(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"data")
    material = Material(title="T", media={"a.png": tmp_path / "image"})
    write_corpus(plan_corpus(material, "mine"), tmp_path / "mine")
    assert (tmp_path / "mine" / "media" / "a.png").read_bytes() == b"data"


def test_a_folder_with_files_in_it_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.md").write_text("x")
    with pytest.raises(BuildError, match="is not empty"):
        write_corpus(plan_corpus(_material(), "mine"), tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write_corpus(plan_corpus(_material(), "mine"), tmp_path / "mine")
    assert (tmp_path / "mine" / "deck.toml").exists()


def test_nothing_is_written_if_a_file_cannot_be_copied(tmp_path: Path) -> None:
    material = Material(title="T", media={"a.png": tmp_path / "none"})
    with pytest.raises(BuildError, match="cannot write"):
        write_corpus(plan_corpus(material, "mine"), tmp_path / "mine")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_is_no_id_is_refused_with_one_that_is() -> None:
    with pytest.raises(BuildError, match="as in 'my-deck'"):
        id_of(Path("My Deck"))


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("a::b", "a::b"),
        ("#x", "x"),
        ("two words", "two-words"),
        ('q"uote}', "q-uote"),
        ("::", ""),
        ("größe", "größe"),
    ],
)
def test_tags_keep_their_hierarchy(tag: str, written: str) -> None:
    assert tag_of(tag) == written
