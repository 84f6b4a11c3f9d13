"""A new corpus: a commented question of each kind, with the author's id and title."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Template

from builder import program
from builder.checks.rules import RULE_TABLE
from builder.corpus.kinds import KINDS
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.diagnostics import Diagnostic
from builder.markdown.parser import Source

CHAPTER = "01-first-chapter.md"
_FOLDER = program.FOLDER / "authoring" / "starter"
_FILES: Mapping[str, str] = {
    SETTINGS_FILE: SETTINGS_FILE,
    "media/list.svg": "media/list.svg",
    # Renamed, so that git does not apply them to this repository.
    ".gitattributes": "gitattributes",
    ".gitignore": "gitignore",
}
_PLACE = re.compile(r"<!-- kind: (\w+) -->\n")
"""Placeholder for the question of a kind; kinds without one come at the chapter's end."""


def starter(id_: str, title: str) -> tuple[Mapping[str, str], list[Diagnostic]]:
    """Return the files of a new corpus by name, and findings on its id and title."""
    files = {name: (_FOLDER / file).read_text(encoding="utf-8") for name, file in _FILES.items()}
    files[SETTINGS_FILE] = Template(files[SETTINGS_FILE]).substitute(id=_toml(id_), title=_toml(title))
    files[CHAPTER] = sample_chapter()
    _, diagnostics = read_settings(Source(Path(id_, SETTINGS_FILE), files[SETTINGS_FILE]), RULE_TABLE)
    return files, diagnostics


def sample_chapter() -> str:
    """Return the chapter of a new corpus: a sample question of each kind."""
    return _with_kinds(tuple((name, kind.starter) for name, kind in KINDS.items()))


@lru_cache(maxsize=1)  # every chapter that is compiled is compared with it
def _with_kinds(starters: tuple[tuple[str, str], ...]) -> str:
    """Put the kinds' own questions into the chapter."""
    chapter, texts = (_FOLDER / CHAPTER).read_text(encoding="utf-8"), dict(starters)
    placed = set(_PLACE.findall(chapter))
    others = (text for name, text in starters if text and name not in placed)
    return "\n".join((_PLACE.sub(lambda place: texts[place[1]], chapter), *others))


def title_of(name: str) -> str:
    """Return a title made from a folder's name: "World history" from world-history."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _toml(text: str) -> str:
    """Return a text as a TOML string; its quotes and escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False)
