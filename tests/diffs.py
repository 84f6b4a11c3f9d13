"""The diffs that CONTRIBUTING.md shows: made-up examples, applied to a copy of the program."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.conftest import PROJECT

_FILE = re.compile(r"^--- .*\n\+\+\+ b/(.*)\n", re.MULTILINE)


def changed_program(heading: str, folder: Path) -> Path:
    """Copy the program, and what tests it, to a folder; apply the diff below a heading of CONTRIBUTING.md."""
    for name in ("builder", "styles", "tests"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n.*?^```diff\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"CONTRIBUTING.md has no diff below {heading!r}"
    _apply(found[1], folder)
    return folder


def _apply(diff: str, folder: Path) -> None:
    """Apply a diff; what stands around a change says where it belongs, not the numbers of lines."""
    _, *rest = _FILE.split(diff)
    for name, hunks in zip(rest[::2], rest[1::2], strict=True):
        path = folder / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for hunk in re.split(r"^@@.*\n", hunks, flags=re.MULTILINE)[1:]:
            old, new = _side(hunk, "-"), _side(hunk, "+")
            assert text.count(old) == 1 or not text, f"{name} has not, or more than once:\n{old}"
            text = text.replace(old, new) if text else new
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _side(hunk: str, sign: str) -> str:
    lines = hunk.splitlines()
    return "".join(f"{line[1:]}\n" for line in lines if line[:1] in (sign, " ", ""))
