"""`cardpress new`: a corpus that builds at once, and questions put into chapters byte for byte."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import Result

from builder.authoring import new_corpus
from builder.authoring.new_corpus import CHAPTER as STARTER
from builder.authoring.new_corpus import is_sample, sample_chapter
from builder.cli import COMMANDS
from builder.corpus.kinds import KINDS
from builder.corpus.labels import LANGUAGES, NAMES, labels_of
from builder.corpus.model import Role, title_of
from builder.markdown.source import divide_comments
from tests.conftest import CASES, CHAPTER, WriteCorpus, git
from tests.printing import needs_pango
from tests.reading import check, read_corpus

Run = Callable[..., Result]
FIRST = CHAPTER.encode()


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, outside of the project."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


def test_a_new_corpus_has_a_question_of_each_kind_and_nothing_to_fix(run: Run, inside: Path) -> None:
    assert run("new", "world-history").exit_code == 0
    result = run("check", "world-history")
    assert (result.exit_code, result.stderr) == (0, "")
    corpus, _ = read_corpus(inside / "world-history")
    assert {question.kind for question in corpus.questions()} == set(KINDS)
    assert {corpus.settings.title, corpus.settings.deck} == {"World history"}


def test_it_builds_at_once_from_any_folder(run: Run, inside: Path) -> None:
    run("new", "mine")
    result = run("build", "mine", "--only", "apkg")
    assert result.exit_code == 0, result.output
    assert "mine.apkg: 7 notes, 11 cards" in result.output


@needs_pango
@pytest.mark.slow
def test_everything_of_it_can_be_printed(run: Run, inside: Path) -> None:
    run("new", "mine")
    result = run("build", "mine")
    assert result.exit_code == 0, result.output
    assert result.stderr == "", "every card fits"


def test_what_its_code_says_is_so(inside: Path, run: Run) -> None:
    run("new", "mine")
    blocks = re.findall(r"```python\n(.*?)```", (inside / "mine" / STARTER).read_text(), re.DOTALL)
    code = re.sub(r"\{\{c\d::(.*?)\}\}", r"\1", "\n".join(blocks))
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "['Dune', 'Emma'] ['Emma', 'Dune']\nc\n"


def test_two_branches_of_it_merge_their_locks(run: Run, inside: Path) -> None:
    run("new", "mine")
    git(inside, "init", "-q")
    asked = ["git", "check-attr", "merge", "mine/deck.lock"]
    assert "merge: union" in subprocess.run(asked, cwd=inside, capture_output=True, text=True).stdout


def test_it_names_the_next_commands(run: Run, inside: Path) -> None:
    lines = run("new", "mine").output.partition("Next:\n")[2].splitlines()
    assert len(lines) == 3
    assert all(len(line) <= 80 and re.match(r"  cardpress (\w+) mine( |$)", line) for line in lines)
    assert {line.split()[1] for line in lines} <= {*COMMANDS}


def test_a_title_may_have_any_character_that_can_be_printed(run: Run, inside: Path) -> None:
    title = 'A "quoted" \\ title: größer, 日本'
    assert run("new", "mine", "--title", title).exit_code == 0
    corpus, diagnostics = read_corpus(inside / "mine")
    assert diagnostics == []
    assert corpus.settings.title == title


@pytest.mark.parametrize("title", ["", "two\nlines", "a::::b"])
def test_a_title_that_cannot_be_one_is_refused(run: Run, inside: Path, title: str) -> None:
    result = run("new", "mine", "--title", title)
    assert result.exit_code == 2
    assert "--title: " in result.stderr
    assert list(inside.iterdir()) == []


@pytest.mark.parametrize(("name", "meant"), [("World History", "world-history"), ("a_b", "a-b")])
def test_a_folder_whose_name_cannot_be_an_id_is_refused(
    run: Run, inside: Path, name: str, meant: str
) -> None:
    result = run("new", name)
    assert result.exit_code == 2
    assert repr(meant) in result.stderr
    assert list(inside.iterdir()) == []


def test_nothing_is_overwritten(run: Run, inside: Path) -> None:
    run("new", "mine")
    (inside / "mine" / STARTER).write_text("mine")
    result = run("new", "mine")
    assert result.exit_code == 2
    assert "is not empty" in result.stderr
    assert (inside / "mine" / STARTER).read_text() == "mine"


def test_a_repository_that_is_empty_can_become_a_corpus(run: Run, inside: Path) -> None:
    git(inside, "init", "-q")
    (inside / ".gitattributes").write_text("*.png binary\n")
    assert run("new", ".").exit_code == 0
    assert run("check").exit_code == 0, "the folder that one is in is meant"
    assert (inside / ".gitattributes").read_text() == "*.png binary\n"


def test_a_repository_with_a_readme_and_a_licence_can_become_one_too(run: Run, inside: Path) -> None:
    git(inside, "init", "-q")
    there = {"README.md": "# Mine\n", "LICENSE": "MIT\n", "CHANGELOG.md": "# Log\n", ".gitignore": "*.pyc\n"}
    for name, text in there.items():
        (inside / name).write_text(text)
    result = run("new", ".")
    assert result.exit_code == 0, result.output
    assert ".gitignore already exists and is kept; consider adding: dist/" in result.output
    assert {name: (inside / name).read_text() for name in there} == there
    result = run("check")
    assert result.exit_code == 0
    assert "README" not in result.stderr
    assert "CHANGELOG.md:1:1: warning: 'CHANGELOG.md' is not read as a chapter [other-file]" in result.stderr
    settings = inside / "deck.toml"
    settings.write_text(settings.read_text() + 'exclude = ["CHANGELOG.md"]\n')
    assert run("check").stderr == ""
    assert run("new", ".").exit_code == 2, "there is a corpus already"


def test_a_corpus_may_be_called_question(run: Run, inside: Path) -> None:
    assert run("new", "corpus", "question").exit_code == 0
    assert (inside / "question" / "deck.toml").exists()


# --- in a language --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [*LANGUAGES, "de-AT", "pt-BR", "zh-Hant", "eo", "ka", "he", "az-Arab"])
def test_a_corpus_in_any_language_has_nothing_to_fix(run: Run, inside: Path, language: str) -> None:
    result = run("new", "mine", "--language", language)
    assert result.exit_code == 0, result.output
    checked = run("check", "mine")
    assert (checked.exit_code, checked.stderr) == (0, "")
    corpus, _ = read_corpus(inside / "mine")
    assert corpus.settings.language == language
    assert {question.kind for question in corpus.questions()} == set(KINDS)


@needs_pango
@pytest.mark.slow
@pytest.mark.parametrize("language", ["ar", "de", "ja", "he", "hi", "th"])
def test_all_that_is_made_of_it_is_made_without_a_finding(run: Run, inside: Path, language: str) -> None:
    run("new", "mine", "--language", language)
    result = run("build", "mine")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_its_chapter_is_in_that_language(run: Run, inside: Path, language: str) -> None:
    """Code, ids and comments are those of the English chapter; no line of its text is."""
    run("new", "mine", "--language", language)
    chapter, english = (inside / "mine" / STARTER).read_text(), sample_chapter()
    (comments, text), (same, before) = divide_comments(chapter), divide_comments(english)
    assert comments == same
    assert re.findall(r"\{#.*\}$", chapter, re.MULTILINE) == re.findall(r"\{#.*\}$", english, re.MULTILINE)
    kept = {line for part in text for line in part.splitlines()} & {
        line for part in before for line in part.splitlines()
    }
    code = re.compile(
        r"|```(python)?|---|titles = .*|print\(.*|items = .*|- \[[ x]\] `.*`|### `list.append` .*"
    )
    assert [line for line in kept if not code.fullmatch(line)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_sections_have_their_names_in_that_language(run: Run, inside: Path, language: str) -> None:
    run("new", "mine", "--language", language)
    corpus, _ = read_corpus(inside / "mine")
    (section,) = corpus.chapters[0].questions[0].sections
    assert section.role is Role.PITFALL
    assert section.title.source.lines[section.location.line - 1] == f"### {corpus.settings.labels.pitfall}"
    told = " ".join((inside / "mine" / STARTER).read_text().split())
    labels = labels_of(language, {})
    for role in (Role.WHY, Role.WEAK_ANSWER, Role.FOLLOW_UP, Role.READ_MORE):
        assert title_of(role, labels).removeprefix("A ").casefold() in told.casefold()


def test_a_language_without_words_has_the_english_ones_to_translate(run: Run, inside: Path) -> None:
    run("new", "mine", "--language", "eo")
    table = (inside / "mine" / "deck.toml").read_text().partition("[labels]")[2]
    assert tuple(re.findall(r"^(\w+) = ", table, re.MULTILINE)) == NAMES
    run("new", "yours", "--language", "de-CH")
    assert "[labels]" not in (inside / "yours" / "deck.toml").read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_questions_of_any_language_are_known_as_samples(language: str) -> None:
    assert is_sample(sample_chapter(language))
    assert not is_sample(sample_chapter(language) + "\n")


def test_the_font_that_its_paper_needs_is_named(
    run: Run, inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "font" not in run("new", "mine", "--language", "de").output
    monkeypatch.setattr(new_corpus, "is_drawn", lambda letter: letter.isascii())
    monkeypatch.setattr(new_corpus, "extra_for", lambda letter: "arabic" if letter == "ع" else None)
    assert "install cardpress[arabic]" in run("new", "yours", "--language", "fa").output
    assert "# outputs = " in (inside / "yours" / "deck.toml").read_text()
    assert "no print font has the letters of 'ka'" in run("new", "ours", "--language", "ka").output
    assert '\noutputs = ["apkg"]' in (inside / "ours" / "deck.toml").read_text()


@pytest.mark.parametrize("language", ["", "german", "pt_BR", "a", "de-", 'x"y'])
def test_what_is_no_language_code_is_refused(run: Run, inside: Path, language: str) -> None:
    result = run("new", "mine", "--language", language)
    assert result.exit_code == 2
    assert "is not a language code: " in result.stderr
    assert list(inside.iterdir()) == []


# --- a question -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("plain", "An answer."),
        ("reversed", "An answer."),
        ("typed", "answer"),
        ("cloze", "answer"),
        ("choice", "one"),
    ],
)
def test_a_question_of_any_kind_is_named_by_check_until_it_is_answered_where_it_was_said(
    run: Run, write_corpus: WriteCorpus, kind: str, answer: str
) -> None:
    folder = write_corpus()
    result = run("new", "question", folder / "1", "What is `three`?", "--kind", kind)
    assert result.exit_code == 0, result.output
    said = re.match(r"(.+):(\d+): write the answer of 'what-is-three' here", result.output)
    assert said
    path, place = Path(said[1]), int(said[2])
    assert f"01-first.md:{place - 2}:1: warning: " in run("check", folder).stderr

    lines = path.read_text().split("\n")
    before = {"typed": "`", "cloze": "{{c1::", "choice": "- [x] "}.get(kind, "")
    assert lines[place - 1].startswith(before)
    lines[place - 1] = before + answer + lines[place - 1][len(before) :]
    if kind == "choice":
        lines[place : place + 2] = [lines[place] + "two", lines[place + 1] + "three", "", "More."]
    path.write_text("\n".join(lines))
    corpus, diagnostics = read_corpus(folder)
    assert [*diagnostics, *check(corpus)] == []
    assert [question.id for question in corpus.questions()][-1] == "what-is-three"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].room])
@pytest.mark.parametrize("is_trimmed", [False, True])
def test_a_question_that_is_not_filled_in_keeps_no_deck_from_being_built(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, kind: str, is_trimmed: bool
) -> None:
    folder = write_corpus()
    run("new", "question", folder / "1", "What is `three`?", "--kind", kind)
    if is_trimmed:  # as editors do that take away spaces at the ends of lines
        path = folder / "01-first.md"
        path.write_text("".join(f"{line.rstrip()}\n" for line in path.read_text().splitlines()))
    assert run("check", folder).stderr.count("[no-answer]") == 1
    built = run("build", folder, "--only", "apkg", "--output", tmp_path / "out")
    assert built.exit_code == 0, built.output
    assert "demo.apkg: 3 notes" in built.output


@pytest.mark.parametrize("tags", [(), ("--tag", "own"), ("--tag", "shared own")])
def test_a_question_of_a_chapter_with_tags_has_these_too(
    run: Run, write_corpus: WriteCorpus, tags: Sequence[str]
) -> None:
    text = "---\ntags: [shared]\n---\n\n# First\n\n## What is one? {#one}\n\nOne.\n"
    folder = write_corpus({"01-first.md": text})
    result = run("new", "question", folder / "1", "What is three?", *tags)
    assert result.exit_code == 0, result.stderr


def test_a_drill_of_a_question_without_an_answer_waits_for_the_answer(
    run: Run, write_corpus: WriteCorpus
) -> None:
    folder = write_corpus()
    run("new", "question", folder / "1", "What is three?")
    result = run("new", "question", folder / "1", "What is four?", "--drill-of", "what-is-three")
    assert result.exit_code == 2
    assert "'what-is-three' has no answer yet: write it before its drills" in result.stderr


def test_a_question_in_any_script_has_an_id_of_its_words(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    for prompt, id_ in (("首都は？", "shou-dou-ha"), ("Столица?", "stolitsa"), ("首都は！", "shou-dou-ha-2")):
        result = run("new", "question", folder / "1", prompt)
        assert f"write the answer of {id_!r} here" in result.output


def test_a_question_with_an_image_has_room_for_it_and_a_first_box(
    run: Run, write_corpus: WriteCorpus
) -> None:
    folder = write_corpus({"blue.png": (CASES / "media" / "blue.png").read_bytes()})
    result = run("new", "question", folder / "1", "Which part?", "--kind", "occlusion")
    said = re.match(r"(.+):(\d+): write the answer of 'which-part' here", result.output)
    assert said
    path, place = Path(said[1]), int(said[2])
    assert (
        f"01-first.md:{place - 2}:1: warning: 'Which part?' has no answer yet" in run("check", folder).stderr
    )
    path.write_text(path.read_text().replace("![]()", "![A blue square](blue.png)"))
    assert f"01-first.md:{place + 2}:3: error: a box without a name" in run("check", folder).stderr
    path.write_text(path.read_text().replace("{{c1::", "{{c1::it"))
    corpus, diagnostics = read_corpus(folder)
    assert [*diagnostics, *check(corpus)] == []
    assert [question.cards for question in corpus.questions()][-1] == (0,)


@pytest.mark.parametrize(
    "before",
    [
        FIRST,
        FIRST.rstrip(b"\n"),
        FIRST + b"\n\n\n",
        FIRST + b"  \n",
        FIRST.replace(b"\n", b"\r\n"),
        FIRST.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
        b"\xef\xbb\xbf" + FIRST,
        b"# Only a title",
        "# Mörk\n\n## Größe? {#size}\n\nTrailing spaces   \n\ttab\u2028same line\n".encode(),
    ],
)
def test_what_a_chapter_holds_stays_byte_for_byte(run: Run, write_corpus: WriteCorpus, before: bytes) -> None:
    folder = write_corpus({"01-first.md": before})
    result = run("new", "question", folder / "01-first.md", "What is three?", "--tag", "numbers")
    assert result.exit_code == 0, result.output
    after = (folder / "01-first.md").read_bytes()
    assert after.startswith(before)
    added = after[len(before) :]
    assert added.strip() == b'## What is three? {#what-is-three tags="numbers"}'
    end = b"\r\n" if b"\r" in before else b"\n"
    assert added.replace(end, b"").count(b"\r") == added.replace(end, b"").count(b"\n") == 0
    assert re.search(rb"(\A|(\r?\n[ ]*){2,})## What is three", after)
    line = int(result.output.split(":")[-2])
    (folder / "01-first.md").write_bytes(after + b"Three." + end)
    assert (folder / "01-first.md").read_text(encoding="utf-8-sig").split("\n")[line - 1] == "Three."


def test_a_drill_comes_last_under_its_question_and_before_comments_on_the_next(
    run: Run, write_corpus: WriteCorpus
) -> None:
    proof = "<!-- invisible-code-block: python\nassert True\n-->\n"
    note = "<!-- The next one is hard. -->\n\n"
    before, after = CHAPTER.split("## What is two?")
    after = "## What is two?" + after
    folder = write_corpus({"01-first.md": before + proof + "\n" + note + after})
    result = run("new", "question", folder / "first", "Which is it?", "--drill-of", "one", "--kind", "typed")
    assert result.exit_code == 0, result.output
    drill = "### Which is it? {#which-is-it .typed}\n\n``\n\n"
    assert (folder / "01-first.md").read_text() == before + proof + "\n" + drill + note + after


def test_the_last_question_of_a_chapter_gets_its_drill_at_the_end(
    run: Run, write_corpus: WriteCorpus
) -> None:
    folder = write_corpus()
    run("new", "question", folder / "1", "Which is it?", "--drill-of", "two")
    assert (folder / "01-first.md").read_text() == CHAPTER + "\n### Which is it? {#which-is-it}\n\n"


def test_a_drill_belongs_to_the_chapter_of_its_question(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"02-second.md": "# Second\n"})
    result = run("new", "question", folder / "2", "Which is it?", "--drill-of", "two")
    assert result.exit_code == 2
    assert f"'two' is in '{folder / '01-first.md'}': name that chapter" in result.stderr


def test_an_id_is_taken_once_whether_it_is_live_retired_or_a_former_one(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    text = CHAPTER.replace("{#two .mid}", '{#two .mid was="what-is-four"}')
    folder = write_corpus({"01-first.md": text + "\n## Gone? {#gone}\n\nYes.\n"})
    (folder / "01-first.md").write_text(CHAPTER + "\n## Gone? {#gone}\n\nYes.\n")
    assert run("build", folder, "--only", "apkg", "--output", tmp_path).exit_code == 0
    (folder / "01-first.md").write_text(text)
    run("build", folder, "--only", "apkg", "--output", tmp_path)
    for prompt, id_ in (("Gone!", "gone-2"), ("One", "one-2"), ("What is four?", "what-is-four-2")):
        assert repr(id_) in run("new", "question", folder / "1", prompt).output


def test_a_prompt_without_letters_gets_the_chapters_name(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    assert "'first'" in run("new", "question", folder / "1", "→?").output
    assert "'first-2'" in run("new", "question", folder / "1", "…?").output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1", "two\nlines"), "a prompt is one line"),
        (("1", "Why?", "--tag", 'a"b'), "error: "),
        (("1", " "), "is not a prompt"),
        (("1", "Why?", "--drill-of", "half-of-two"), "is a drill itself: --drill-of two"),
        (("1", "Why?", "--drill-of", "three"), "no question has the id 'three'"),
        (("9", "Why?"), "there is no chapter '9'; the chapters are: "),
    ],
)
def test_what_cannot_be_added_is_said_and_nothing_is_written(
    run: Run,
    write_corpus: WriteCorpus,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    folder = write_corpus()
    monkeypatch.chdir(folder)
    result = run("new", "question", *arguments)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert (folder / "01-first.md").read_text() == CHAPTER


def test_a_chapter_that_ends_in_open_code_or_an_open_comment_takes_no_question(
    run: Run, write_corpus: WriteCorpus
) -> None:
    for end in ("\n```python\nx = 1\n", "\n<!-- to do\n"):
        folder = write_corpus({"01-first.md": CHAPTER + end})
        result = run("new", "question", folder / "1", "Why?")
        assert result.exit_code == 1
        assert "would become part of the text above it" in result.stderr
        assert (folder / "01-first.md").read_text() == CHAPTER + end


def test_a_chapter_is_found_by_corpus_and_number_or_words(
    run: Run, inside: Path, write_corpus: WriteCorpus
) -> None:
    run("new", "content/one")
    run("new", "content/two")
    assert "content/one/01-first-chapter.md:" in run("new", "question", "one/1", "Why?").output
    assert "content/two/01-first-chapter.md:" in run("new", "question", "content/two/01", "Why?").output
    several = run("new", "question", "first-chapter", "Why?")
    assert several.exit_code == 2
    assert "name the corpus too" in several.stderr
    unknown = run("new", "question", "three/1", "Why?")
    assert "'three' is not a corpus" in unknown.stderr


def test_edit_opens_the_editor_at_the_line(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "an editor"
    editor.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\n')
    editor.chmod(0o755)
    folder = write_corpus()
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"'{editor}' -x")
    run("new", "question", folder / "1", "Why?", "--edit")
    assert (tmp_path / "arguments").read_text() == f"-x\n+19\n{folder / '01-first.md'}\n"
    monkeypatch.delenv("EDITOR")
    result = run("new", "question", folder / "1", "Why not?", "--edit")
    assert result.exit_code == 1
    assert "set EDITOR" in result.stderr


def test_a_linked_chapter_stays_a_link_and_keeps_its_permissions(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    real = folder / "elsewhere.txt"
    (folder / "01-first.md").replace(real)
    real.chmod(0o640)
    (folder / "01-first.md").symlink_to(real)
    run("new", "question", folder / "1", "Why?")
    assert (folder / "01-first.md").is_symlink()
    assert "## Why? {#why}" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
