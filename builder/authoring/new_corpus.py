"""A new corpus: a commented question of each kind, with the author's id and title, in their language.

Comments are in English for every language, like all messages of cardpress.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from string import Template

from builder import program
from builder.checks.rules import RULE_TABLE
from builder.corpus.kinds import KINDS
from builder.corpus.labels import ENGLISH, LANGUAGES, with_labels
from builder.corpus.settings import SETTINGS_FILE, read_settings
from builder.design.fonts import extra_for, is_drawn
from builder.design.language import letter
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
"""Placeholder for the question of a kind; kinds without one are added at the chapter's end."""


def starter(id_: str, title: str, language: str = "en") -> tuple[Mapping[str, str], list[Diagnostic]]:
    """Return the files of a new corpus by name, and findings on its id and title."""
    files = {name: (_FOLDER / file).read_text(encoding="utf-8") for name, file in _FILES.items()}
    settings = Template(files[SETTINGS_FILE]).substitute(
        id=_toml(id_), title=_toml(title), **_of_language(language)
    )
    files[SETTINGS_FILE] = settings if with_labels(language) else f"{settings}{_labels_to_translate()}"
    files[CHAPTER] = sample_chapter(language)
    _, diagnostics = read_settings(Source(Path(id_, SETTINGS_FILE), files[SETTINGS_FILE]), RULE_TABLE)
    return files, diagnostics


def _of_language(language: str) -> Mapping[str, str]:
    """Return the lines of deck.toml that depend on the language; lines with defaults are comments."""
    is_usual, is_printed = language == "en", font_for(language) != ""
    return {
        "language": f"{'# ' * is_usual}language = {_toml(language)}".ljust(26) + " # language of the text",
        "outputs": f'{"# " * is_printed}outputs = ["apkg"]'.ljust(26)
        + " # what to build; default: everything (cardpress outputs lists the names)",
    }


def _labels_to_translate() -> str:
    """Return the table of labels, in English, for a language that has none."""
    lines = (f"{name} = {_toml(label)}\n" for name, label in asdict(ENGLISH).items())
    return "\n[labels]  # fixed words on cards and pages: translate them\n" + "".join(lines)


def font_for(language: str) -> str | None:
    """Return the extra with the print font of a language; None if it needs none, empty if there is none."""
    sample = letter(language)
    return None if is_drawn(sample) else extra_for(sample) or ""


def sample_chapter(language: str = "en") -> str:
    """Return the chapter of a new corpus: a sample question of each kind; in English for most languages."""
    return _samples(tuple((name, kind.starter) for name, kind in KINDS.items()))[
        with_labels(language) or "en"
    ]


def is_sample(text: str) -> bool:
    """Tell whether a chapter is an unchanged sample chapter, in any language."""
    return text in _samples(tuple((name, kind.starter) for name, kind in KINDS.items())).values()


@lru_cache(maxsize=1)  # every compiled chapter is compared with them
def _samples(starters: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Return the sample chapters by language; questions of kinds that one lacks are added at its end."""
    texts = dict(starters)
    samples: dict[str, str] = {}
    for language in LANGUAGES:
        name = CHAPTER if language == "en" else f"chapters/{language}.md"
        chapter = (_FOLDER / name).read_text(encoding="utf-8")
        known = {*_PLACE.findall(chapter), *(kind for kind in texts if _has(kind, chapter))}
        others = (text for name, text in starters if text and name not in known)
        samples[language] = "\n".join((_PLACE.sub(lambda place: texts[place[1]], chapter), *others))
    return samples


def _has(kind: str, chapter: str) -> bool:
    """Tell whether a chapter has a question of a kind."""
    return re.search(rf"\{{#[^}}\n]*\.{kind}[ }}]", chapter) is not None


def title_of(name: str) -> str:
    """Return a title made from a folder's name: "World history" from world-history."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _toml(text: str) -> str:
    """Return a text as a TOML string; its quotes and escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False)
