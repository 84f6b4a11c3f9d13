"""deck.adopted: the notes of an existing deck that a corpus took over, byte for byte as they were.

Learners of that deck keep their reviews because its notes keep their GUIDs, note types and decks. Until a
question is edited, its note is published exactly as it was: an import then changes nothing.

The file is beside deck.lock and is committed like it. It has one JSON object per line, sorted, so that git
shows changes well:

    {"version": 1}
    {"deck": "Spanish::Verbs", "id": 1543483284323}
    {"media": "paste-1.jpg", "path": "media/paste-1.jpg"}
    {"type": 1543483284000, "name": "Vocabulary", "mod": 1700000000, "fields": [{"name": "Front"}, …], …}
    {"note": "to-be", "guid": "q7$:x", "type": 1543483284000, "fields": ["ser", "to be"], …}

Values equal to the default are left out. `note` is the identity of a question: the first id that it was
published under.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, lru_cache
from hashlib import sha256
from os.path import lexists
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from builder.corpus.attributes import QUESTION_ID
from builder.corpus.files import ADOPTED_FILE, read_source
from builder.corpus.model import AdoptedIdentity
from builder.diagnostics import Code, Diagnostic, Location
from builder.identity.lock import LAST_NOTE_ID, LAST_ORDINAL, LATEST_MOD
from builder.markdown.source import Source

VERSION = 1
PARTS = (
    *("prompt", "context", "options", "answer", "details", "why", "weak answer", "pitfall", "follow-up"),
    *("read more", "typed", "source"),
)
"""Parts of a question that a field of an adopted note type may have."""
_LARGEST = (1 << 63) - 1
_MOST_SIGNS = 200_000
"""Maximum brackets, commas and colons in a line: Python needs up to 100 bytes for each."""
_MOST_NOTES = 100_000
_HALVES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedField:
    """A field of an adopted note type. Everything but the name is for Anki's editor."""

    name: str
    id: int | None = None
    """Field id; None in note types from before Anki had them."""
    is_sticky: bool = False
    is_rtl: bool = False
    is_plain_text: bool = False
    is_collapsed: bool = False
    is_unsearched: bool = False
    font: str = "Arial"
    size: int = 20
    description: str = ""
    tag: int | None = None
    """Number that Anki gives the fields of image occlusion."""
    is_kept: bool = False
    """True if Anki's editor does not let it be deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedTemplate:
    """A card template of an adopted note type; its index is the ordinal of its cards."""

    name: str
    id: int | None = None
    front: str = ""
    back: str = ""
    browser_front: str = ""
    """Front in Anki's Browser, if it differs there."""
    browser_back: str = ""
    browser_font: str = ""
    browser_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedType:
    """A note type of an existing deck, with the part of a question in each of its fields."""

    id: int
    name: str
    mod: int
    is_cloze: bool = False
    css: str = ""
    fields: tuple[AdoptedField, ...]
    templates: tuple[AdoptedTemplate, ...]
    latex_before: str = ""
    latex_after: str = ""
    is_latex_svg: bool = False
    sort_field: int = 0
    stock_kind: int = 0
    """Number of Anki's own note type that it was made from: 6 is image occlusion."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Names of fields by the part of a question that is written into them once it is edited; see `PARTS`.

    A part without a field of its own is added to another: context and options to the prompt, others to the
    answer. If there is no field for the prompt or the answer, the note lacks that part.
    """
    merged: tuple[str, ...] = ()
    """Fields whose texts were joined to another field's. Once a question is edited, each gets the section of
    its name; without such a section it becomes empty, unless a front needs it."""

    @property
    def key(self) -> str:
        """Name of the note type in the lock: the similar note type of cardpress, and its id."""
        return f"{'cloze' if self.is_cloze else 'basic'}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedCard:
    """A card of an adopted note."""

    ordinal: int
    """Index of its card template, or its cloze number minus one."""
    deck: str
    """Name of its home deck."""
    id: int = 0
    """Card id in the old deck; 0 if that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptedNote:
    """A note of an existing deck, as it was when its question was made."""

    question: str
    """Identity of its question: the first id that it is published under."""
    guid: str
    type: int
    """Id of its note type."""
    mod: int
    """Time of its last change, in seconds since the epoch."""
    id: int = 0
    """Note id in the old deck; 0 if that is not known."""
    fields: tuple[str, ...]
    """HTML in the order of the note type's fields."""
    tags: tuple[str, ...] = ()
    cards: tuple[AdoptedCard, ...]
    """Its cards, by ordinal."""
    topics: tuple[str, ...] = ()
    """Tags of the question when it was adopted."""
    text: str = ""
    """Digest of the question's text when it was adopted; empty if the note always gets our HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """Everything that a corpus took over from an existing deck."""

    types: Mapping[int, AdoptedType] = field(default_factory=dict)
    """Note types by id."""
    notes: Mapping[str, AdoptedNote] = field(default_factory=dict)
    """Notes by the identity of their questions."""
    decks: Mapping[str, int] = field(default_factory=dict)
    """Ids of decks, by name."""
    media: Mapping[str, str] = field(default_factory=dict)
    """Paths of files in the corpus folder, by the names that the notes use."""
    digest: str = field(default="", compare=False)
    """Hash of the file from which it was read."""

    def identities(self) -> dict[str, AdoptedIdentity]:
        """Return the identities of its notes, by the identities of their questions."""
        return {
            note.question: AdoptedIdentity(
                guid=note.guid,
                type=self.types[note.type].key,
                is_cloze=self.types[note.type].is_cloze,
                cards=tuple(card.ordinal for card in note.cards),
            )
            for note in self.notes.values()
        }

    def type_of(self, key: str) -> AdoptedType:
        """Return a note type by its name in the lock."""
        return self.types[int(key.partition(":")[2])]

    def __str__(self) -> str:
        lines = (
            {"version": VERSION},
            *({"deck": name, "id": self.decks[name]} for name in sorted(self.decks)),
            *({"media": name, "path": self.media[name]} for name in sorted(self.media)),
            *({"type": id_, **_plain(self.types[id_], "id")} for id_ in sorted(self.types)),
            *({"note": key, **_plain(self.notes[key], "question")} for key in sorted(self.notes)),
        )
        return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


NOTHING_ADOPTED = Adopted()
ADOPTED_SCRIPT = Code(
    "adopted-script",
    reason="Anki runs scripts on cards. Those of an existing deck come from somebody else, and your package "
    "would pass them on.",
    of="words",
    severity="warning",
    bad="an adopted card template with `<script>…</script>`: it is left out of the package",
    good="the same with `keep-scripts = true` under `[adopted]`, once you have read the script",
)
SHARED_STYLE = Code(
    "shared-style",
    reason="A note type may be shared by several decks of one author. Another style sheet changes the cards"
    " of all of them.",
    of="words",
    severity="warning",
    bad="`our-style = true` under `[adopted]`, where learners may have other decks of that note type",
    good="the same without `our-style`, unless the note type is of this deck alone",
)
MISSING_MEDIA = Code(
    "missing-media",
    reason="An adopted note shows or plays a file by its name: without it, new learners see or hear nothing.",
    of="words",
    severity="warning",
    bad="a sound of an adopted note that was deleted from the corpus folder",
    good="the file as its history has it",
)
DAMAGED_ADOPTED = Code(
    "damaged-adopted",
    reason="A note that differs from the adopted one is an update for every learner of the old deck. With "
    "another GUID, it has no reviews.",
    of="words",
    bad="a line of deck.adopted that was edited, or cut off",
    good="deck.adopted as its history has it",
)


def stored_adopted(folder: Path) -> tuple[Adopted, list[Diagnostic]]:
    """Read the adopted notes of a corpus; most corpora have none."""
    path = folder / ADOPTED_FILE
    if not lexists(path):
        return NOTHING_ADOPTED, []
    source, diagnostics = read_source(path)
    if diagnostics:
        return NOTHING_ADOPTED, diagnostics
    return _read_once(source)


def read_adopted(source: Source) -> tuple[Adopted, list[Diagnostic]]:
    """Read a deck.adopted. If a line is damaged, return nothing, and a finding about the first such line."""
    types: dict[int, AdoptedType] = {}
    notes: dict[str, AdoptedNote] = {}
    decks: dict[str, int] = {}
    media: dict[str, str] = {}
    guids: set[str] = set()
    for number, line in enumerate(source.lines):
        if not line.strip():
            continue
        try:
            match _json(line):
                case {"version": version}:
                    if _integer(version, "version", low=1) > VERSION:
                        return NOTHING_ADOPTED, [_too_late(source.location(number), version)]
                case {"deck": name, "id": id_}:
                    decks[_line(name, "deck")] = _integer(id_, "id", low=1)
                case {"media": name, "path": path}:
                    media[_file_name(name)] = _path(path)
                case {"note": question, **rest}:
                    note = _record(AdoptedNote, {"question": question, **rest})
                    _check_note(note, types)
                    if len(notes) == _MOST_NOTES:
                        raise ValueError(f"there are more than {_MOST_NOTES:,} notes")
                    _only_once(note.question, notes)
                    _only_once(note.guid, guids)
                    guids.add(note.guid)
                    notes[note.question] = note
                case {"type": id_, **rest}:
                    kind = _record(AdoptedType, {"id": id_, **rest})
                    _check_type(kind)
                    _only_once(kind.id, types)
                    types[kind.id] = kind
                case _:
                    raise ValueError("it is not a record of a deck, a file, a note type or a note")
        except ValueError as error:
            return NOTHING_ADOPTED, [
                DAMAGED_ADOPTED.at(
                    source.location(number),
                    f"this line of {ADOPTED_FILE} cannot be read: {error}",
                    "restore the file from its history, and never edit it: without it, learners of the old"
                    " deck lose their reviews",
                )
            ]
    digest = sha256(source.text.encode()).hexdigest()
    return Adopted(types=types, notes=notes, decks=decks, media=media, digest=digest), []


_read_once = lru_cache(maxsize=1)(read_adopted)
"""Reads a file again only if it changed, because the preview asks after every save."""


def _too_late(place: Location, version: int) -> Diagnostic:
    return DAMAGED_ADOPTED.at(
        place,
        f"a later cardpress wrote this file: it has version {version}, and this one reads up to {VERSION}",
        "update cardpress, then build again",
    )


# --- writing --------------------------------------------------------------------------------------


def _plain(record: Any, key: str) -> dict[str, Any]:
    """Return the values of a record as JSON values, without its key and without defaults."""
    found: dict[str, Any] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if each.name != key and value != default:
            found[each.name] = _value(value)
    return found


def _value(value: Any) -> Any:
    if isinstance(value, (AdoptedField, AdoptedTemplate, AdoptedCard)):
        return _plain(value, "")
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: value[key] for key in sorted(value)}
    return value


# --- reading --------------------------------------------------------------------------------------


def _json(line: str) -> Any:
    if sum(map(line.count, "{[,:")) > _MOST_SIGNS:
        raise ValueError("it has more in it than any note")
    try:
        found = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _record(kind: Any, value: Any) -> Any:
    """Return a record of a JSON object whose values have the types that the record declares."""
    if not isinstance(value, dict):
        raise ValueError(f"{value!r:.40} is not a JSON object")
    declared = _declared(kind)
    if unknown := sorted(value.keys() - declared.keys()):
        raise ValueError(f"{unknown[0]!r} is not known")
    found: dict[str, Any] = {}
    for name, (type_, is_needed) in declared.items():
        if name in value:
            found[name] = _typed(type_, value[name], name)
        elif is_needed:
            raise ValueError(f"{name!r} is missing")
    return kind(**found)


@cache
def _declared(kind: Any) -> Mapping[str, tuple[Any, bool]]:
    """Return the type of each value of a record, and whether it has no default."""
    hints = get_type_hints(kind)
    return {
        each.name: (hints[each.name], each.default is MISSING and each.default_factory is MISSING)
        for each in fields(kind)
    }


def _typed(kind: Any, value: Any, name: str) -> Any:
    if kind in _SIMPLE:
        return _SIMPLE[kind](value, name)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{name!r} is not a list")
        return tuple(_typed(get_args(kind)[0], item, name) for item in value)
    if get_origin(kind) is Mapping:
        if not isinstance(value, dict):
            raise ValueError(f"{name!r} is not a JSON object")
        return {_text(key, name): _line(item, name) for key, item in value.items()}
    return _record(kind, value)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is not text")
    if not value.isascii() and _HALVES.search(value):
        raise ValueError(f"{name!r} has half a character")
    return value


def _line(value: Any, name: str) -> str:
    if not _text(value, name) or _CONTROLS.search(value):
        raise ValueError(f"{name!r} is not a line of text")
    return str(value)


def _integer(value: Any, name: str, *, low: int = -_LARGEST - 1, high: int = _LARGEST) -> int:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name!r} is not a whole number from {low} to {high}")
    return value


def _truth(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name!r} is neither true nor false")
    return value


_SIMPLE: Mapping[Any, Callable[[Any, str], Any]] = {
    str: _text,
    int: _integer,
    bool: _truth,
    int | None: _integer,
}


def _file_name(value: Any) -> str:
    name = _line(value, "media")
    if "/" in name or "\\" in name or name in (".", ".."):
        raise ValueError(f"{name!r:.40} is not the name of a file")
    return name


def _path(value: Any) -> str:
    path = _line(value, "path")
    if path.startswith("/") or "\\" in path or ".." in path.split("/"):
        raise ValueError(f"{path!r:.40} is not a path in the corpus folder")
    return path


def _only_once(key: Any, known: Iterable[Any]) -> None:
    if key in known:
        raise ValueError(f"{key!r:.60} is there twice")


def _check_type(kind: AdoptedType) -> None:
    """Check that Anki can use a note type. Raises `ValueError`."""
    _integer(kind.id, "type", low=1)
    _integer(kind.mod, "mod", low=0, high=LATEST_MOD)
    _line(kind.name, "name")
    names = [_line(each.name, "name") for each in kind.fields]
    if not names or len({*names}) < len(names) or not 0 <= kind.sort_field < len(names):
        raise ValueError("'fields' are not those of a note type")
    for name in (*kind.mapping.values(), *kind.merged):
        if name not in names:
            raise ValueError(f"{name!r:.60} is not a field of the note type")
    if unknown := sorted(kind.mapping.keys() - {*PARTS}):
        raise ValueError(f"{unknown[0]!r:.60} is not a part of a question")
    if not kind.templates or (kind.is_cloze and len(kind.templates) > 1):
        raise ValueError("'templates' are not those of a note type")


def _check_note(note: AdoptedNote, types: Mapping[int, AdoptedType]) -> None:
    """Check a note against its note type, which is in an earlier line. Raises `ValueError`."""
    kind = types.get(note.type)
    if kind is None:
        raise ValueError(f"its note type {note.type} is not above it")
    if not QUESTION_ID.fullmatch(note.question):
        raise ValueError(f"{note.question!r:.60} is not the id of a question")
    _line(note.guid, "guid")
    _integer(note.mod, "mod", low=0, high=LATEST_MOD)
    _integer(note.id, "id", low=0, high=LAST_NOTE_ID)
    if len(note.fields) != len(kind.fields) or any("\x1f" in text for text in note.fields):
        raise ValueError("'fields' are not those of its note type")
    if any(not tag or tag.split() != [tag] for tag in note.tags):
        raise ValueError("'tags' are not tags of Anki")
    last = LAST_ORDINAL if kind.is_cloze else len(kind.templates) - 1
    for card in note.cards:
        _integer(card.ordinal, "ordinal", low=0, high=last)
        _integer(card.id, "id", low=0, high=LAST_NOTE_ID)
        _line(card.deck, "deck")
    ordinals = [card.ordinal for card in note.cards]
    if not ordinals or ordinals != sorted({*ordinals}):
        raise ValueError("'cards' are not those of a note, by ordinal")
