"""`cardpress pull`: what it refuses, in one sentence."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.conftest import WriteCorpus

Run = Callable[..., Result]


def _sentence(result: Result) -> str:
    """Return the one line that says why it stopped."""
    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if "advice" not in line]
    return line


@pytest.fixture
def folder(write_corpus: WriteCorpus, run: Run) -> Path:
    """Return the folder of a corpus, beside the package that was built from it."""
    folder = write_corpus()
    assert run("build", folder, "--output", folder.parent, "--only", "apkg").exit_code == 0
    return folder


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"no package", bytes(1_000)], ids=["empty", "head", "text", "zeros"]
)
def test_what_is_no_package_is_refused_in_one_sentence(content: bytes, folder: Path, run: Run) -> None:
    path = folder.parent / "x.apkg"
    path.write_bytes(content)
    assert _sentence(run("pull", path, folder)).startswith(f"Error: {str(path)!r} ")


def test_a_damaged_package_is_refused_or_read(folder: Path, run: Run) -> None:
    """Whatever a byte is changed to, there is no traceback, and no chapter changes."""
    whole = (folder.parent / "demo.apkg").read_bytes()
    before = (folder / "01-first.md").read_bytes()
    chosen = random.Random(7)
    path = folder.parent / "damaged.apkg"
    for _ in range(30):
        data = bytearray(whole)
        for _ in range(3):
            data[chosen.randrange(len(data))] = chosen.randrange(256)
        path.write_bytes(data)
        result = run("pull", path, folder, "--dry-run")
        assert "Traceback" not in result.output
    assert (folder / "01-first.md").read_bytes() == before


def test_a_package_of_another_corpus_is_refused(folder: Path, write_corpus: WriteCorpus, run: Run) -> None:
    other = write_corpus({"deck.toml": 'id = "other"\ntitle = "Other"\ndeck = "Other"\n'}, name="other")
    said = _sentence(run("pull", folder.parent / "demo.apkg", other))
    assert said.endswith("has no notes of 'other': export the deck that was built from it")


def test_a_deck_that_is_not_there_is_named(folder: Path, run: Run) -> None:
    said = _sentence(run("pull", folder.parent / "demo.apkg", folder, "--deck", "Nowhere"))
    assert said.endswith("has no notes in a deck 'Nowhere'")


def test_a_bomb_is_refused(folder: Path, run: Run) -> None:
    path = folder.parent / "bomb.apkg"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("collection.anki2", bytes(400_000_000))
    assert _sentence(run("pull", path, folder)).startswith(f"Error: {str(path)!r} ")


def test_the_package_that_was_built_changes_nothing(folder: Path, run: Run) -> None:
    before = (folder / "01-first.md").read_bytes()
    result = run("pull", folder.parent / "demo.apkg", folder)
    assert result.exit_code == 0
    assert result.output.endswith("3 notes: nothing was edited in Anki that is not here\n")
    assert (folder / "01-first.md").read_bytes() == before
