"""`cardpress stats`: what it counts, for people and for programs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from builder.anki.read import read_package
from builder.corpus.kinds import KINDS
from tests.conftest import FLASK, WriteCorpus
from tests.printing import deck_of

Run = Callable[..., Result]
SECOND = """\
# Second

Two words.

## What are three and four? {#three .senior .cloze tags="numbers odd"}

{{c1::Three}} is odd, {{c2::four}} is not.

<!-- more -->

More of it.

```python
three = 1 + 2
four = 2 * 2
```

### Pitfall

None.

### The words of a term {#term .core .reversed}

Its meaning.
"""


def test_everything_is_counted_by_chapter(run: Run, write_corpus: WriteCorpus) -> None:
    folder = write_corpus({"02-second.md": SECOND})
    (corpus,) = json.loads(run("stats", folder, "--format", "json").stdout)
    first, second = corpus["chapters"]
    assert {**first, "kinds": 0, "levels": 0} == {
        "number": 1,
        "title": "First chapter",
        "file": "01-first.md",
        "questions": 2,
        "drills": 1,
        "core": 0,
        "cards": 3,
        "words": 2 + 2 + (3 + 3) + (3 + 5) + (5 + 1),
        "code_lines": 0,
        "minutes": 0,
        "kinds": 0,
        "levels": 0,
        "unanswered": 0,
    }
    assert second["cards"] == 2 + 2
    assert second["core"] == 1
    assert second["words"] == 1 + 2 + (5 + 6 + 3) + (1 + 1) + (5 + 2)
    assert second["code_lines"] == 2
    assert second["kinds"] == {"plain": 0, "reversed": 1, "cloze": 1, "typed": 0, "choice": 0, "occlusion": 0}
    assert second["levels"] == {"junior": 0, "mid": 0, "senior": 2, "none": 0}, "a drill has its question's"
    assert corpus["total"]["words"] == first["words"] + second["words"]
    assert corpus["tags"] == {"numbers": 3, "odd": 2}
    assert corpus["longest"][0] == {
        "id": "three",
        "place": f"{folder}/02-second.md:5",
        "words": 6 + 3 + 1,
        "code_lines": 2,
    }


def test_the_shape_for_programs_is_the_one_that_is_documented(run: Run, write_corpus: WriteCorpus) -> None:
    (corpus,) = json.loads(run("stats", write_corpus(), "--format", "json").stdout)
    assert list(corpus) == ["corpus", "title", "chapters", "total", "tags", "longest"]
    counts = [
        "questions",
        "drills",
        "core",
        "cards",
        "words",
        "code_lines",
        "minutes",
        "kinds",
        "levels",
        "unanswered",
    ]
    assert list(corpus["total"]) == counts
    assert list(corpus["chapters"][0]) == ["number", "title", "file", *counts]
    assert list(corpus["longest"][0]) == ["id", "place", "words", "code_lines"]


@pytest.mark.slow
def test_cards_are_counted_as_they_are_made(run: Run) -> None:
    made = deck_of(FLASK)
    (counted,) = json.loads(run("stats", FLASK, "--format", "json").stdout)
    assert counted["total"]["cards"] == sum(len(note.cards) for _, note in made.notes())


def test_tables_fit_a_terminal_and_show_what_is_missing(run: Run) -> None:
    result = run("stats", FLASK)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert max(map(len, lines)) <= 80
    (heads,) = (line for line in lines if line.startswith("Kinds"))
    assert heads.split()[1:] == list(KINDS)
    assert any(line.startswith("  20 The interview itself") and line.split()[-2] == "·" for line in lines)


def test_a_corpus_of_one_chapter_has_no_second_row_of_the_same(run: Run, write_corpus: WriteCorpus) -> None:
    assert "All" not in run("stats", write_corpus()).output


def test_after_a_build_nothing_is_read_again_to_be_counted(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.project.CACHE", tmp_path / "cache")
    folder = write_corpus({"02-second.md": SECOND})
    first = run("stats", folder, "--format", "json").stdout
    shutil.rmtree(tmp_path / "cache")
    assert run("build", folder, "--only", "apkg", "--output", tmp_path).exit_code == 0
    monkeypatch.setattr("builder.corpus.reader.read_chapters", None)
    assert run("stats", folder, "--format", "json").stdout == first


@pytest.mark.parametrize("form", ["text", "json"])
def test_where_there_is_an_error_it_is_named(run: Run, write_corpus: WriteCorpus, form: str) -> None:
    result = run("stats", write_corpus({"01-first.md": "# T\n\n## Why?\n\nA.\n"}), "--format", form)
    assert result.exit_code == 1
    assert "[missing-id]" in result.stderr
    assert result.stdout == ""


def test_what_has_no_answer_yet_is_counted_and_in_no_output(
    run: Run, write_corpus: WriteCorpus, tmp_path: Path
) -> None:
    text = "# T\n\n## One? {#one}\n\nA.\n\n### Half? {#half}\n\n## Two? {#two}\n\n### So? {#so}\n\nB.\n\n"
    folder = write_corpus({"01-first.md": text + "## Three?\n"})
    found = run("check", folder)
    assert found.exit_code == 0
    assert found.stderr.count("has no answer yet: it is left out of every output [no-answer]") == 3
    counted = json.loads(run("stats", folder, "--format", "json").stdout)[0]["total"]
    assert (counted["questions"], counted["drills"], counted["unanswered"]) == (1, 0, 4)
    assert "4 questions without an answer yet, in no output\n" in run("stats", folder).stdout
    assert run("build", folder, "--only", "apkg", "--output", tmp_path).exit_code == 0
    assert list(read_package(tmp_path / "demo.apkg", "demo").notes) == ["demo:basic:one"]
