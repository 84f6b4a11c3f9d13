"""A corpus to begin with: a commented question of each kind, under a name of one's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

from builder import program
from builder.checks.rules import RULE_TABLE
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.diagnostics import Diagnostic
from builder.markdown.parser import Source

CHAPTER = "01-first-chapter.md"
_FOLDER = program.FOLDER / "authoring" / "starter"
_FILES: Mapping[str, str] = {
    SETTINGS_FILE: SETTINGS_FILE,
    CHAPTER: CHAPTER,
    "media/list.svg": "media/list.svg",
    # Under these names they would be git's own here.
    ".gitattributes": "gitattributes",
    ".gitignore": "gitignore",
}


def starter(id_: str, title: str) -> tuple[Mapping[str, str], list[Diagnostic]]:
    """Return the files of a new corpus by their names, and what is wrong with its id or title."""
    files = {name: (_FOLDER / file).read_text(encoding="utf-8") for name, file in _FILES.items()}
    files[SETTINGS_FILE] = Template(files[SETTINGS_FILE]).substitute(id=_toml(id_), title=_toml(title))
    _, diagnostics = read_settings(Source(Path(id_, SETTINGS_FILE), files[SETTINGS_FILE]), RULE_TABLE)
    return files, diagnostics


def title_of(name: str) -> str:
    """Return a title made of a folder's name: "World history" of world-history."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _toml(text: str) -> str:
    """Write a text as TOML does; its quotes and escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False)
