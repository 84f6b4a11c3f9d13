"""The note types of a package: fields, card templates and fonts, with a hash of each."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from html import escape
from string import Template
from typing import Any

from builder.anki.release import Field, digest, type_hash
from builder.corpus.model import Settings
from builder.design import templates
from builder.design.fonts import card_fonts
from builder.design.language import direction
from builder.runtime.cache import Cache, fingerprint, key_of
from builder.runtime.serialize import DAMAGED, dump, load

FIELDS: tuple[tuple[str, int], ...] = (
    ("Prompt", 4_021_360_101),
    ("Context", 4_021_360_102),
    ("Answer", 4_021_360_103),
    ("Details", 4_021_360_104),
    ("Why", 4_021_360_105),
    ("Weak answer", 4_021_360_106),
    ("Pitfall", 4_021_360_107),
    ("Follow-up", 4_021_360_108),
    ("Read more", 4_021_360_109),
    ("Options", 4_021_360_110),
    ("Solution", 4_021_360_111),
    ("Typed", 4_021_360_112),
    ("Reverse", 4_021_360_113),
    ("Level", 4_021_360_114),
    ("Chapter", 4_021_360_115),
    ("Number", 4_021_360_116),
    ("Source", 4_021_360_117),
    ("ID", 4_021_360_118),
    ("Topics", 4_021_360_124),
    ("Has sound", 4_021_360_121),
    ("Spare prompt", 4_021_360_119),
    ("Spare answer", 4_021_360_120),
    ("Spare 1", 4_021_360_122),
    ("Spare 2", 4_021_360_123),
    ("Spare 3", 4_021_360_125),
    ("Spare 4", 4_021_360_126),
)
"""Every note type's fields, with their ids. Frozen: with another list, learners would get a second note
type, and their notes would never be updated again (docs/facts/anki.md, section 2). To use a spare field,
rename it and keep its id. `Has sound` is filled if the front plays a sound (builder.anki.fields)."""

_OPEN = frozenset(
    {
        *("Prompt", "Context", "Answer", "Details", "Why", "Weak answer", "Pitfall", "Follow-up"),
        *("Read more", "Options"),
    }
)
"""Fields that are open in Anki's editor: those that an author writes."""
_SEARCHED = _OPEN | {"Solution", "Number"}
"""Fields that a plain search looks into. The others have the level, the chapter or the corpus in every note:
a search for `senior` would find nearly all of them. `Level:senior` and tags find these."""
_DESCRIPTIONS: Mapping[str, str] = {
    "Number": "printed beside the question everywhere",
    "ID": "the question's name in its author's files",
}


def fields(language: str) -> tuple[Field, ...]:
    """Return the fields of every note type of a corpus. All but names and ids may change with any build.

    An import brings such changes to learners without updating a note (docs/facts/anki.md, section 2).
    """
    return tuple(
        Field(
            name,
            id_,
            name not in _OPEN,
            name not in _SEARCHED,
            _DESCRIPTIONS.get(name, ""),
            direction(language) == "rtl",
        )
        for name, id_ in FIELDS
    )


TEMPLATES: Mapping[str, tuple[tuple[str, str, int], ...]] = {
    "basic": (
        ("Forward", "basic", 4_021_360_201),
        ("Reverse", "reverse", 4_021_360_202),
        ("Spare", "spare", 4_021_360_203),
    ),
    "cloze": (("Cloze", "cloze", 4_021_360_301),),
}
"""Card templates of the note types: name, base name of the files, id. Frozen like the fields. In the basic
type, the second makes a card only if the field Reverse is filled, the third only if Spare prompt is."""


_FOOTER: Mapping[str, str] = {
    "number": "<span>{{Number}}</span> ",
    "chapter": "<span>{{Chapter}}</span> ",
    "level": "{{#Level}}<span>{{Level}}</span> {{/Level}}",
    "topics": "{{#Topics}}<span>{{Topics}}</span> {{/Topics}}",
    "source": '<span class="source">{{Source}}</span> ',
}
"""Templates of the parts of the footer on the back of a card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteType:
    """A note type in a package."""

    id: int
    name: str
    """Name that learners see. Anki identifies the type by its id."""
    is_cloze: bool
    css: str
    fields: tuple[Mapping[str, Any], ...]
    """Fields by Anki's names for their properties."""
    templates: tuple[Mapping[str, Any], ...]
    hash: str
    """Hash of its look and structure, for the lock."""
    sort_field: int = 0
    properties: Mapping[str, Any] | None = None
    """Other properties by Anki's names for them, if the type is of another deck."""

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of its fields, in order."""
        return tuple(field["name"] for field in self.fields)


def note_type(name: str, css: str, settings: Settings) -> NoteType:
    """Return a note type of a corpus; `css` includes the rules of fonts.

    Each corpus has its own note types, so that two authors' styles do not affect each other's cards.
    """
    own = fields(settings.language)
    sides = [(side, id_, *card_template(file, settings)) for side, file, id_ in TEMPLATES[name]]
    return NoteType(
        id=stable_id(f"{settings.id}:{name}"),
        name=f"{settings.title} ({name})",
        is_cloze=name == "cloze",
        css=css,
        fields=tuple(
            {
                "name": field.name,
                "id": field.id,
                "collapsed": field.is_collapsed,
                "excludeFromSearch": field.is_unsearched,
                "description": field.description,
                "rtl": field.is_rtl,
            }
            for field in own
        ),
        templates=tuple(
            {"name": side, "qfmt": front, "afmt": back, "id": id_} for side, id_, front, back in sides
        ),
        hash=type_hash(css, own, sides),
    )


def stable_id(name: str) -> int:
    """Return an id derived from a name: positive and below 2^53, as JSON readers need it."""
    return int(digest(name)[:13], 16) | 1 << 40


def with_fonts(css: str, rules: str) -> str:
    """Return a note type's style sheet with the `@font-face` rules of the package's fonts."""
    return f"{rules}\n{css}"


@dataclass(frozen=True, slots=True)
class _Fonts:
    """Fonts of cards: their `@font-face` rules, and their files in base 64 by name."""

    rules: str
    files: Mapping[str, str]


def kept_fonts(cache: Cache) -> tuple[str, Mapping[str, bytes]]:
    """Return the result of `card_fonts`, cached: importing HarfBuzz takes a tenth of a short build."""
    key = key_of(fingerprint(), "card fonts")
    with suppress(*DAMAGED):
        if stored := cache.get(key):
            kept = load(_Fonts, stored)
            return kept.rules, {name: b64decode(file) for name, file in kept.files.items()}
    rules, files = card_fonts()
    cache.put(key, dump(_Fonts(rules, {name: b64encode(file).decode() for name, file in files.items()})))
    return rules, files


def card_template(name: str, settings: Settings) -> tuple[str, str]:
    """Return the front and back of a corpus's card template, by the base name of its files.

    A card has its own language and direction, or else it would get those of Anki's interface.
    """
    language = settings.language
    back = templates.read(f"{name}-back").replace("<!-- card-rest -->\n", templates.read("card-rest"))
    opening = f'<div class="cp" lang="{escape(language)}" dir="{direction(language)}">'
    labels = {name: escape(label) for name, label in asdict(settings.labels).items()}
    parts = "".join(_FOOTER[part] for part in settings.cards.footer).rstrip()
    footer = f'<div class="footer">{parts}</div>' if parts else ""
    front, back = (
        Template(side.replace('<div class="cp">', opening)).substitute(labels, footer=footer)
        for side in (templates.read(f"{name}-front"), back)
    )
    return front, back
