"""Publishes the notes of an existing deck: unchanged, until their questions are edited.

Then the fields in the mapping get our HTML, and all others stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import escape, unescape
from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote

from builder.anki.note_types import NoteType, note_type
from builder.anki.release import Field, Origin, PackedNote, type_hash
from builder.anki.scripts import without_scripts
from builder.corpus.files import ADOPTED_FILE
from builder.corpus.model import QuestionOutline, Role, Settings, title_of
from builder.corpus.settings import SETTINGS_FILE
from builder.diagnostics import Diagnostic, Location
from builder.identity.adopted import (
    ADOPTED_SCRIPT,
    MISSING_MEDIA,
    SHARED_STYLE,
    Adopted,
    AdoptedNote,
    AdoptedType,
)
from builder.identity.guid import like
from builder.text import count

_FIELDS = {
    "prompt": "Prompt",
    "context": "Context",
    "options": "Options",
    "answer": "Answer",
    "details": "Details",
    "typed": "Typed",
    "source": "Source",
}
"""Names of cardpress's fields by the parts of a question."""
_SECTIONS = {
    role.value: (name, role)
    for name, role in (
        ("Why", Role.WHY),
        ("Weak answer", Role.WEAK_ANSWER),
        ("Pitfall", Role.PITFALL),
        ("Follow-up", Role.FOLLOW_UP),
        ("Read more", Role.READ_MORE),
    )
}
"""Names of cardpress's fields by sections, which need a heading in a field with other parts."""
_FOLLOWS = {
    "context": "prompt",
    "options": "prompt",
    "details": "answer",
    **dict.fromkeys(_SECTIONS, "answer"),
}
"""Part whose field a part is added to if it has none of its own."""
_PROMPT = ("prompt", "context", "options")
_SECTION = re.compile(r"^<h3>(.*?)</h3>\n?", re.MULTILINE)
_REFERENCE = re.compile(r"\{\{[#^]?(?:[^{}:]*:)*([^{}:]+)\}\}")
"""A field in a card template, whatever filters it has."""
_ONE_PARAGRAPH = re.compile(r"<p>((?:(?!</?p\b).)*)</p>\s*", re.DOTALL)
_MEDIA = re.compile(
    r"""<(?:img|audio|video|source|object)\b[^<>]*?\b(?:src|data)\s*=\s*("[^"]*"|'[^']*'|[^\s<>"']+)"""
    r"|\[sound:([^\]]+)\]",
    re.IGNORECASE,
)
_DROPPED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ACTIVE = (".js", ".mjs", ".html", ".htm", ".xhtml")
"""Suffixes of files that may contain scripts."""
_ALWAYS = ("_", "latex-")
"""Prefixes of files that fields may not name: those of templates, and formulas that Anki drew."""


def is_as_it_was(kept: AdoptedNote, question: QuestionOutline, text: str) -> bool:
    """Return whether a question has not changed since its note was adopted; `text` is its text's digest."""
    return kept.text == text and kept.topics == question.tags


def as_adopted(
    note: PackedNote,
    kept: AdoptedNote,
    kind: AdoptedType,
    question: QuestionOutline,
    text: str,
    settings: Settings,
) -> PackedNote:
    """Return the note of an existing deck as published for its question; `text` is the digest of its text.

    `note` is the note that the question would be without adoption.
    """
    fields = dict(zip((field.name for field in kind.fields), kept.fields, strict=True))
    fields = {name: published_text(html, settings) for name, html in fields.items()}
    is_edited = kept.text != text
    if is_edited:
        fields.update(_mapped(note, kind, settings))
    cards = note.cards if is_edited and kind.is_cloze else tuple(card.ordinal for card in kept.cards)
    return PackedNote(
        guid=kept.guid,
        type=kind.key,
        question=note.question,
        fields=fields,
        tags=_tags(kept, question, settings),
        deck=kept.cards[0].deck,
        cards=cards,
        origin=Origin(
            id=note.id,
            number=note.number,
            prompt=note.prompt,
            prompt_fields=prompt_fields(kind),
            mod=kept.mod if is_as_it_was(kept, question, text) else 0,
            note_id=kept.id,
            decks={card.ordinal: card.deck for card in kept.cards},
            card_ids={card.ordinal: card.id for card in kept.cards if card.id},
        ),
    )


def published_text(html: str, settings: Settings) -> str:
    """Return a text of an adopted note or note type as published: without scripts, unless they are kept."""
    return html if settings.adopted.keep_scripts else without_scripts(html)


def as_anki_keeps(html: str) -> str:
    """Return a field as an import changes it: composed characters, and no control characters."""
    return _DROPPED.sub("", normalize("NFC", html))


def prompt_fields(kind: AdoptedType) -> frozenset[str]:
    """Return the names of the fields that the prompt is written into."""
    return frozenset(kind.mapping[part] for part in _PROMPT if part in kind.mapping)


def _mapped(note: PackedNote, kind: AdoptedType, settings: Settings) -> dict[str, str]:
    """Return the new HTML of an adopted note's fields, by name; some become empty.

    A field that became a section with its name gets that section back.
    """
    titled = {name.casefold(): name for name in kind.merged}
    parts: dict[str, list[str]] = {name: [] for name in (*kind.mapping.values(), *kind.merged)}
    for part, html in _parts(note):
        field = kind.mapping.get(part)
        if part == "details":
            html, sections = _divided(html, titled)
            for name, section in sections:
                parts[name].append(section)
        elif part in _SECTIONS and field is None:
            label = title_of(_SECTIONS[part][1], settings.labels)
            field = titled.get(label.casefold()) or titled.get(part)
            html = f"<h3>{escape(label)}</h3>\n{html}" if html and field is None else html
        field = field or kind.mapping.get(_FOLLOWS.get(part, ""))
        if field is not None and html:
            parts[field].append(html)
    needed = _on_fronts(kind)
    return {
        name: _joined(found)
        for name, found in parts.items()
        if found or name not in kind.merged or name not in needed
    }


def _divided(html: str, titled: Mapping[str, str]) -> tuple[str, list[tuple[str, str]]]:
    """Divide details into the rest, and the sections that were fields, by the names of these."""
    first, *rest = _SECTION.split(html)
    stays, sections = [first], []
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        name = titled.get(unescape(title).casefold())
        if name is None:
            stays.append(f"<h3>{title}</h3>\n{body}")
        else:
            sections.append((name, body.strip("\n")))
    return "".join(stays).strip("\n") if sections else html, sections


def _on_fronts(kind: AdoptedType) -> frozenset[str]:
    """Return the names of the fields on the front of any card: without them, a front could be empty."""
    return frozenset(name.strip() for side in kind.templates for name in _REFERENCE.findall(side.front))


def _parts(note: PackedNote) -> Iterator[tuple[str, str]]:
    """Yield the parts of a question in the order of a card, as HTML."""
    for part, name in _FIELDS.items():
        html = note.fields.get(name, "")
        if part == "answer":  # a choice: its options, with the right one marked
            html = "\n".join(filter(None, (note.fields.get("Solution", ""), html)))
        yield part, html
        if part == "details":
            for section, (field, _) in _SECTIONS.items():
                yield section, note.fields.get(field, "")


def _joined(parts: list[str]) -> str:
    """Join parts of a field; a single paragraph gets no element, as in Anki's editor."""
    html = "\n".join(parts)
    paragraph = _ONE_PARAGRAPH.fullmatch(html)
    return paragraph[1] if paragraph else html


def _tags(kept: AdoptedNote, question: QuestionOutline, settings: Settings) -> tuple[str, ...]:
    """Return the note's tags: the old ones without those that the author removed, and the new ones."""
    if kept.topics == question.tags:
        return kept.tags
    gone = {tag.casefold() for tag in kept.topics} - {tag.casefold() for tag in question.tags}
    added = (f"{settings.id}::{tag}" for tag in question.tags if tag not in kept.topics)
    return (*(tag for tag in kept.tags if tag.casefold() not in gone), *added)


# --- what is said of them -------------------------------------------------------------------------


def check_adopted(adopted: Adopted, settings: Settings, folder: Path) -> Iterator[Diagnostic]:
    """Report scripts, whether left out or not, styles that other decks may share, and missing files."""
    place = Location(folder / ADOPTED_FILE)
    is_kept = settings.adopted.keep_scripts
    for what in _scripts(adopted):
        yield ADOPTED_SCRIPT.at(
            place,
            f"{what}: "
            + (
                "the package contains it, and Anki runs it"
                if is_kept
                else "the package leaves it out, so its cards may show less to new learners"
            ),
            f"if you do not trust it, remove keep-scripts from {SETTINGS_FILE}"
            if is_kept
            else f"read the script; to publish it, write keep-scripts = true under [adopted] in"
            f" {SETTINGS_FILE}",
        )
    if settings.adopted.our_style and adopted.types:
        names = ", ".join(repr(kind.name) for kind in adopted.types.values())
        yield SHARED_STYLE.at(
            place,
            f"the style sheet of cardpress changes all cards of {names}, also in other decks of your"
            f" learners",
            f"if other decks may use this note type, remove our-style from {SETTINGS_FILE}",
        )
    gone = [name for name, path in adopted.media.items() if not (folder / path).is_file()]
    if gone:
        others = f" (and {count(len(gone) - 1, 'other file')})" if len(gone) > 1 else ""
        yield MISSING_MEDIA.at(
            place,
            f"the file {adopted.media[gone[0]]!r} is gone, which adopted notes use as {gone[0]!r}{others}",
            "restore it from the corpus's history",
        )


def _scripts(adopted: Adopted) -> Iterator[str]:
    """Yield the places of scripts, as subjects of a sentence."""
    for kind in adopted.types.values():
        for side in kind.templates:
            if any(map(_has_script, (side.front, side.back, side.browser_front, side.browser_back))):
                yield f"the card template {side.name!r} of {kind.name!r} has a script"
    notes = [note for note in adopted.notes.values() if any(map(_has_script, note.fields))]
    if notes:
        others = f", and so have {count(len(notes) - 1, 'other note')}" if len(notes) > 1 else ""
        yield f"the adopted note of {notes[0].question!r} has a script{others}"
    for name in filter(_is_active, adopted.media):
        yield f"the file {name!r} may hold a script"


def _has_script(html: str) -> bool:
    return without_scripts(html) != html


# --- note types -----------------------------------------------------------------------------------


def note_types_of(
    names: Iterable[str], css: str, settings: Settings, adopted: Adopted
) -> dict[str, NoteType]:
    """Return note types by their names in the lock; `css` is our style sheet."""
    return {
        name: note_type(name, css, settings)
        if like(name) == name
        else _adopted_type(adopted.type_of(name), css, settings)
        for name in sorted({*names})
    }


def _adopted_type(kind: AdoptedType, css: str, settings: Settings) -> NoteType:
    """Return an adopted note type for a package."""
    published = partial(published_text, settings=settings)
    fields = tuple(
        {
            "name": field.name,
            **({} if field.id is None else {"id": field.id}),
            "sticky": field.is_sticky,
            "rtl": field.is_rtl,
            "plainText": field.is_plain_text,
            "collapsed": field.is_collapsed,
            "excludeFromSearch": field.is_unsearched,
            "font": field.font,
            "size": field.size,
            "description": field.description,
            **({} if field.tag is None else {"tag": field.tag}),
            "preventDeletion": field.is_kept,
        }
        for field in kind.fields
    )
    templates = tuple(
        {
            "name": side.name,
            **({} if side.id is None else {"id": side.id}),
            "qfmt": published(side.front),
            "afmt": published(side.back),
            "bqfmt": published(side.browser_front),
            "bafmt": published(side.browser_back),
            "bfont": side.browser_font,
            "bsize": side.browser_size,
        }
        for side in kind.templates
    )
    properties = {
        "latexPre": kind.latex_before,
        "latexPost": kind.latex_after,
        "latexsvg": kind.is_latex_svg,
        "originalStockKind": kind.stock_kind,
    }
    style = f"{kind.css}\n{css}" if settings.adopted.our_style else kind.css
    return NoteType(
        id=kind.id,
        name=kind.name,
        is_cloze=kind.is_cloze,
        css=style,
        fields=fields,
        templates=templates,
        sort_field=kind.sort_field,
        properties=properties,
        # The same hash as in the reader of packages, so that a lost lock can be restored from one.
        hash=type_hash(
            style,
            [
                Field(
                    field.name,
                    field.id,
                    field.is_collapsed,
                    field.is_unsearched,
                    field.description,
                    field.is_rtl,
                )
                for field in kind.fields
            ],
            [(side.name, side.id, published(side.front), published(side.back)) for side in kind.templates],
        ),
    )


# --- media ----------------------------------------------------------------------------------------


def media_of(notes: Iterable[PackedNote], adopted: Adopted, settings: Settings) -> dict[str, str]:
    """Return the files that notes of an existing deck need, by name: their paths in the corpus folder."""
    known = adopted.media
    if not known:
        return {}
    shown = {
        name
        for note in notes
        if note.origin
        for html in note.fields.values()
        for name in names_in(html)
        if name in known
    }
    needed = shown.union(name for name in known if name.startswith(_ALWAYS))
    return {
        name: known[name] for name in sorted(needed) if settings.adopted.keep_scripts or not _is_active(name)
    }


def _is_active(name: str) -> bool:
    return name.lower().endswith(_ACTIVE)


def names_in(html: str) -> Iterator[str]:
    """Yield the names of files that a field shows or plays, in any notation."""
    for found in _MEDIA.finditer(html):
        name = (found[1] or found[2]).strip("\"'")
        yield from {name, unescape(name), unquote(unescape(name))}
