"""What the README and docs/flask-corpus.md count is generated, not typed, and the README's steps work."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.author_steps import author_steps, run_author_steps
from tests.conftest import FLASK, PROJECT
from tests.printing import deck_of, needs_pango

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


@pytest.mark.slow
@needs_pango
def test_the_steps_of_an_author_work_as_they_stand_there_from_an_empty_folder(tmp_path: Path) -> None:
    assert len(author_steps()) == 8
    run_author_steps(Path(sys.executable).parent, tmp_path)
    listed = ["git", "-C", str(tmp_path), "ls-files"]
    committed = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
    assert "my-corpus/deck.lock" in committed
    assert not [path for path in committed if path.startswith(("dist/", ".cache/"))]
    assert {path.name for path in (tmp_path / "dist").glob("my-corpus*")} >= {"my-corpus.apkg"}
