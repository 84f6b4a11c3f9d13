"""Where something cannot be written, it is the folder that is full, or cannot be written, that is named."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import Result

from builder.anki import write
from builder.diagnostics import BuildError
from builder.pipeline.releases import release_at
from builder.runtime.atomic import replacing, temporary_folder, writing_in
from builder.runtime.cache import Cache
from builder.runtime.workers import spread
from tests.conftest import WriteCorpus, git

Run = Callable[..., Result]
REFUSALS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES]
"""No space, no quota, a file system that is read-only, no permission."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for temporary files: one of the test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(params=REFUSALS, ids=errno.errorcode.__getitem__)
def refusal(request: pytest.FixtureRequest) -> OSError:
    """Return an error as the system raises it where something is written: it names no file."""
    return OSError(request.param, os.strerror(request.param))


def test_a_package_s_database_that_finds_no_room_is_told_of_the_temporary_folder(
    run: Run,
    write_corpus: WriteCorpus,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    temporary: Path,
    refusal: OSError,
) -> None:
    def refused(*_: object) -> NoReturn:
        raise refusal

    monkeypatch.setattr(write, "_write_collection", refused)
    result = run("build", write_corpus(), "--only", "apkg", "--output", tmp_path / "dist")
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: cannot write in the temporary folder {str(temporary)!r}: {refusal.strerror}:"
        " set TMPDIR to a folder that has room and can be written\n"
    )
    assert not list((tmp_path / "dist").iterdir())
    assert not list(temporary.iterdir())


def test_what_sqlite_says_of_a_full_disk_is_told_of_the_temporary_folder(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    def full(*_: object) -> NoReturn:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(write, "_write_collection", full)
    result = run("build", write_corpus(), "--only", "apkg", "--output", tmp_path / "dist")
    assert f"temporary folder {str(temporary)!r}: database or disk is full: set TMPDIR" in result.stderr


def test_an_archive_that_finds_no_room_is_told_of_the_output(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: OSError
) -> None:
    def refused(*_: object) -> NoReturn:
        raise refusal

    monkeypatch.setattr(write, "_write_archive", refused)
    result = run("build", write_corpus(), "--only", "apkg", "--output", tmp_path / "dist")
    path = tmp_path / "dist" / "demo.apkg"
    assert result.stderr == f"Error: cannot write {str(path)!r}: {refusal.strerror}\n"


def test_a_folder_that_cannot_be_made_is_told(
    monkeypatch: pytest.MonkeyPatch, temporary: Path, refusal: OSError
) -> None:
    def refused(path: str, mode: int = 0o777) -> NoReturn:
        raise OSError(refusal.errno, refusal.strerror, path)

    monkeypatch.setattr(os, "mkdir", refused)
    with pytest.raises(BuildError) as caught, temporary_folder():
        pass
    assert str(caught.value).startswith(
        f"cannot write in the temporary folder {str(temporary)!r}: {refusal.strerror}: set TMPDIR"
    )


def test_where_no_temporary_folder_can_be_used_all_that_were_tried_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/no/such", "/dev/null/x"])
    with pytest.raises(BuildError) as caught, temporary_folder():
        pass
    assert "'/no/such', '/dev/null/x'" in str(caught.value)
    assert "set TMPDIR" in str(caught.value)


def test_an_older_commit_that_finds_no_room_is_told_of_the_temporary_folder(
    write_corpus: WriteCorpus, monkeypatch: pytest.MonkeyPatch, temporary: Path, refusal: OSError
) -> None:
    folder = write_corpus()
    git(folder, "init", "--quiet", "--template=")

    def refused(*_: object) -> NoReturn:
        raise refusal

    monkeypatch.setattr("builder.pipeline.releases.checkout", refused)
    with (
        pytest.raises(BuildError, match="cannot write in the temporary folder"),
        release_at(folder, "HEAD", Cache(temporary / "cache", 0)),
    ):
        pass


def test_processes_that_find_no_room_are_told_of_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    def refused(path: str, mode: int = 0o777) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    monkeypatch.setattr(os, "mkdir", refused)
    with pytest.raises(BuildError, match="cannot write in the temporary folder"):
        list(spread(abs, [1, 2], processes=2))


def test_a_file_of_another_folder_is_named_as_itself(tmp_path: Path) -> None:
    def copy() -> None:
        with replacing(tmp_path / "output") as output:
            output.write_text("half")
            (tmp_path / "elsewhere").read_text()

    with pytest.raises(BuildError, match="elsewhere") as caught:
        copy()
    assert "output" not in str(caught.value).replace(str(tmp_path), "")
    with pytest.raises(FileNotFoundError), writing_in(tmp_path / "temporary"):
        (tmp_path / "elsewhere").read_text()
    assert not list(tmp_path.iterdir())
