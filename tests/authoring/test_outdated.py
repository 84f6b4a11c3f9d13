"""Which questions to look at again when a library that they were checked against has a new version."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.authoring.outdated import Library, outdated
from builder.checks.rules import RULE_TABLE
from builder.corpus.files import read_source
from builder.corpus.settings import read_settings
from builder.corpus.versions import CheckedVersion, library_name
from builder.markdown.cloze import deletions_in_code
from builder.pipeline.compile import compile_corpus
from builder.runtime.cache import NO_CACHE
from tests.conftest import FLASK, SETTINGS, WriteCorpus

Run = Callable[..., Result]
CHAPTER = """\
# Calls

## How does asgiref call Flask? {#call}

Since asgiref 3.13 in one thread.

### What does the Flask-WTF form check? {#form}

A token.

### Which status does a missing page have? {#status}

It is 404.

## What does `import wtforms` import? {#wtforms}

WTForms.
"""
CHECKED = '\n[checked]\n01-first = "flask 3.1, asgiref 3.13, WTForms 3.2"\nstatus = "Werkzeug 3.1.9"\n'


def _found(
    corpus: Path, now: dict[str, str], *, modules: tuple[str, ...] = ()
) -> dict[tuple[str, str], tuple[bool, bool]]:
    outline = compile_corpus(corpus, NO_CACHE, is_rendered=False).outline
    libraries = {name: Library(version=version, modules=modules) for name, version in now.items()}
    found = outdated(outline, libraries, lambda path: read_source(path)[0].lines)
    return {
        (each.question.id, each.checked.library): (each.is_about_it, each.is_about_a_version)
        for each in found
    }


@pytest.mark.parametrize(
    ("checked", "now", "is_met"),
    [
        ("3.1", "3.1", True),
        ("3.1", "3.1.4", True),
        ("3", "3.9", True),
        ("3.1", "3.10", False),
        ("3.1", "3.2.0", False),
        ("3.1", "4.1", False),
        ("3.1.9", "3.1", False),
        ("3.1.9", "3.1.10", False),
        ("3.2", "3.1", False),
        ("6.0", "6.0.3.post1", True),
    ],
)
def test_a_version_is_met_by_every_version_that_begins_with_it(
    checked: str, now: str, *, is_met: bool
) -> None:
    assert CheckedVersion("flask", checked).is_met_by(now) is is_met


@pytest.mark.parametrize(
    "text", ["", "flask", "3.1", "flask 3.1,", "flask >=3.1", "flask==3.1", "fla sk 3.1"]
)
def test_what_is_no_mark_is_named_at_its_line(text: str, write_corpus: WriteCorpus, run: Run) -> None:
    folder = write_corpus({"deck.toml": f'{SETTINGS}\n[checked]\none = "flask 3.1"\n01-first = "{text}"\n'})
    result = run("check", folder)
    assert f"deck.toml:7:1: error: '01-first' is '{text}' [bad-setting]" in result.output


def test_a_mark_of_nothing_is_named(write_corpus: WriteCorpus, run: Run) -> None:
    result = run("check", write_corpus({"deck.toml": f'{SETTINGS}\n[checked]\n01-frist = "flask 3.1"\n'}))
    assert result.exit_code == 0
    assert "[checked] names '01-frist'" in result.output
    assert "did you mean '01-first'?" in result.output


def test_questions_of_a_library_that_moved_are_found_and_those_that_name_it_told_apart(
    write_corpus: WriteCorpus,
) -> None:
    folder = write_corpus({"01-first.md": CHAPTER, "deck.toml": SETTINGS + CHECKED})
    assert (
        _found(folder, {"flask": "3.1.9", "asgiref": "3.13.0", "wtforms": "3.2", "werkzeug": "3.1.9"}) == {}
    )
    assert _found(folder, {"asgiref": "3.14"}) == {
        ("call", "asgiref"): (True, True),
        ("form", "asgiref"): (False, False),
        ("status", "asgiref"): (False, False),
        ("wtforms", "asgiref"): (False, False),
    }
    flask = _found(folder, {"flask": "3.2"})
    assert [id_ for (id_, _), (is_about_it, _) in flask.items() if is_about_it] == ["call"], "not Flask-WTF"
    assert _found(folder, {"werkzeug": "3.2"}) == {("status", "werkzeug"): (True, False)}, (
        "by its own version"
    )
    assert _found(folder, {"wtforms": "3.3"}, modules=("wtforms",))["wtforms", "wtforms"] == (True, False)
    assert _found(folder, {"click": "9"}) == {}


def test_a_questions_own_mark_counts_in_place_of_its_chapters(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(
        {"01-first.md": CHAPTER, "deck.toml": f'{SETTINGS}{CHECKED}call = "asgiref 3.14"\n'}
    )
    assert ("call", "asgiref") not in _found(folder, {"asgiref": "3.14.2"})
    assert ("call", "asgiref") in _found(folder, {"asgiref": "3.15"})


def test_a_question_does_not_name_what_the_next_chapter_of_its_file_names(write_corpus: WriteCorpus) -> None:
    text = "# One\n\n## What? {#what}\n\nThis.\n\n# Two\n\n## Which? {#which}\n\nFlask 3.1.\n"
    folder = write_corpus(
        {"01-first.md": text, "deck.toml": f'{SETTINGS}\n[checked]\n01-first = "flask 3.1"\n'}
    )
    found = _found(folder, {"flask": "3.2"})
    assert found == {("what", "flask"): (False, False), ("which", "flask"): (True, True)}


def test_the_command_compares_with_what_is_given_or_installed(write_corpus: WriteCorpus, run: Run) -> None:
    settings = SETTINGS + CHECKED.replace("flask 3.1", f"flask {version('flask')}")
    folder = write_corpus({"01-first.md": CHAPTER, "deck.toml": settings})
    result = run("outdated", folder, "--version", "AsgiRef=3.14")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{folder}/01-first.md:3:1: call: checked against asgiref 3.13, now 3.14 (names a version)",
        "demo: asgiref 3.14: 1 to look at again, 1 of which name a version;"
        " 3 more of their chapters do not name it: --all lists them",
    ]
    assert len(run("outdated", folder, "--version", "asgiref=3.14", "--all").stdout.splitlines()) == 5
    (folder / "deck.toml").write_text(
        f'{SETTINGS}\n[checked]\n01-first = "pytest {version("pytest")}, no-such-library 1.0"\n'
    )
    result = run("outdated", folder)
    assert result.stdout.splitlines() == [
        "demo: no question was checked against another version",
        "demo: not installed, so not compared: no-such-library",
    ]
    (folder / "deck.toml").write_text(SETTINGS)
    assert "no versions are given" in run("outdated", folder).stdout
    assert run("outdated", folder, "--version", "flask").exit_code == 2


def test_marks_change_no_note(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    folder = write_corpus({"01-first.md": CHAPTER})
    run("build", folder, "--only", "apkg", "--output", tmp_path)
    lock = (folder / "deck.lock").read_bytes()
    package = (tmp_path / "demo.apkg").read_bytes()
    before = dict(read_package(tmp_path / "demo.apkg", "demo").notes)
    (folder / "deck.toml").write_text(SETTINGS + CHECKED)
    result = run("build", folder, "--only", "apkg", "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert (folder / "deck.lock").read_bytes() == lock
    assert dict(read_package(tmp_path / "demo.apkg", "demo").notes) == before
    assert (tmp_path / "demo.apkg").read_bytes() == package


def _imported(chapter: Path) -> Iterator[str]:
    """Yield the libraries that the blocks of a chapter import."""
    names = packages_distributions()
    blocks = re.findall(
        r"```python\n(.*?)```|<!-- invisible-code-block: python\n(.*?)-->",
        chapter.read_text(encoding="utf-8"),
        re.DOTALL,
    )
    for block in blocks:
        for node in ast.walk(ast.parse(deletions_in_code("".join(block))[0])):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules.append(node.module)
            for module in {name.partition(".")[0] for name in modules} - sys.stdlib_module_names:
                yield from map(library_name, names.get(module, ())[:1])


@pytest.mark.parametrize("chapter", sorted(FLASK.glob("[0-9]*.md")), ids=lambda chapter: chapter.stem)
def test_each_chapter_is_marked_with_the_versions_that_its_code_ran_with(chapter: Path) -> None:
    settings, found = read_settings(read_source(FLASK / "deck.toml")[0], RULE_TABLE)
    assert found == []
    checked = {each.library: each for each in dict(settings.checked).get(chapter.stem, ())}
    imported = {*_imported(chapter)} - {"cardpress"}
    wanted = ", ".join(f"{name} {'.'.join(version(name).split('.')[:2])}" for name in sorted(imported))
    assert imported <= checked.keys(), f'deck.toml, [checked]: {chapter.stem} = "{wanted}"'
    for name in imported:
        assert checked[name].is_met_by(version(name)), f"{name} moved: see cardpress outdated content/flask"
