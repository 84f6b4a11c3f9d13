"""Makes a JSON Schema of deck.toml, with which editors complete settings and underline mistakes.

It is made from the tables that `check` uses, but covers less: for example, it cannot tell whether an id was
published. It is draft 7, the latest that Taplo supports, which the TOML extension of VS Code runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from builder.checks.catalogue import CATALOGUE
from builder.checks.rules import RULE_TABLE, RULES
from builder.corpus.labels import ENGLISH
from builder.corpus.model import FOOTER
from builder.corpus.settings import (
    ACCEPTED,
    ADOPTED,
    CARDS,
    CHOICES,
    FONT,
    FORMS,
    ITEMS,
    LARGEST,
    LISTS,
    REQUIRED,
    SETTINGS_FILE,
    TABLES,
    TEXTS,
    Choice,
)
from builder.corpus.versions import VERSIONS
from builder.markdown.language_tags import COUNTRIES, LONGEST_TAG, TAG

FILE = ".deck.schema.json"
"""Name of the schema beside a new deck.toml, whose first line refers to it."""
LINE = f"#:schema ./{FILE}\n"
"""Comment that refers Taplo to the schema, by a path beside deck.toml, so that it needs no network."""
_Schema = dict[str, Any]
_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f]*$"
_HAS_WORDS = r"\S"


def schema_text(outputs: Mapping[str, str]) -> str:
    """Return the schema as JSON; `outputs` are the titles of outputs, by name."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"{SETTINGS_FILE} of a cardpress corpus",
        **_table({**_texts(), **_lists(outputs), **_tables()}),
        "required": list(REQUIRED),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False)


def _table(properties: Mapping[str, _Schema], others: _Schema | None = None) -> _Schema:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False if others is None else others,
    }


def _texts() -> Mapping[str, _Schema]:
    return {name: {"description": about, **_text(name)} for name, about in TEXTS.items()}


def _text(name: str) -> _Schema:
    patterns = [_ONE_LINE]
    form = _language() if name == "language" else ""
    if name in FORMS:
        form = FORMS[name][0].pattern
    if form:
        # Optional settings may be empty.
        patterns.append(f"^(?:{form})$" if name in REQUIRED else rf"^(?:\s*|{form})$")
    if name in REQUIRED:
        patterns.append(_HAS_WORDS)
    return _like(*patterns)


def _language() -> str:
    countries = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in code) for code in COUNTRIES)
    return rf"(?!(?:{countries})(?:-|$))(?=.{{1,{LONGEST_TAG}}}$)(?:{TAG.pattern})"


def _like(*patterns: str) -> _Schema:
    if len(patterns) == 1:
        return {"type": "string", "pattern": patterns[0]}
    return {"type": "string", "allOf": [{"pattern": pattern} for pattern in patterns]}


def _lists(outputs: Mapping[str, str]) -> Mapping[str, _Schema]:
    return {name: {"description": about, **_list(name, outputs)} for name, about in LISTS.items()}


def _list(name: str, outputs: Mapping[str, str]) -> _Schema:
    match name:
        case "outputs":
            return {"type": "array", "minItems": 1, "items": _one_of(outputs)}
        case "study":
            return {"type": "array", "items": _like(_ONE_LINE)}
        case _ if name in ITEMS:
            return {"type": "array", "items": _like(f"^(?:{ITEMS[name].pattern})$")}
        case _:
            return {"type": "array", "items": {"type": "string"}}


def _one_of(meanings: Mapping[str, str]) -> _Schema:
    """Return the schema of a choice; Taplo shows the texts in `x-taplo` beside the values."""
    return {"enum": list(meanings), "x-taplo": {"docs": {"enumValues": list(meanings.values())}}}


def _tables() -> Mapping[str, _Schema]:
    schemas = {
        "print": _choices(CHOICES, {"fonts": _FONTS}),
        "adopted": _choices(ADOPTED),
        "rules": _table(_rules()),
        "accepted": _table(
            {
                name: {"description": about, "type": "array", "items": {"type": "string"}}
                for name, about in ACCEPTED.items()
            }
        ),
        "labels": _table(
            {
                name: {"description": f"In place of “{english}”.", **_like(_ONE_LINE, _HAS_WORDS)}
                for name, english in asdict(ENGLISH).items()
            }
        ),
        "cards": _table(
            {
                name: {
                    "description": about,
                    "type": "array",
                    "items": {"enum": list(FOOTER)},
                    "uniqueItems": True,
                    "default": list(FOOTER),
                }
                for name, about in CARDS.items()
            }
        ),
        "checked": _table({}, _like(f"^(?:{VERSIONS})$")),
    }
    return {name: {"description": about, **schemas[name]} for name, about in TABLES.items()}


def _choices(choices: Mapping[str, Choice], others: Mapping[str, _Schema] | None = None) -> _Schema:
    return _table(
        {
            name: {"description": choice.about, "enum": list(choice.values), "default": choice.values[0]}
            for name, choice in choices.items()
        }
        | dict(others or {})
    )


_FONTS: _Schema = {
    "description": "Fonts of the corpus, as files in its folder. They come before those of cardpress.",
    "type": "array",
    "items": {"type": "string", "pattern": f"^(?:{FONT})$"},
    "uniqueItems": True,
}


def _rules() -> Mapping[str, _Schema]:
    severities = {
        code: {"description": _first_sentence(CATALOGUE[code].reason), "enum": list(RULE_TABLE.severities)}
        for code in RULE_TABLE.codes
    }
    numbers = {
        name: {
            "description": f"{number.meaning[:1].upper()}{number.meaning[1:]}.",
            "type": "integer",
            "minimum": 0,
            "maximum": LARGEST,
            "default": number.default,
        }
        for rule in RULES
        for name, number in rule.numbers.items()
    }
    return severities | numbers


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.?!])\s", " ".join(text.split()), maxsplit=1)[0]
