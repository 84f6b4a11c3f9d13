"""A chapter whose file's name has no number keeps the one that it was given: decks are called by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.read import read_package
from tests.conftest import SETTINGS

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "deck.toml").write_text(SETTINGS)
    for name in ("basics", "more"):
        _write(folder, name)
    return folder


def _write(folder: Path, name: str) -> None:
    (folder / f"{name}.md").write_text(f"# About {name}\n\n## What is in {name}? {{#in-{name}}}\n\nThis.\n")


def _decks(run: Run, folder: Path) -> list[str]:
    out = folder.parent / "out"
    result = run("build", folder, "--only", "apkg", "--output", out)
    assert result.exit_code == 0, result.output
    return [note.deck for note in read_package(out / "demo.apkg", "demo").notes.values()]


def test_what_comes_between_takes_no_number_from_the_others(run: Run, folder: Path) -> None:
    assert _decks(run, folder) == ["Demo deck::01 About basics", "Demo deck::02 About more"]
    assert "\nchapter basics 1\nchapter more 2\n" in (folder / "deck.lock").read_text()
    _write(folder, "advanced")
    expected = ["Demo deck::01 About basics", "Demo deck::02 About more", "Demo deck::03 About advanced"]
    assert _decks(run, folder) == expected
    assert run("check", folder).stderr == ""
    assert (
        run("build", folder, "--only", "apkg", "--output", folder.parent / "out", "--locked").exit_code == 0
    )


def test_a_number_in_a_name_counts_more_and_none_is_given_twice(run: Run, folder: Path) -> None:
    _decks(run, folder)
    _write(folder, "01-first")
    (folder / "more.md").unlink()
    _write(folder, "later")
    numbers = [deck.split("::")[1][:2] for deck in _decks(run, folder)]
    assert len({*numbers}) == 3
    assert "01" in numbers
    assert "02" not in numbers, "it stays that of more"
