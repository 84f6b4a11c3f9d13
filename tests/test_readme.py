"""The README's list of chapters is generated, not typed."""

from __future__ import annotations

import os
import re

from tests.conftest import FLASK, PROJECT
from tests.printing import deck_of

_LIST = re.compile(r"(<!-- chapters: written by make golden -->\n).*?(<!-- /chapters -->)", re.DOTALL)


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
    readme = PROJECT / "README.md"
    text = readme.read_text(encoding="utf-8")
    wanted = _LIST.sub(lambda found: found[1] + "\n" + "\n".join(lines) + "\n\n" + found[2], text)
    if os.environ.get("UPDATE_GOLDEN"):
        readme.write_text(wanted, encoding="utf-8")
    assert wanted == text or os.environ.get("UPDATE_GOLDEN"), "run `make golden`"
    assert _LIST.search(text)
