"""What cardpress built is imported again: the same Markdown to the byte, and the same notes for learners."""

from __future__ import annotations

import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from builder.anki.note_types import FIELDS
from builder.importing.model import Request
from builder.importing.packages import FORMAT
from builder.importing.write import plan_corpus
from tests.exporting import exported, take_in
from tests.importing.decks import PIXEL, new_collection
from tests.sounds import mp3

pytestmark = pytest.mark.slow
Run = Callable[..., Result]
_CORPORA = Path(__file__).parents[1] / "corpora"
_FLASK = Path(__file__).parents[2] / "content" / "flask"
_TABLE = (
    ("Question", "Answer", "Details", "Pitfall", "Tags", "Chapter"),
    ("What is a <b>list</b>?", "Many <i>things</i>, <code>[1, 2]</code>.", "", "No array.", "types", "One"),
    ("What does it show?", '<img src="dot.png" width="20"> and [sound:beep.mp3]', "", "", "", "One"),
    ("How long is it?", r"\(a^2\) and \[b^2\]", "<ul><li>a</li><li>b</li></ul>", "", "maths x::y", "One"),
    ("Where is more?", 'At <a href="https://example.org/a_b">this place</a>.', "", "", "", "Two"),
    ("What is 2 &lt; 3?", "<pre><code class=language-python>x = 2 &lt; 3\nprint(x)</code></pre>", "", "", "", "Two"),
)  # fmt: skip
_MARKDOWN = """# Questions

## What is a list?

A **list** has many things, in one line
or two: `[1, 2]`, 5 < 6 & snake_case.

```python
def first(items):
    return items[0]
```

## What does it show?

![A dot](dot.png)

1. one
2. two
   - a
   - b

| a | b |
| --- | ---: |
| `x` | 1 |

## Which is right?

- [x] this one
- [ ] that one
- [ ] none

As *everybody* knows: $a^2$.

## How is it written?

$$
a^2 + b^2
$$

> [!tip]
> As always.

> Said by somebody.

It ends[^1] here.

[^1]: At **last**.
"""
_NOTE = """---
tags: [maths, x/y]
---
## What is **one**?

It is $1$. More is at https://example.org/more.

![A dot](dot.png)
"""
_CLOZES = """---
tags: [flashcards]
---
The first number is ==one==, and the next is ==two==.
"""


def _written(folder: Path) -> Path:
    """Return a folder with an image and a sound, in which sources are written."""
    folder.mkdir()
    (folder / "dot.png").write_bytes(PIXEL)
    (folder / "beep.mp3").write_bytes(mp3())
    return folder


def _table(folder: Path, name: str, separator: str) -> Path:
    def cell(text: str) -> str:
        return f'"{text.replace(chr(34), 2 * chr(34))}"'

    path = _written(folder) / name
    path.write_text("\n".join(separator.join(map(cell, row)) for row in _TABLE) + "\n")
    return path


def _file(folder: Path) -> Path:
    path = _written(folder) / "README.md"
    path.write_text(_MARKDOWN)
    return path


def _vault(folder: Path) -> Path:
    _written(folder)
    (folder / "01 Numbers.md").write_text(_NOTE)
    (folder / "03 Clozes.md").write_text(_CLOZES)
    (folder / "02 More.md").write_text(_MARKDOWN.replace("# Questions\n\n", ""))
    return folder


SOURCES: Mapping[str, Callable[[Path], Path]] = {
    "CSV": lambda folder: _table(folder, "table.csv", ","),
    "TSV": lambda folder: _table(folder, "table.tsv", "\t"),
    "Markdown": _file,
    "vault": _vault,
}


def _texts(folder: Path) -> list[str]:
    """Return the chapters of a corpus, and its settings, in order."""
    return [path.read_text() for path in (*sorted(folder.glob("*.md")), folder / "deck.toml")]


def _build(run: Run, folder: Path, out: Path) -> Path:
    result = run("build", folder, "--output", out, "--only", "apkg")
    assert result.exit_code == 0, result.output
    (package,) = out.glob("*.apkg")
    return package


def _notes(package: Path) -> dict[str, dict[str, str]]:
    """Return the fields of a package's notes, and their tags and times, by GUID."""
    with zipfile.ZipFile(package) as archive, closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(archive.read("collection.anki2"))
        rows = database.execute("SELECT guid, mod, tags, flds FROM notes").fetchall()
    names = [name for name, _ in FIELDS]
    return {
        guid: {"mod": str(mod), "tags": tags, **dict(zip(names, fields.split("\x1f"), strict=True))}
        for guid, mod, tags, fields in rows
    }


@pytest.mark.parametrize("way", ["as it was built", "by way of Anki", "by way of an older Anki"])
@pytest.mark.parametrize("name", SOURCES)
def test_what_was_imported_and_built_is_imported_as_the_same_markdown(
    name: str, way: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")
    first, again = tmp_path / "first" / "dots", tmp_path / "second" / "other"
    result = run("import", SOURCES[name](tmp_path / "source"), first)
    assert result.exit_code == 0, result.output
    package = _build(run, first, tmp_path / "out")
    if way != "as it was built":
        package = exported(package, tmp_path / "anki.apkg", is_legacy="older" in way)
    result = run("import", package, again)
    assert result.exit_code == 0, result.output
    assert "lost:" not in result.output
    assert _texts(again) == _texts(first)
