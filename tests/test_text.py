"""Text from outside: what a terminal would obey is escaped in every report, and what is read stays."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import sqlite3
import unicodedata
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from builder.cli import main
from builder.corpus.settings import ID
from builder.design.language import _SCRIPTS
from builder.diagnostics import BuildError, Diagnostic, Location
from builder.text import as_line, is_line, one_line, printable, printable_json, slug, sort_key
from tests.conftest import PROJECT, SETTINGS, WriteCorpus, git

Run = Callable[..., Result]
HOSTILE = "\x1b[2J\x07\r\x9b31m\u202eevil\u2066\u200b\u2028\ufeff\x7f"
"""What clears a screen, rings, turns the writing around, hides, and ends lines."""


@pytest.mark.parametrize(
    "text",
    [
        "Why is `g` not global?",
        "مى\u200cخواهم",
        "क्\u200dष",
        "👩\u200d💻 and 🏳️\u200d🌈",
        "שלום, world",
        "日本\u3000語",
        "20\xa0% is 1\u202f000",
        "naïve e\u0301",
    ],
    ids=["English", "Persian", "Hindi", "emoji", "Hebrew", "Japanese", "French spaces", "accents"],
)
def test_what_is_read_stays(text: str) -> None:
    assert printable(text) == one_line(text) == printable_json(text) == text
    assert is_line(text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\tb\r", r"a\tb\r"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200fb", r"a\u200fb"),
        ("a\u200bb", r"a\u200bb"),
        ("ad\u200dmin", r"ad\u200dmin"),
        ("\u200dé", r"\u200dé"),
        ("é\u200c\u200cé", r"é\u200c\u200cé"),
        ("a\u2028b\u2029c\x85d", r"a\u2028b\u2029c\x85d"),
        ("\ufeffa\u2060", r"\ufeffa\u2060"),
        ("\udcff\ud800", r"\udcff\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_is_obeyed_or_not_seen_is_escaped(text: str, escaped: str) -> None:
    assert printable(text) == one_line(text) == escaped
    assert is_line(text) == ("\u200f" in text), "a mark of direction belongs to a word"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("برنامه\u200cنویسی", "برنامه\u200cنویسی"),
        ("لغة C++\u200e", "لغة C++\u200e"),
        ("a\nb\u200c", "ab"),
        (f"Why?{HOSTILE}", "Why?[2J31mevil"),
    ],
)
def test_a_line_keeps_what_its_words_need(text: str, line: str) -> None:
    assert as_line(text) == line
    assert is_line(line)


def test_names_and_prompts_have_what_words_of_persian_and_french_need(
    run: Run, write_corpus: WriteCorpus
) -> None:
    tag = "کتاب\u200cها"
    names = ("برنامه\u200cنویسی", "Pourquoi\xa0?", "基礎\u3000日本", "لغة C++\u200e")
    for number, name in enumerate(names):
        settings = f'id = "demo"\ntitle = "{name}"\ndeck = "{name}"\nlanguage = "fa"\nstudy = ["{name}"]\n'
        settings += f'description = "{name}"\n[labels]\nwhy = "{name}"\n'
        chapter = f'---\ntitle: {name}\ntags: [{tag}]\n---\n\n## {name}? {{#one tags="{tag}"}}\n\nA.\n'
        files = {"deck.toml": settings, "01-first.md": chapter, f"{name[:7]}.md": "## Why? {#why}\n\nSo.\n"}
        folder = write_corpus(files, name=f"corpus-{number}")
        result = run("check", folder)
        assert (result.exit_code, "error:" in result.stderr) == (0, False), result.stderr
        result = run("new", "question", f"{folder}/01-first.md", f"{name}!")
        assert result.exit_code == 0, result.stderr
        stats = json.loads(run("stats", folder, "--format", "json").stdout)[0]
        assert stats["title"] == name
        assert name.split()[0] in stats["chapters"][0]["title"]
        assert set(stats["tags"]) == {tag}


def test_a_name_is_one_line_and_a_report_has_several() -> None:
    assert printable("a\nb") == "a\nb"
    assert one_line("a\nb") == r"a\nb"


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_is_obeyed_is_left(text: str) -> None:
    for escaped in (printable(text), one_line(text), printable_json(json.dumps(text, ensure_ascii=False))):
        _assert_harmless(escaped)
        assert printable(escaped) == escaped


@given(st.text(st.characters(exclude_categories=())))
def test_json_means_what_it_meant(text: str) -> None:
    written = json.dumps([text, {text: 1}], ensure_ascii=False, indent=1)
    assert json.loads(printable_json(written)) == json.loads(written)


def _assert_harmless(text: str) -> None:
    for place, char in enumerate(text):
        category = unicodedata.category(char)
        assert char == "\n" or category not in ("Cc", "Cs", "Zl", "Zp"), ascii(text[place - 20 : place + 20])
        assert category != "Cf" or char in "\u200c\u200d", ascii(text[place - 20 : place + 20])


def test_a_finding_is_a_line_and_its_hint() -> None:
    found = Diagnostic(Location(Path(f"a{HOSTILE}\nb")), "some-code", "c\nd", "e\nf")
    assert len(str(found).splitlines()) == 2


def test_only_one_module_prints() -> None:
    for path in (PROJECT / "builder").rglob("*.py"):
        if path.name == "terminal.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert name not in ("click.echo", "click.secho", "echo", "print", "sys.stdout.write"), path
            assert name != "sys.stderr.write", path


CHAPTER = f"""\
# Title {HOSTILE}

## What is {HOSTILE} one? {{#one .junior tags="a b"}}

The first {HOSTILE}.

## What is two? {{#{HOSTILE} .{HOSTILE} tags="{HOSTILE}" allow="{HOSTILE}" {HOSTILE}="1"}}

<b{HOSTILE}> and [a](x{HOSTILE}) and ![b](media/{HOSTILE}.png)

```{HOSTILE}
code {HOSTILE}
```

### What now {HOSTILE}?

Nothing.
"""


@pytest.fixture
def hostile(write_corpus: WriteCorpus) -> Path:
    """Write a corpus whose every text is hostile, as bytes, for no editor would write it."""
    names = (f"02-{HOSTILE}\n.md", f"lost/{HOSTILE}\n.md")
    folder = write_corpus(
        {
            "deck.toml": f'{SETTINGS}licence = """{HOSTILE}"""\n"x{json.dumps(HOSTILE)[1:-1]}" = 1\n',
            "01-first.md": CHAPTER.encode("utf-8", "surrogatepass"),
            "deck.lock": f"note {HOSTILE}\nnote {HOSTILE}:basic:one 0 1 1 1 1.1 live Deck\n".replace(
                "\r", ""
            ),
            **{name: CHAPTER.encode() for name in names},
        }
    )
    (folder / os.fsdecode(b"03-\xff.md")).write_text("# T\n\n## Q? {#q}\n")
    return folder


COMMANDS = [
    ("check",),
    *(("check", "--format", form) for form in ("json", "github", "sarif")),
    ("check", "--fix"),
    ("build", "--only", "apkg"),
    ("plan",),
    ("stats",),
    ("--verbose", "check"),
]


@pytest.mark.parametrize("colour", ["", "1"], ids=["plain", "excerpts"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_what_a_hostile_corpus_would_have_obeyed(
    run: Run, hostile: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], colour: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")  # whose escape sequences are our own
    monkeypatch.setenv("FORCE_COLOR", colour)
    result = run(*command, hostile)
    assert result.output
    assert result.exit_code == 1
    _assert_harmless(result.output)
    if "json" in command or "sarif" in command:
        assert json.loads(result.stdout)


@pytest.fixture
def valid(run: Run, write_corpus: WriteCorpus) -> Path:
    """Write a corpus without errors, whose prompts are as hostile as they can be."""
    odd = "\u202eevil\u2066\u200b\u2028\ufeff"
    return write_corpus(
        {
            "deck.toml": SETTINGS + "[rules]\nlow-contrast = 'off'\n",
            "01-first.md": f"# T{odd}\n\n## What {odd}? {{#one}}\n\nA {odd}.\n\n## Two? {{#two}}\n\nB.\n",
        }
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_plan_and_stats_of_odd_prompts_are_harmless(run: Run, valid: Path, tmp_path: Path, form: str) -> None:
    assert run("build", valid, "--only", "apkg", "--output", tmp_path / "dist").exit_code == 0
    package = _hostile_package(tmp_path / "dist" / "demo.apkg", tmp_path / f"hostile\x1b{form}.apkg")
    chapter = valid / "01-first.md"
    chapter.write_text(chapter.read_text().replace("## Two", "## Too").replace("A ", "An "))
    for command in (("plan", "--against", package), ("stats",)):
        result = run(*command, valid, "--format", form)
        _assert_harmless(result.output)
        assert "\\u202e" in result.output or result.exit_code == 1
        if form == "json" and result.exit_code == 0:
            assert json.loads(result.stdout)


def _hostile_package(path: Path, target: Path) -> Path:
    """Write what a stranger could have made of a package: every text of its notes and decks is hostile."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    database_path = path.with_suffix(".anki2")
    database_path.write_bytes(members["collection.anki2"])
    with closing(sqlite3.connect(database_path)) as database, database:
        ((decks,),) = database.execute("SELECT decks FROM col").fetchall()
        changed = {
            key: {**deck, "name": f"{deck['name']}\u202e\x1b[2J\nError: x"}
            for key, deck in json.loads(decks).items()
        }
        database.execute("UPDATE col SET decks = ?", (json.dumps(changed),))
        database.execute(
            "UPDATE notes SET tags = tags || ?, flds = replace(flds, 'Two', ?)", (" \x1b[2J ", HOSTILE)
        )
    members["collection.anki2"] = database_path.read_bytes()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def test_what_git_and_an_older_commit_say_is_harmless(run: Run, valid: Path) -> None:
    git(valid.parent, "init", "--quiet", "--template=")
    chapter = valid / "01-first.md"
    now = chapter.read_text()
    chapter.write_bytes(CHAPTER.encode())
    git(valid.parent, "add", "--all")
    git(valid.parent, "commit", "--quiet", "--message", f"Work {HOSTILE}".replace("\r", ""))
    chapter.write_text(now)
    for revision in ("HEAD", f"no{HOSTILE}"):
        result = run("plan", valid, "--against", revision)
        assert result.exit_code == 1
        _assert_harmless(result.output)


@pytest.mark.parametrize(
    "words",
    [
        (HOSTILE,),
        ("check", HOSTILE),
        ("check", f"--{HOSTILE}"),
        ("check", "--format", HOSTILE),
        ("check", "--explain", HOSTILE),
        ("build", "--only", HOSTILE),
        ("flashcards", "--offset", HOSTILE),
        ("new", HOSTILE),
        ("new", "question", HOSTILE, "Why?"),
        ("new", "question", "1", HOSTILE),
        ("plan", "--against", HOSTILE),
        ("watch", "--editor", f"{{{HOSTILE}}}"),
    ],
)
def test_what_stands_on_the_command_line_is_told_harmlessly(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code in (1, 2)
    _assert_harmless(result.output)


def test_a_new_question_s_place_is_harmless(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    odd = tmp_path / f"odd{HOSTILE}\n"
    odd.mkdir()
    folder = odd / "demo"
    shutil.copytree(write_corpus(), folder)
    result = run("new", "question", folder / "1", "Why is it so?")
    assert result.exit_code == 0
    assert "write the answer of 'why-is-it-so' here" in result.stdout
    _assert_harmless(result.output)


def test_what_a_machine_refuses_is_told_harmlessly(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise BuildError(f"the machine {HOSTILE} cannot")

    monkeypatch.setattr("builder.pipeline.compile.compile_corpus", refused)
    result = run("check", write_corpus())
    assert result.exit_code == 1
    _assert_harmless(result.output)


def test_a_suggestion_at_a_key_is_never_one_that_a_terminal_obeys(
    hostile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hostile.parent)
    for words in ("check ", "new question demo/1 Why --drill-of ", "flashcards --tag ", "new question "):
        environment = {
            "_CARDPRESS_COMPLETE": "zsh_complete",
            "COMP_WORDS": f"cardpress {words}",
            "COMP_CWORD": str(len(words.split()) + 1),
        }
        result = CliRunner(env=environment).invoke(main, [], prog_name="cardpress")
        _assert_harmless(result.output)


# --- ids ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is `g`?", "what-is-g"),
        ("Größe, naïve – don’t ½", "grosse-naive-dont-12"),
        ("Łódź, Smørrebrød", "lodz-smorrebrod"),
        ("Какая столица Франции?", "kakaya-stolitsa-frantsii"),
        ("Τι είναι η κλάση;", "ti-einai-i-klasi"),
        ("ما عاصمة فرنسا؟", "m-smh-frns"),
        ("北京大学在哪里？", "bei-jing-da-xue-zai-na"),
        ("日本の首都は？", "ri-ben-no-shou-dou-ha"),
        ("한국의 수도는?", "hangugui-sudoneun"),
        ("हिन्दी क्या है", "hindi-kya-hai"),
        ("→ 😀 …", ""),
    ],
)
def test_an_id_is_derived_from_words_in_any_script(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_an_id_without_spaces_in_its_prompt_is_not_endless() -> None:
    assert len(slug("กรุงเทพคืออะไรและอยู่ที่ไหนในประเทศไทย")) == 40
    assert slug("internationalisation" * 3) == "internationalisation" * 3


@given(st.text())
def test_whatever_it_is_derived_from_an_id_can_be_one(text: str) -> None:
    assert slug(text) == "" or ID.fullmatch(slug(text))
    assert slug(slug(text)) == slug(text)


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_words_that_have_letters_of_a_to_z_below_their_marks_have_the_ids_that_they_had(text: str) -> None:
    text = "".join(
        char
        for char in text
        if unicodedata.normalize("NFKD", char.casefold()).encode("ascii", "ignore")
        or unicodedata.category(char)[0] not in "LMN"
    )
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    before = "-".join(re.findall(r"[a-z0-9]+", plain)[:6])
    assert slug(text) == before or len(before) > 40


@pytest.mark.parametrize("letter", [letter for letter, _ in _SCRIPTS.values() if letter not in "عאܐ"])
def test_letters_of_every_script_are_written_in_latin_ones(letter: str) -> None:
    assert slug(letter)


# --- order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ordered",
    [
        ["apfel", "Äpfel", "Birne", "Öl", "Zug"],
        ["école", "Éden", "eta", "œuf", "zèle"],
        ["łódź", "Lublin", "Żagań", "zebra"],
        ["アサ", "いす", "うし", "ガス", "きり"],
        ["Εδώ", "έλα", "ζώο"],
        ["أب", "بيت", "تين"],
        ["code", "ключ", "код"],
    ],
)
def test_words_are_sorted_without_case_and_marks(ordered: list[str]) -> None:
    assert sorted([*ordered[1:], ordered[0]], key=sort_key) == ordered


@given(st.text(), st.text())
def test_no_two_texts_have_the_same_place(one: str, other: str) -> None:
    assert (sort_key(one) == sort_key(other)) == (one == other)
