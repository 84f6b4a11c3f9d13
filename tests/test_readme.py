"""What the README and docs/flask-corpus.md count is generated, not typed, and the README's steps work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FLASK, PROJECT
from tests.printing import deck_of, needs_pango
from tests.running import PATIENCE

_LIST = re.compile(r"(<!-- chapters: written by make golden -->\n).*?(<!-- /chapters -->)", re.DOTALL)
_COUNTS = re.compile(r"(<!-- counts -->).*?(<!-- /counts -->)")


def test_the_list_of_chapters_says_how_many_questions_and_cards_each_has() -> None:
    rows = [
        (
            f"{subdeck.number} {subdeck.words}",
            sum(not note.is_drill for note in subdeck.notes),
            sum(note.is_drill for note in subdeck.notes),
            sum(len(note.cards) for note in subdeck.notes),
        )
        for subdeck in deck_of(FLASK).subdecks
    ]
    totals = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
    lines = ["| Chapter | Questions | Drills | Cards |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in (*rows, ("**All**", *totals))]
    _assert_says(PROJECT / "docs" / "flask-corpus.md", _LIST, "\n" + "\n".join(lines) + "\n\n")
    questions, drills, cards = totals
    counts = f"{questions} questions and {drills} drills in {len(rows)} chapters, {cards:,} cards"
    _assert_says(PROJECT / "README.md", _COUNTS, counts)


def _assert_says(path: Path, place: re.Pattern[str], words: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert place.search(text)
    wanted = place.sub(lambda found: found[1] + words + found[2], text)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(wanted, encoding="utf-8")
    assert wanted == text or os.environ.get("UPDATE_GOLDEN"), "run `make golden`"


def _steps(readme: str) -> list[str]:
    """Return the commands with which an author begins, in any folder."""
    text = readme.partition("Then, in any folder:")[2]
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line[2:].partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.slow
@needs_pango
def test_the_steps_of_an_author_work_as_they_stand_there_from_an_empty_folder(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
        "GIT_CONFIG_COUNT": "2",
        **{"GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Author"},
        **{"GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "author@example.org"},
    }
    steps = _steps((PROJECT / "README.md").read_text(encoding="utf-8"))
    assert len(steps) == 8
    for step in steps:
        if " watch " in step:
            continue  # it goes on until it is stopped: tests/commands/test_watch.py
        result = subprocess.run(
            ["/bin/sh", "-c", step],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert result.returncode == 0, f"{step}: {result.stdout}{result.stderr}"
    listed = ["git", "-C", str(tmp_path), "ls-files"]
    committed = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
    assert "my-corpus/deck.lock" in committed
    assert not [path for path in committed if path.startswith(("dist/", ".cache/"))]
    assert {path.name for path in (tmp_path / "dist").glob("my-corpus*")} >= {"my-corpus.apkg"}
