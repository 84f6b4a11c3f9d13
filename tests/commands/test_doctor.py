"""`cardpress doctor`: ten lines about a machine, for a bug report."""

from __future__ import annotations

import platform
import re
import tomllib
from collections.abc import Callable
from importlib import import_module, metadata
from pathlib import Path

import pytest
from click.testing import Result

from builder import __version__, environment
from builder.design.fonts import SCRIPTS
from builder.print.engine import weasyprint
from builder.runtime.cache import Cache
from tests.conftest import PROJECT, WriteCorpus

Run = Callable[..., Result]
LABELS = ["cardpress", "system", "Markdown", "decks", "PDFs", "fonts", "extras", "git", "cache", "missing"]
PDFS = "cheatsheet, studysheet, handbook, flashcards"


def _lines(result: Result) -> dict[str, str]:
    return {label: text.strip() for label, _, text in (line.partition(" ") for line in _printed(result))}


def _printed(result: Result) -> list[str]:
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    return lines


@pytest.fixture(autouse=True)
def _all_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have a folder of one's own, and PDFs whether or not this machine has Pango."""
    monkeypatch.setattr(weasyprint, "unavailable", lambda: "")
    monkeypatch.chdir(tmp_path)


def test_ten_lines_say_what_a_bug_report_needs(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    assert [line.split()[0] for line in _printed(result)] == LABELS
    lines = _lines(result)
    assert lines["cardpress"].startswith(f"{__version__} on Python {platform.python_version()} ")
    for label, names in {
        "Markdown": ("markdown-it-py", "mdit-py-plugins", "Pygments"),
        "decks": ("genanki", "Pillow", "PyYAML", "ziamath"),
        "PDFs": ("WeasyPrint", "pydyf", "Pango"),
        "fonts": ("inter", "jetbrains-mono", "uharfbuzz"),
    }.items():
        for name in names:
            assert re.search(rf"\b{name} (\d|of unknown version)", lines[label])
    assert re.match(r"\d+\.\d+", lines["git"])
    assert lines["missing"] == "nothing: every output can be made"
    assert result.stderr == ""


def test_nothing_is_written_where_it_runs(run: Run, tmp_path: Path) -> None:
    run("doctor")
    assert list(tmp_path.iterdir()) == []


def test_without_pango_it_names_the_outputs_and_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weasyprint, "unavailable", lambda: "PDFs need Pango, which is not installed (do)")
    result = run("doctor")
    assert result.exit_code == 1
    assert _lines(result)["missing"] == f"Pango: cannot make {PDFS}"
    assert result.stderr == f"Error: cannot make {PDFS}: PDFs need Pango, which is not installed (do)\n"


@pytest.mark.parametrize("name", ["genanki", "fontpkg-inter", "weasyprint"])
def test_a_library_that_is_missing_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def version(asked: str) -> str:
        if asked.lower() == name:
            raise metadata.PackageNotFoundError
        return metadata.version(asked)

    monkeypatch.setattr("builder.environment.version", version)
    result = run("doctor")
    assert result.exit_code == 1
    assert f"{name.removeprefix('fontpkg-')} missing" in result.stdout.lower()
    assert _lines(result)["missing"].lower() == f"{name}: nothing can be made"
    assert "install cardpress again" in result.stderr


def test_a_library_that_does_not_load_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def import_one(name: str) -> object:
        if name == "PIL":
            raise OSError("wrong ELF class")
        return import_module(name)

    monkeypatch.setattr("builder.environment.import_module", import_one)
    result = run("doctor")
    assert result.exit_code == 1
    assert _lines(result)["missing"] == "Pillow: nothing can be made"


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ((), "none"),
        (("fontpkg_heebo", "fontpkg_noto_sans_thai"), "hebrew, thai"),
        (("lxml",), "none"),
        (("lxml", "mdformat"), "import"),
        (None, "all"),
    ],
)
def test_the_extras_that_are_installed_are_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...] | None, told: str
) -> None:
    extras = {*(script.package for script in SCRIPTS), "lxml", "mdformat"}

    def version(asked: str) -> str:
        if asked not in extras:
            return metadata.version(asked)
        if there is None or asked in there:
            return "1.0"
        raise metadata.PackageNotFoundError

    monkeypatch.setattr("builder.environment.version", version)
    assert _lines(run("doctor"))["extras"] == told


def test_the_names_of_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {*project["optional-dependencies"]} == {*(script.name for script in SCRIPTS), *environment._EXTRAS}


def test_without_git_decks_are_made_all_the_same(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    result = run("doctor")
    assert result.exit_code == 0
    assert _lines(result)["git"].startswith("missing: ")


def test_the_cache_is_that_of_the_corpus_with_its_size(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus()
    assert ".cache/cardpress, 0 of 400 MB, writable" in run("doctor").stdout
    Cache(folder.parent / ".cache" / "cardpress", 10**9).put("0" * 64, bytes(2_500_000))
    assert ".cache/cardpress, 2 of 400 MB, writable" in run("doctor").stdout


def test_a_cache_that_cannot_be_written_is_said_to_be_slow(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("a file")
    result = run("doctor")
    assert result.exit_code == 0
    assert _lines(result)["cache"] == ".cache/cardpress, 0 of 400 MB, read-only, so builds are slower"


def test_without_a_secret_there_is_no_cache(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    assert _lines(run("doctor"))["cache"].startswith("none: ")


def test_the_home_folder_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = environment.examine_environment(Cache(tmp_path / "deck" / ".cache", 10**9)).lines
    assert lines[8].split()[1] == "~/deck/.cache,"
    assert str(tmp_path) not in "\n".join(lines)


def test_a_long_line_is_cut_off(tmp_path: Path) -> None:
    lines = environment.examine_environment(Cache(tmp_path / ("long" * 30), 10**9)).lines
    assert max(map(len, lines)) == 80
    assert lines[8].endswith("…")
