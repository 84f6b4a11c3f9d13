"""A corpus with all that an export may get wrong, for the tests of every form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from tests.conftest import CASES, SETTINGS, WriteCorpus

Run = Callable[..., Result]
FILES: dict[str, str | bytes] = {
    "deck.toml": SETTINGS + 'description = "Numbers, and *signs*"\n',
    "02-signs.md": """\
# Signs, "quoted"

## =SUM(A1:A2), what is it? {#sum .senior tags="signs"}

A formula; `#` begins a comment,\tand a tab divides.

![blue](media/blue.png)

## Complete: the capital {#capital .cloze .core}

"{{c1::Madrid}}", not {{c2::Lisbon}}.

## -1 or {{c1}}? {#minus}

# 1 is no number.
""".replace("\n# 1 is", "\n\\# 1 is"),
    "media/blue.png": (CASES / "media" / "blue.png").read_bytes(),
}


def export_demo(write_corpus: WriteCorpus, run: Run, folder: Path, form: str) -> Path:
    """Export the corpus in a form, and return the folder that it is in."""
    corpus = write_corpus(FILES)
    result = run("export", corpus, "--format", form, "--output", folder)
    assert result.exit_code == 0, result.output
    return folder / f"demo-{form}"


def read_json(path: Path) -> dict[str, Any]:
    """Return a file of JSON."""
    return dict(json.loads(path.read_text(encoding="utf-8")))
