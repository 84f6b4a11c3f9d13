"""`cardpress export`: what it writes, says and leaves alone, whatever the form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.exporting import json_file
from builder.exporting.forms import FORMS
from tests.conftest import CHAPTER, SETTINGS, WriteCorpus
from tests.export.corpora import FILES

Run = Callable[..., Result]
EVERY_FORM = pytest.mark.parametrize("form", FORMS)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@EVERY_FORM
def test_the_same_corpus_makes_the_same_bytes_at_any_time(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus(FILES)
    run("export", folder, "--format", form, "--output", tmp_path / "first")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1890000000")
    run("export", folder, "--format", form, "--output", tmp_path / "second")
    first, second = _contents(tmp_path / "first"), _contents(tmp_path / "second")
    assert len(first) > 1
    assert first == second


@EVERY_FORM
def test_the_lock_stays_and_what_a_build_would_change_in_it_is_said(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, form: str
) -> None:
    folder = write_corpus(FILES)
    result = run("export", folder, "--format", form, "--output", tmp_path)
    assert (
        "demo: deck.lock would change (6 new, none published before): build, and commit it" in result.stdout
    )
    assert not (folder / "deck.lock").exists()
    assert run("build", folder, "--only", "apkg", "--output", tmp_path).exit_code == 0
    lock = (folder / "deck.lock").read_bytes()
    before = _contents(tmp_path / f"demo-{form}")
    result = run("export", folder, "--format", form, "--output", tmp_path)
    assert "deck.lock" not in result.output
    assert (folder / "deck.lock").read_bytes() == lock
    assert _contents(tmp_path / f"demo-{form}") == before


@EVERY_FORM
def test_nothing_is_written_if_there_is_an_error(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, form: str
) -> None:
    folder = write_corpus({"02-second.md": "# Second\n\n## No id?\n\nNone.\n"})
    result = run("export", folder, "--format", form, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "missing-id" in result.stderr
    assert not (tmp_path / "out").exists()


def test_of_several_corpora_all_are_written_or_none(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_corpus()
    second = write_corpus({"deck.toml": SETTINGS.replace('"demo"', '"other"')}, name="other")
    out = tmp_path / "out"
    result = run("export", first, second, "--format", "json", "--output", out)
    assert result.exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["demo-json", "other-json"]
    before = _contents(out)
    (first / "01-first.md").write_text(CHAPTER.replace("first", "very first"), encoding="utf-8")
    (out / "other-json" / "other.json").unlink()
    (out / "other-json" / "other.json").mkdir()
    result = run("export", first, second, "--format", "json", "--output", out)
    assert result.exit_code == 1
    assert "other.json': it is a folder" in result.stderr
    assert (out / "demo-json" / "demo.json").read_bytes() == before["demo-json/demo.json"]
    assert sorted(path.name for path in out.iterdir()) == ["demo-json", "other-json"]


def test_a_disk_that_is_full_leaves_the_last_export(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus(FILES)
    run("export", folder, "--format", "json", "--output", tmp_path / "out")
    before = _contents(tmp_path / "out")
    write_bytes = Path.write_bytes

    def refuse(path: Path, data: bytes) -> int:
        if path.parent.name == "media":
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    (folder / "01-first.md").write_text(CHAPTER.replace("first", "very first"), encoding="utf-8")
    result = run("export", folder, "--format", "json", "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert _contents(tmp_path / "out") == before


def test_files_that_an_export_no_longer_uses_are_named_and_stay(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = write_corpus(FILES)
    run("export", folder, "--format", "csv", "--output", tmp_path)
    mine = tmp_path / "demo-csv" / "media" / "mine.png"
    mine.write_bytes(b"mine")
    result = run("export", folder, "--format", "csv", "--output", tmp_path)
    assert "has 'mine.png', which this export does not use: delete the files that" in result.stderr
    assert mine.read_bytes() == b"mine"


def test_git_ignores_a_new_folder_of_outputs_but_none_that_somebody_names(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write_corpus())
    run("export", "--format", "json")
    assert (tmp_path / "demo" / "dist" / ".gitignore").read_text() == "*\n"
    assert (tmp_path / "demo" / "dist" / "demo-json" / "demo.json").is_file()
    run("export", "--format", "json", "--output", "elsewhere")
    assert [path.name for path in (tmp_path / "demo" / "elsewhere").iterdir()] == ["demo-json"]


def test_a_chapter_is_not_exported_by_itself(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> None:
    result = run("export", write_corpus() / "01-first.md", "--format", "csv", "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert "'01-first.md' is a file: give its corpus" in result.stderr


def test_a_corpus_without_questions_has_nothing_to_export_and_says_so(
    write_corpus: WriteCorpus, run: Run, tmp_path: Path
) -> None:
    folder = write_corpus({"01-first.md": "# Empty\n"})
    for form in FORMS:
        result = run("export", folder, "--format", form, "--output", tmp_path)
        built = run("build", folder, "--only", "apkg", "--output", tmp_path / "built")
        assert result.exit_code == built.exit_code


def test_the_shape_has_a_version() -> None:
    assert json_file.VERSION == 1
