"""Reads and writes the mapping file: what each part of a source becomes, as guessed and then corrected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builder.corpus.kinds import DEFAULT, KINDS
from builder.corpus.toml import TomlError, load
from builder.importing.model import ROLES, Material, PartMap, PartMaps, Role, SourceError
from builder.text import one_line

_LARGEST = 1_000_000
_MEANINGS = {
    "prompt": "what the front asks; its first line becomes the heading",
    "context": "shown on the front below the prompt",
    "answer": "the answer",
    "details": "shown below the answer",
    "section": "a section below the answer, with the name of the part as its title",
    "options": "the options of a choice",
    "id": "the id of the question",
    "tags": "tags",
    "chapter": "the name of its chapter",
    "guid": "the GUID of the note that it was",
    "nothing": "left out",
}


def mapping_text(material: Material, source: str) -> str:
    """Return the text of a mapping file for the guesses about a source."""
    return "\n".join(_lines(material, source)) + "\n"


def _lines(material: Material, source: str) -> Iterator[str]:
    yield f"# What each part of {one_line(source)} becomes."
    yield "# Change what is wrong, then import it again, with --map and this file's name."
    yield "#"
    for role in ROLES:
        yield f"# {role + ':':9} {_MEANINGS[role]}"
    yield f"# Kinds: {', '.join(KINDS)}"
    for name, each in material.maps.items():
        yield ""
        yield f"[{_key(name)}]"
        yield f"kind = {_text(each.kind or DEFAULT)}"
        yield ""
        yield f"[{_key(name)}.parts]"
        for part, role in each.parts.items():
            yield f"{_key(part)} = {_text(role)}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(text: str) -> str:
    """Return a text as a TOML string; its quotes and escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def read_mapping(path: Path) -> PartMaps:
    """Read a mapping file. Raises `SourceError` with the first fault."""
    try:
        data = path.read_bytes()
        if len(data) > _LARGEST:
            raise SourceError("is too large for a mapping file")
        table = load(data.decode("utf-8-sig"))
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SourceError("is not UTF-8: save it as UTF-8") from error
    except TomlError as error:
        raise SourceError(f"is not TOML in line {error.line}: {error}") from error
    return {name: _part_map(name, each) for name, each in table.items()}


def _part_map(name: str, table: Any) -> PartMap:
    if not isinstance(table, dict):
        raise SourceError(f"has {name!r}, which is not a table: write [{_key(name)}]")
    for key in table.keys() - {"kind", "parts"}:
        raise SourceError(f"has {key!r} in [{_key(name)}]: only 'kind' and 'parts' can be there")
    kind = table.get("kind", DEFAULT)
    if kind not in KINDS:
        raise SourceError(f"has the kind {kind!r} in [{_key(name)}]: the kinds are {', '.join(KINDS)}")
    parts = table.get("parts", {})
    if not isinstance(parts, dict):
        raise SourceError(f"has no table [{_key(name)}.parts]")
    return PartMap(
        kind="" if kind == DEFAULT else kind, parts={part: _role(name, part, parts[part]) for part in parts}
    )


def _role(name: str, part: str, value: Any) -> Role:
    for role in ROLES:
        if role == value:
            return role
    raise SourceError(f"says that {part!r} in [{_key(name)}] becomes {value!r}: it can be {', '.join(ROLES)}")
