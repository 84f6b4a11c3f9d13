"""A folder is filled whole or not at all, and what it had besides stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from builder.diagnostics import BuildError
from builder.runtime.atomic import filling


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def _fill(folder: Path, **files: str) -> None:
    with filling(folder) as temporary:
        (temporary / "media").mkdir()
        for name, text in files.items():
            (temporary / "media" / name).write_text(text)
        (temporary / "deck").write_text(" ".join(files))


def _fail(folder: Path) -> None:
    """Write one file, and fail to read another."""
    with filling(folder) as temporary:
        (temporary / "deck").write_text("half")
        Path("there-is-none").read_text()


def test_files_of_the_same_names_are_replaced_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "above" / "folder"
    _fill(folder, a="1", b="2")
    (folder / "mine").write_text("mine")
    _fill(folder, a="3")
    assert _files(folder) == {"deck": "a", "mine": "mine", "media/a": "3", "media/b": "2"}
    assert [path.name for path in folder.parent.iterdir()] == ["folder"]


def test_a_block_that_fails_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    _fill(folder, a="1")
    with pytest.raises(BuildError, match=r"^'there-is-none': No such file"):
        _fail(folder)
    with pytest.raises(BuildError, match=r"^'there-is-none': No such file"):
        _fail(tmp_path / "new")
    assert _files(tmp_path) == {"folder/deck": "a", "folder/media/a": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("place", ["media", "deck", "media/a"])
def test_what_cannot_be_replaced_is_named_before_anything_is(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "folder"
    if place == "media":
        folder.mkdir()
        (folder / place).write_text("a file")
    else:
        (folder / place).mkdir(parents=True)
    before = sorted(folder.rglob("*"))
    with pytest.raises(BuildError, match=f"cannot write '.*folder/{place}': it is a f"):
        _fill(folder, a="1", b="2")
    assert sorted(folder.rglob("*")) == before


def test_a_full_disk_is_named_by_the_file_that_had_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, text: str) -> int:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    with pytest.raises(BuildError, match=r"cannot write '.*/folder/media/a': No space left on device"):
        _fill(tmp_path / "folder", a="1")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_command_left_is_deleted_after_an_hour(tmp_path: Path) -> None:
    for name, age in (("old", 7200), ("new", 0)):
        left = tmp_path / f".folder.unfinished-{name}"
        left.mkdir()
        (left / "deck").write_text("half")
        os.utime(left, (time.time() - age, time.time() - age))
    _fill(tmp_path / "folder", a="1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".folder.unfinished-new", "folder"]


def test_files_are_as_readable_as_any_other(tmp_path: Path) -> None:
    _fill(tmp_path / "folder", a="1")
    other = tmp_path / "other"
    other.write_text("")
    modes = {path.stat().st_mode for path in (other, *(tmp_path / "folder").rglob("[ad]*")) if path.is_file()}
    assert len(modes) == 1
