"""The command line as its user meets it: what it prints, its exit status, and what it leaves on disk."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from builder.anki.read import read_package
from builder.cli import main
from builder.pipeline.outputs import OUTPUTS
from builder.print.engine import weasyprint
from tests.conftest import CHAPTER, PROJECT, SETTINGS, WriteCorpus
from tests.printing import needs_pango

Run = Callable[..., Result]


def png() -> bytes:
    """Return an image."""
    file = BytesIO()
    Image.new("RGB", (6, 1), "red").save(file, "PNG")
    return file.getvalue()


def _files(folder: Path) -> dict[str, bytes]:
    """Return what lies below a folder, but for what is hidden."""
    paths = [path for path in folder.rglob("[!.]*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.mark.parametrize("command", [(), ("build",), ("check",)], ids=" ".join)
def test_help_shows_an_example(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.output
    assert command == () or "Example: cardpress" in result.output


def test_python_m_builder_is_the_same_command() -> None:
    command = [sys.executable, "-m", "builder", "--version"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("cardpress, version ")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "stats", "build --only apkg"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_command_runs_without_standard_streams(
    write_corpus: WriteCorpus, tmp_path: Path, command: str, closed: str
) -> None:
    shell = f"exec '{sys.executable}' -P -m builder {command} '{write_corpus()}' {closed}"
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    result = subprocess.run(shell, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (result.returncode, "Traceback" in result.stderr) == (0, False)


def test_check_says_what_it_found_good(run: Run, write_corpus: WriteCorpus) -> None:
    result = run("check", write_corpus())
    assert result.exit_code == 0
    assert "no errors (1 chapter, 2 questions, 1 drill)" in result.output


def test_all_findings_of_all_corpora_are_shown_in_one_run_in_order(
    run: Run, write_corpus: WriteCorpus
) -> None:
    one = write_corpus({"01-first.md": "# A\n\n## B?\n\nC.\n\n## D?\n\nE.\n"})
    two = write_corpus({"deck.toml": 'id = "two"', "02-bad.md": b"# \xff"}, name="two")
    result = run("check", two, one)
    assert result.exit_code == 1
    lines = [line.split(": ")[0] for line in result.stderr.splitlines() if ": error: " in line]
    assert [line.split("/", len(one.parts) - 1)[-1] for line in lines] == [
        "demo/01-first.md:3:1",
        "demo/01-first.md:7:1",
        "two/02-bad.md:1:3",
        "two/deck.toml:1:1",
        "two/deck.toml:1:1",
    ]
    assert result.stderr.endswith("\n5 errors; cardpress check --fix fixes 2 of them\n")


@needs_pango
def test_build_says_what_it_made(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    result = run("build", write_corpus(), "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "demo.apkg: 3 notes, 3 cards, " in result.output
    assert "demo-studysheet.pdf: 1 page, " in result.output
    assert "deck.lock: 3 new, none published before; commit it" in result.output
    assert "demo: built in " in result.output
    assert result.stderr == "", "nothing but results where nobody watches"


def test_outputs_lists_what_build_makes(run: Run) -> None:
    listed = json.loads(run("outputs", "--format", "json").stdout)
    assert [each["name"] for each in listed] == list(OUTPUTS)
    lines = run("outputs").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(OUTPUTS)
    assert lines[-1].endswith("…-calibration.pdf (only with --only calibration)")


CORE = """\
# Second

## What is three? {#three .core tags="odd"}

The third.

### What is half of three? {#half-of-three .senior tags="halves"}

One and a half.

### What is twice three? {#twice-three .senior core="2"}

![six strokes](six.png)
"""


def test_outputs_tells_make_what_is_to_be_made_of_each_corpus(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, more in (("all", ""), ("deck-only", 'outputs = ["apkg"]\n'), ("$(shell touch x)", "")):
        (tmp_path / "content" / name).mkdir(parents=True)
        settings = SETTINGS.replace('"demo"', f'"{name}"') + more
        (tmp_path / "content" / name / "deck.toml").write_text(settings)
    (tmp_path / "content" / "all" / "01-first.md").write_text(CORE)
    (tmp_path / "content" / "all" / "02-second.md").write_text(
        "# B\n\n## Bet? {#bet}\n\n\u05d1.\n\n<!-- \u672c: printed nowhere -->\n"
    )
    (tmp_path / "content" / "deck-only" / "01-first.md").write_text(f"{CORE.replace(' .core', '')}\n\u0e01\n")
    monkeypatch.chdir(tmp_path)
    assert run("outputs", "--format", "make").stdout.splitlines()[1:] == [
        "PLAIN := apkg",
        "PLAIN_SUFFIXES := .apkg",
        "PARTS := core",
        "PARTS_SUFFIXES := -core.apkg",
        "PRINTED := cheatsheet studysheet handbook flashcards",
        "PRINTED_SUFFIXES := -cheatsheet.pdf -studysheet.pdf -handbook.pdf -flashcards.pdf -calibration.pdf",
        "FOLDER.all := content/all",
        "PLAIN.all := apkg",
        "PARTS.all := core",
        "PRINTED.all := cheatsheet studysheet handbook flashcards",
        "FOLDER.deck-only := content/deck-only",
        "PLAIN.deck-only := apkg",
        "PARTS.deck-only := ",
        "PRINTED.deck-only := ",
        "PACKAGE.hebrew := fontpkg-heebo",
        "SCRIPTS := hebrew",
        "CHAPTERS := content/all/01-first.md content/all/02-second.md content/deck-only/01-first.md",
        "FILES := dist/all.apkg dist/all-core.apkg dist/all-cheatsheet.pdf dist/all-studysheet.pdf"
        " dist/all-handbook.pdf dist/all-flashcards.pdf dist/deck-only.apkg",
    ]


def test_deck_toml_says_what_a_corpus_is_for(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"deck.toml": SETTINGS + 'outputs = ["apkg"]\n'})
    assert run("build", folder, "--output", tmp_path / "out").exit_code == 0
    assert list(_files(tmp_path / "out")) == ["demo.apkg"]
    (folder / "deck.toml").write_text(SETTINGS + '\noutputs = ["apkg", "pdf"]\n')
    result = run("check", folder)
    assert result.exit_code == 1
    assert "deck.toml:5:1: error: unknown output 'pdf' [bad-setting]" in result.stderr
    assert (
        "the outputs are: apkg, core, cheatsheet, studysheet, handbook, flashcards, calibration"
        in result.stderr
    )
    (folder / "deck.toml").write_text(SETTINGS + "outputs = []\n")
    assert "'outputs' is empty, so nothing would be built" in run("check", folder).stderr


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[needs_pango] * output.is_printed) for name, output in OUTPUTS.items()]
)
def test_build_only_makes_one_output(run: Run, write_corpus: WriteCorpus, tmp_path: Path, name: str) -> None:
    folder = write_corpus({"02-second.md": CORE, "six.png": png()})
    run("build", folder, "--output", tmp_path / "out", "--only", name)
    assert list(_files(tmp_path / "out")) == [f"demo{OUTPUTS[name].suffix}"]


@pytest.mark.parametrize(
    ("options", "name", "ids"),
    [
        (("--core",), "demo-core", {"three", "twice-three"}),
        (("--level", "senior"), "demo-senior", {"half-of-three", "twice-three"}),
        (("--core", "--level", "senior"), "demo-core-senior", {"twice-three"}),
        (("--chapter", "2", "--tag", "halves"), "demo-second-halves", {"half-of-three"}),
        (("--chapter", "first", "--chapter", "02", "--level", "junior"), "demo-junior-first-second", {"one"}),
    ],
)
def test_build_of_a_part_makes_a_deck_with_the_identities_of_the_whole(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, options: tuple[str, ...], name: str, ids: set[str]
) -> None:
    folder, out = write_corpus({"02-second.md": CORE, "six.png": png()}), tmp_path / "out"
    result = run("build", folder, "--output", out, *options)
    assert result.exit_code == 0, result.output
    assert list(_files(out)) == [f"{name}.apkg"]
    lock = (folder / "deck.lock").read_bytes()
    part = read_package(out / f"{name}.apkg", "demo")
    assert {note.fields["ID"] for note in part.notes.values()} == ids

    run("build", folder, "--output", out, "--only", "apkg")
    assert (folder / "deck.lock").read_bytes() == lock, "the lock had all already"
    whole = read_package(out / "demo.apkg", "demo")
    assert {guid: whole.notes[guid] for guid in part.notes} == part.notes
    assert {guid: whole.lock.notes[guid] for guid in part.notes} == part.lock.notes
    with zipfile.ZipFile(out / f"{name}.apkg") as package:
        assert ('"six-' in package.read("media").decode()) == ("twice-three" in ids), "no picture for nothing"


def test_a_part_makes_nothing_gone(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"02-second.md": CORE, "six.png": png()})
    run("build", folder, "--output", tmp_path, "--only", "apkg")
    result = run("build", folder, "--output", tmp_path, "--core", "--locked")
    assert result.exit_code == 0, result.output
    assert "deck.lock" not in result.output
    assert "cardpress" not in run("check", folder).stderr


def test_all_outputs_are_made_where_there_is_no_core_and_its_deck_is_missed_where_it_is_named(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder, out = write_corpus(), tmp_path / "out"
    assert run("build", folder, "--output", out, "--only", "apkg", "--only", "core").exit_code == 0
    assert list(_files(out)) == ["demo.apkg"]
    for options in (("--core",), ("--only", "core")):
        result = run("build", folder, "--output", out, *options)
        assert result.exit_code == 1
        assert "no question of 'demo' is in the core: mark one, {#its-id .core}" in result.stderr
    result = run("build", folder, "--output", out, "--level", "senior")
    assert "no question of 'demo' is selected" in result.stderr
    assert list(_files(out)) == ["demo.apkg"]


def test_a_part_is_of_a_deck_only(run: Run, write_corpus: WriteCorpus) -> None:
    result = run("build", write_corpus(), "--core", "--only", "studysheet")
    assert result.exit_code == 2
    assert "do not give another output with --only" in result.stderr


def test_two_corpora_never_write_one_file(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    one = write_corpus({"02-second.md": CORE, "six.png": png()})
    files = {
        "deck.toml": SETTINGS.replace('"demo"', '"demo-core"'),
        "01-first.md": "# A\n\n## What is it? {#it}\n\nThis.\n",
    }
    two = write_corpus(files, name="demo-core")
    result = run("build", one, two, "--output", tmp_path / "out", "--only", "apkg", "--only", "core")
    assert result.exit_code == 1
    assert "demo-core.apkg' would be written twice" in result.stderr
    assert not _files(tmp_path / "out")


def test_an_error_leaves_every_output_and_the_lock_as_they_were(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    folder = write_corpus()
    run("build", folder, "--output", tmp_path / "out", "--only", "apkg")
    before = _files(tmp_path / "out"), (folder / "deck.lock").read_bytes()
    (folder / "01-first.md").write_text(CHAPTER + "\n## No id?\n\nNone.\n")
    result = run("build", folder, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert (_files(tmp_path / "out"), (folder / "deck.lock").read_bytes()) == before


@needs_pango
def test_an_output_that_fails_leaves_all_others_as_they_were(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from builder.print import studysheet

    folder = write_corpus()
    run("build", folder, "--output", tmp_path / "out", "--only", "apkg")
    before = _files(tmp_path / "out"), (folder / "deck.lock").read_bytes()
    (folder / "01-first.md").write_text(CHAPTER.replace("The second", "The 2nd"))

    def disk_full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(studysheet, "write", disk_full)
    result = run("build", folder, "--output", tmp_path / "out", "--only", "apkg", "--only", "studysheet")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert (_files(tmp_path / "out"), (folder / "deck.lock").read_bytes()) == before


def test_an_error_in_one_corpus_does_not_keep_another_from_being_built(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    good = write_corpus()
    bad = write_corpus({"01-first.md": CHAPTER + "\n## No id?\n\nAn answer.\n"}, name="other")
    (bad / "deck.toml").write_text(SETTINGS.replace('"demo"', '"other"'))
    result = run("build", good, bad, "--output", tmp_path / "out", "--only", "apkg")
    assert result.exit_code == 1
    assert list(_files(tmp_path / "out")) == ["demo.apkg"]
    assert "no other.apkg: fix its errors first" in result.stderr


def test_without_pango_the_deck_is_made_and_one_sentence_says_what_to_do(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def no_library() -> None:
        raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setattr(weasyprint, "_weasyprint", no_library)
    result = run("build", write_corpus(), "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert list(_files(tmp_path / "out")) == ["demo.apkg"]
    assert len(result.stderr.splitlines()) == 1
    assert "apt-get install libpango" in result.stderr


def test_a_damaged_lock_stops_the_build(run: Run, write_corpus: WriteCorpus, tmp_path: Path) -> None:
    folder = write_corpus({"deck.lock": "note demo:basic:one 0f\n"})
    result = run("build", folder, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "deck.lock:1:1: error: " in result.stderr
    assert (folder / "deck.lock").read_text() == "note demo:basic:one 0f\n"


def test_of_a_file_its_corpus_is_checked_and_what_is_wrong_with_it_is_told(
    run: Run, write_corpus: WriteCorpus
) -> None:
    folder = write_corpus({"02-bad.md": "# Bad\n\n## No id?\n\nSo.\n", "README.md": "# Read me\n"})
    result = run("check", folder / "01-first.md")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "01-first.md, of the corpus 'demo': no errors (2 questions, 1 drill)" in result.stdout
    result = run("check", folder / "02-bad.md", "--format", "json")
    assert result.exit_code == 1
    assert [found["code"] for found in json.loads(result.stdout)["findings"]] == ["missing-id"]
    assert "README.md is not a chapter of the corpus 'demo'" in run("check", folder / "README.md").stdout
    assert run("check", folder).exit_code == 1
    assert "fixed: " in run("check", folder / "02-bad.md", "--fix").stderr


def test_a_file_in_no_corpus_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "01-first.md").write_text("# T\n")
    result = run("check", tmp_path / "01-first.md")
    assert result.exit_code == 2
    assert "is not in a corpus" in result.stderr


def test_of_a_file_its_chapter_is_counted(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"02-more.md": "# More\n\n## Why? {#why}\n\nSo.\n"})
    (counted,) = json.loads(run("stats", folder / "02-more.md", "--format", "json").stdout)
    assert counted["total"]["questions"] == 1
    (counted,) = json.loads(run("stats", folder, "--format", "json").stdout)
    assert counted["total"]["questions"] == 3


@pytest.mark.parametrize("below", ["media", "media/deep"])
def test_the_corpus_is_found_from_a_folder_in_it(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    folder = write_corpus()
    (folder / below).mkdir(parents=True)
    assert run("check", folder / below).exit_code == 0
    monkeypatch.chdir(folder / below)
    result = run("build", "--only", "apkg")
    assert result.exit_code == 0, result.output
    assert (folder / "dist" / "demo.apkg").exists()
    assert list((folder / below).iterdir()) == []


def test_the_corpora_of_a_project_are_found_by_its_folder(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    assert "no errors" in run("check", folder.parent).stdout


def test_another_repository_is_not_looked_into(
    run: Run, write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus()
    (folder / "other" / ".git").mkdir(parents=True)
    monkeypatch.chdir(folder / "other")
    assert run("check").exit_code == 2


def test_two_corpora_of_one_id_are_refused(run: Run, write_corpus: WriteCorpus) -> None:
    result = run("check", write_corpus(), write_corpus({"deck.toml": SETTINGS}, name="other"))
    assert result.exit_code == 1
    assert "[duplicate-corpus-id]" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("build", "--only", "docx"), ("check", "no-such-folder"), ("bild",)], ids=" ".join
)
def test_a_wrong_command_line_is_status_2(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_command_that_is_misspelt_is_answered_with_the_one_that_is_meant(run: Run) -> None:
    assert "No such command 'bild'. Did you mean 'build'?" in run("bild").stderr


def test_where_there_is_no_corpus_the_command_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("build")
    assert result.exit_code == 2
    assert "content/*/deck.toml" in result.stderr


def test_a_clock_that_is_no_number_is_named(write_corpus: WriteCorpus) -> None:
    result = CliRunner(env={"SOURCE_DATE_EPOCH": "yesterday"}).invoke(main, ["build", str(write_corpus())])
    assert result.exit_code == 1
    assert "SOURCE_DATE_EPOCH is 'yesterday'" in result.stderr


def test_an_output_folder_that_cannot_be_written_is_named(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file, not a folder")
    result = run("build", write_corpus(), "--output", tmp_path / "out" / "deeper", "--only", "apkg")
    assert result.exit_code == 1
    assert "cannot write" in result.stderr


@needs_pango
@pytest.mark.slow
def test_on_a_terminal_progress_is_shown(write_corpus: WriteCorpus, tmp_path: Path) -> None:
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "builder", "studysheet", str(write_corpus()), "--output", str(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=child, check=True)
    os.close(child)
    shown = os.read(parent, 100_000).decode()
    os.close(parent)
    assert "demo: rendering" in shown
    assert "1/1" in shown
    assert "demo: setting studysheet" in shown
    assert b"rendering" not in result.stdout
