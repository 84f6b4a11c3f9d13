"""Notes of Anki become questions: which field has which part, and their HTML as Markdown."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as BadBase64
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from builder.anki.decks import StoredDecks
from builder.corpus.images import SUFFIXES, ImageError, check_image
from builder.corpus.sounds import fault_of_sound
from builder.identity.adopted import NOTHING_ADOPTED, Adopted, AdoptedNote, AdoptedType
from builder.importing.boxes import as_choice
from builder.importing.cloze_prompts import prompt_of_cloze
from builder.importing.field_tree import length_of, words_of
from builder.importing.html_to_markdown import Reading, to_markdown
from builder.importing.model import (
    ImportedChapter,
    ImportedQuestion,
    Loss,
    Material,
    PartMap,
    PartMaps,
    Request,
    Role,
)
from builder.importing.note_types import Guess, guess, scripts_in, words_of_template
from builder.importing.occlusion import MARK, Boxes, boxes_of
from builder.importing.own_html import OwnHtml, languages_in
from builder.importing.own_notes import ANKIS_OWN_TAGS, name_before_build, own_notes
from builder.importing.runs import one_line
from builder.markdown.parser import blocks, is_web_address, parse
from builder.markdown.sounds import SUFFIXES as SOUNDS
from builder.runtime.regular_files import SOUND_LIMIT
from builder.text import hyphenated

_IMAGE = re.compile(r"!\[(?:\\.|[^\]\\])*\]\((?:<[^>]*>|[^)\s]*)\)(?:\{width=[^}]*\})?")
_DATA = re.compile(r"data:(image/(?:png|jpeg|gif|webp|svg\+xml))(;base64)?,(.*)", re.DOTALL)
_SHOWN = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))|\[sound:([^\]]*)\]""", re.IGNORECASE)
_OF_TEMPLATES = ("_", "latex-")
"""Beginnings of the names of files that templates use, and of formulas that Anki drew."""
_OCCLUSION = 6
"""Number of Anki's own note type for image occlusion."""
_SUFFIXES = {"image/jpeg": ".jpg", "image/svg+xml": ".svg"}
_MOST_DATA = 32 << 20
_LONGEST_JOINED = 120
"""Characters of a prompt on several lines that is written on one."""


@dataclass(frozen=True, slots=True)
class _Media:
    """Files that notes show: which of them are there, and by what names a corpus has them."""

    files: Mapping[str, Path]
    """Files, by the package's names for them."""
    known: Mapping[str, str]
    """Names of those that can be shown, by the names that fields may use for them."""
    scratch: Path
    taken: dict[str, str] = field(default_factory=dict)
    """Names in the corpus, by the package's."""
    made: dict[str, Path] = field(default_factory=dict)
    """Files that are no part of the package, by their names in the corpus."""
    remote: set[str] = field(default_factory=set)
    fetch: Callable[[str], Path | None] | None = None
    used: set[str] = field(default_factory=set)
    """Names in the corpus, in lower case."""
    fetched: dict[str, str] = field(default_factory=dict)
    """Names in the corpus of what was downloaded, by addresses."""

    def file(self, src: str) -> str | None:
        """Return what a chapter writes for an image or a sound; None where there is none."""
        if is_web_address(src):
            return self._on_the_web(src)
        if src.startswith("data:"):
            return self._embedded(src)
        name = next(
            (self.known[each] for each in (src, unquote(src), src.strip()) if each in self.known), None
        )
        if name is None:
            return None
        return self.name(name)

    def name(self, name: str) -> str:
        """Return the path of a file in the corpus, by its name in the package.

        A build puts the digest of its content into the name: without it, the file has the same name again.
        """
        if name not in self.taken:
            self.taken[name] = self._free(name_before_build(name, self.files[name]))
        return f"media/{self.taken[name]}"

    def _on_the_web(self, src: str) -> str:
        if src not in self.fetched and self.fetch and (path := self.fetch(src)):
            self.fetched[src] = self._free(PurePosixPath(unquote(urlsplit(src).path)).stem[:40] + path.suffix)
            self.made[self.fetched[src]] = path
        if src in self.fetched:
            return f"media/{self.fetched[src]}"
        self.remote.add(src)
        return src

    def _embedded(self, src: str) -> str | None:
        found = _DATA.fullmatch(src)
        if found is None or len(src) > _MOST_DATA:
            return None
        try:
            data = b64decode(re.sub(r"\s", "", found[3])) if found[2] else unquote(found[3]).encode()
        except (BadBase64, ValueError):
            return None
        suffix = _SUFFIXES.get(found[1], "." + found[1].partition("/")[2])
        name = self._free(f"embedded-{len(self.made) + 1}{suffix}")
        self.made[name] = self.scratch / f"embedded-{len(self.made)}"
        self.made[name].write_bytes(data)
        return f"media/{name}"

    def _free(self, name: str) -> str:
        path = PurePosixPath(name)
        stem = hyphenated(path.stem, "_.-").strip("-.") or "file"
        suffix = re.sub(r"[^A-Za-z0-9.]", "", path.suffix.lower())
        name, number = f"{stem}{suffix}", 1
        while name.casefold() in self.used:
            number += 1
            name = f"{stem}-{number}{suffix}"
        self.used.add(name.casefold())
        return name


@dataclass(slots=True)
class _Importer:
    """Turns the notes of one source into questions, and collects the losses."""

    stored: StoredDecks
    maps: PartMaps
    media: _Media
    own_html: OwnHtml
    """Reads the fields that have the HTML of cardpress."""
    losses: list[Loss] = field(default_factory=list)
    guesses: dict[int, Guess] = field(default_factory=dict)
    mapped: dict[int, PartMap] = field(default_factory=dict)
    untyped: set[int] = field(default_factory=set)
    """Note types that ask to type an answer of which not every one can be typed."""

    def question(self, note: AdoptedNote, chapter: str) -> ImportedQuestion:
        type_, known = self.stored.types[note.type], self.guess(note.type)
        parts = self.mapped[note.type].parts
        kind = self.mapped[note.type].kind
        place = f"{chapter}: {_beginning(note)}"
        texts: dict[Role, list[str]] = {}
        sections: list[tuple[str, str]] = []
        given: dict[Role, str] = {}
        boxes = Boxes("")
        for each, html in zip(type_.fields, note.fields, strict=True):
            role = parts[each.name]
            if not html.strip():
                continue
            if role in ("id", "tags", "chapter", "guid"):
                given[role] = " ".join(words_of(html)).strip()
                continue
            if role == "nothing" and each.name in known.switches:
                continue
            if role == "nothing":
                self.losses.append(Loss(place, "field", f"{each.name!r} is not imported"))
                continue
            if MARK in html:
                boxes = boxes_of(html)
                self.losses += [Loss(place, loss.kind, loss.message) for loss in boxes.losses]
                continue
            text = self.converted(html, each.name, kind, known, place)
            if role == "section":
                sections.append((each.name, text))
            elif text:  # options whose right one no field names are a part of the front
                texts.setdefault("context" if role == "options" else role, []).append(text)
        prompt, context = _prompt_of(texts.get("prompt", []))
        joined = {role: "\n\n".join(found) for role, found in texts.items()}
        answer = joined.get("answer", "")
        if not answer and sections:
            answer = sections.pop(0)[1]
        if boxes.lines:
            kind = "occlusion"
            answer = "\n\n".join(filter(None, (context, joined.pop("context", ""), boxes.lines, answer)))
            context = ""
        context = "\n\n".join(filter(None, (context, joined.get("context", ""))))
        if kind in ("", "reversed") and (choice := as_choice(context, answer)):
            kind, (context, answer) = "choice", choice
        if kind == "cloze":
            prompt = prompt or prompt_of_cloze(answer)
            kind = "cloze" if "{{c" in answer else ""
        if kind == "reversed" and all(card.ordinal != 1 for card in note.cards):
            kind = ""
        if kind == "typed":
            typed = _as_typed(answer)
            kind, answer = ("typed", typed) if typed else ("", answer)
            if not typed:
                self.untyped.add(note.type)
                self.losses.append(Loss(place, "typed answer", "it is more than one line of plain text"))
        return ImportedQuestion(
            prompt=prompt,
            context=context,
            answer=answer,
            details=joined.get("details", ""),
            sections=tuple((name, text) for name, text in sections if text),
            kind=kind,
            attributes=(("hide", "all"),) if boxes.hides_all and boxes.lines else (),
            tags=tuple(
                tag
                for tag in (*note.tags, *given.get("tags", "").replace(",", " ").split())
                if tag.lower() not in ANKIS_OWN_TAGS
            ),
            id=given.get("id", ""),
            guid=note.guid,
            place=place,
        )

    def guess(self, type_id: int) -> Guess:
        if type_id not in self.guesses:
            type_ = self.stored.types[type_id]
            self.guesses[type_id] = guess(type_)
            chosen = self.maps.get(type_.name, self.guesses[type_id].map)
            parts = {each.name: chosen.parts.get(each.name, "nothing") for each in type_.fields}
            self.mapped[type_id] = replace(chosen, parts=parts)
            for name in self.guesses[type_id].wraps:
                message = f"edits do not reach {name!r} of the old notes: their template takes it for TeX"
                self.losses.append(Loss(f"note type {type_.name!r}", "typeset field", message))
            words = words_of_template(type_)
            if words:
                message = f"the front's own words are in no chapter: {words[:80]!r}"
                self.losses.append(Loss(f"note type {type_.name!r}", "words of a template", message))
        return self.guesses[type_id]

    def converted(self, html: str, name: str, kind: str, known: Guess, place: str) -> str:
        reading = Reading(
            is_cloze=kind == "cloze" and name in known.clozes,
            has_readings=name in known.readings,
            file=self.media.file,
        )
        if (exact := self.own_html.exact(html, is_cloze=reading.is_cloze)) is not None:
            return exact
        opening, closing = known.wraps.get(name, ("", ""))
        found = to_markdown(f"{opening}{html}{closing}", reading)
        self.losses += [Loss(place, loss.kind, loss.message) for loss in found.losses]
        return found.text


def _media_of(stored: StoredDecks, request: Request) -> _Media:
    """Take out the files that fields show, and leave out those that nothing can show."""
    known = {name.casefold(): name for name in stored.media} | {name: name for name in stored.media}
    wanted = {
        known[name]: request.scratch / f"media-{number}{PurePosixPath(name).suffix.lower()}"
        for number, name in enumerate(dict.fromkeys(_names_in(stored)))
        if name in known
    }
    always = {name for name in stored.media if name.startswith(_OF_TEMPLATES) and name not in wanted}
    wanted |= {name: request.scratch / f"template-{number}" for number, name in enumerate(sorted(always))}
    stored.extract(wanted)
    shown = {name for name, path in wanted.items() if name not in always and _can_be_shown(path)}
    return _Media(
        wanted,
        {each: name for each, name in known.items() if name in shown},
        request.scratch,
        fetch=request.fetch,
    )


def _names_in(stored: StoredDecks) -> Iterator[str]:
    for note in stored.notes:
        for html in note.fields:
            for found in _SHOWN.finditer(html) if "[" in html or "<" in html else ():
                name = unescape(next(filter(None, found.groups()), "")).strip()
                yield from (name, unquote(name), name.casefold())


def _can_be_shown(path: Path) -> bool:
    """Tell whether a file is a sound or an image that a chapter can have."""
    if path.suffix in SOUNDS:
        size = path.stat().st_size
        return size <= SOUND_LIMIT and fault_of_sound(path.suffix, path.read_bytes()) is None
    if path.suffix not in SUFFIXES:
        return False
    try:
        check_image(path, path.name)
    except ImageError:
        return False
    return True


def material_of(stored: StoredDecks, request: Request, title: str) -> Material:
    """Return the questions of decks, with everything that keeps their learners' histories.

    Raises `SourceError` for a text that no card can show.
    """
    for note in stored.notes:
        for text in note.fields:
            length_of(text)  # before anything looks through it
    media = _media_of(stored, request)
    html = OwnHtml(media.file, languages=languages_in(each for note in stored.notes for each in note.fields))
    importer = _Importer(stored, request.maps, media, html)
    undecided = {id_: kind for id_, kind in stored.types.items() if kind.name not in request.maps}
    own = own_notes(stored.notes, undecided)
    others = [note for note in stored.notes if note.guid not in own.notes]
    root = _root([card.deck for note in others for card in note.cards])
    chapters: dict[str, list[ImportedQuestion]] = {}
    for note in others:
        chapter = _chapter(note.cards[0].deck, root)
        chapters.setdefault(chapter, []).append(importer.question(note, chapter))
    own_chapters = own.chapters(html)
    importer.losses += own.losses
    importer.losses += [
        Loss(guid, "note of the same GUID", "Anki imports only the first of several")
        for guid in stored.repeated
    ]
    taken = importer.media.taken
    counts = _counts(stored, taken)
    is_adopted = stored.is_adoptable and bool(others)
    for name in importer.media.files if is_adopted else ():
        importer.media.name(name)
    copied = {taken[name]: media.files[name] for name in taken} | media.made
    for src in sorted(importer.media.remote):
        hint = "it cannot be downloaded" if request.fetch else "--fetch downloads it"
        importer.losses.append(Loss(src[:200], "image on the web", hint))
    types = [stored.types[id_] for id_ in importer.guesses]
    return Material(
        title=own.title or root.rpartition("::")[2] or title,
        deck=own.deck or root,
        id=own.corpus,
        language=own.language,
        source=own.source,
        chapters=tuple(_with_own(chapters, own_chapters)),
        media=copied,
        losses=tuple(importer.losses),
        maps={type_.name: importer.mapped[type_.id] for type_ in types},
        counts=counts,
        scripts=tuple(place for type_ in types for place in scripts_in(type_)),
        explained=_explained(stored, importer, own.types),
        adopted=_adopted(stored, others, importer) if is_adopted else NOTHING_ADOPTED,
    )


def _counts(stored: StoredDecks, shown: Mapping[str, str]) -> dict[str, int]:
    sounds = sum(not name.endswith(SUFFIXES) for name in shown.values())
    return {
        "notes": len(stored.notes),
        "cards": sum(len(note.cards) for note in stored.notes),
        "images": len(shown) - sounds,
        "sounds": sounds,
    }


def _with_own(
    chapters: Mapping[str, Sequence[ImportedQuestion]], own: Sequence[ImportedChapter]
) -> Iterator[ImportedChapter]:
    """Yield chapters, each with the questions of our own notes that are in the same one."""
    by_title = {each.title: each for each in own}
    for name, questions in chapters.items():
        same = by_title.pop(name, ImportedChapter(title=name))
        yield replace(same, questions=(*questions, *same.questions))
    yield from by_title.values()


def _explained(stored: StoredDecks, importer: _Importer, own: Collection[int]) -> float:
    """Return the share of notes whose type was decided, or guessed from clear names."""
    sure = {*own} | {
        id_
        for id_, each in importer.guesses.items()
        if each.is_sure or stored.types[id_].name in importer.maps
    }
    types = Counter(note.type for note in stored.notes)
    return sum(number for id_, number in types.items() if id_ in sure) / max(1, len(stored.notes))


def _adopted(stored: StoredDecks, notes: Sequence[AdoptedNote], importer: _Importer) -> Adopted:
    """Return what notes and note types were; questions get their ids when they are written."""
    return Adopted(
        types={
            id_: _with_mapping(
                stored.types[id_],
                importer.mapped[id_],
                guessed.wraps,
                is_typed=id_ not in importer.untyped,
            )
            for id_, guessed in importer.guesses.items()
        },
        notes={note.guid: note for note in notes},
        decks=stored.decks,
        media={name: f"media/{file}" for name, file in importer.media.taken.items()},
    )


_PARTS: Mapping[Role, str] = {
    "prompt": "prompt",
    "context": "context",
    "answer": "answer",
    "details": "details",
}


def _with_mapping(
    type_: AdoptedType, parts: PartMap, typeset: Collection[str], *, is_typed: bool
) -> AdoptedType:
    """Return a note type with the fields that a question's parts are written into once it is edited."""
    mapping: dict[str, str] = {}
    merged: list[str] = []
    for name, role in parts.parts.items():
        if name in typeset:
            continue  # HTML in it would be read as TeX
        part = _PARTS.get(role)
        if type_.stock_kind == _OCCLUSION and part in ("answer", "context"):
            continue  # Anki draws the shapes of these fields, and shows no Markdown in them
        if part == "answer" and parts.kind == "typed" and is_typed:
            part = "typed"  # Anki compares all of the field with what was typed
        if part and part not in mapping:
            mapping[part] = name
        elif role != "nothing":
            merged.append(name)
    return replace(type_, mapping=mapping, merged=tuple(merged))


def _root(decks: Sequence[str]) -> str:
    """Return the deck that all decks are, or are in."""
    if not decks:
        return ""
    first, *others = ([*each.split("::")] for each in {*decks})
    length = next(
        (
            place
            for place, name in enumerate(first)
            if any(other[place : place + 1] != [name] for other in others)
        ),
        len(first),
    )
    return "::".join(first[:length])


def _chapter(deck: str, root: str) -> str:
    rest = deck.removeprefix(root).removeprefix("::") if root else deck
    return (rest or deck.rpartition("::")[2]).replace("::", " – ")


def _beginning(note: AdoptedNote) -> str:
    """Return the first words of a note, for a message."""
    for text in note.fields:
        words = " ".join(re.sub(r"<[^<>]*>|&\w+;|\[sound:[^\]]*\]", " ", text[:2000]).split())
        if words:
            return words[:60]
    return note.guid


def _prompt_of(texts: Sequence[str]) -> tuple[str, str]:
    """Divide the front into the one line that a heading has, and all else."""
    text = "\n\n".join(texts)
    found = list(blocks(parse(text)))
    if not found or found[0][0].type not in ("paragraph_open", "heading_open"):
        return "", text
    lines = text.split("\n")
    start, end = found[0][0].map or (0, 1)
    first, rest = lines[start:end], "\n".join(lines[end:]).strip("\n")
    if found[0][0].type == "heading_open":
        return first[0].lstrip("# "), rest
    paragraph = "\n".join(first)
    images = _IMAGE.findall(paragraph)
    words = _IMAGE.sub(" ", paragraph).strip().strip("\\").strip()
    if len(one_line(words)) > _LONGEST_JOINED and "\\\n" in words:
        words, _, more = words.partition("\\\n")
        rest = "\n\n".join(filter(None, (more.strip(), rest)))
    return one_line(words), "\n\n".join(filter(None, (" ".join(images), rest)))


def _as_typed(answer: str) -> str:
    """Return an answer that is one bare line as what a learner types; empty if it is more."""
    found = parse(answer)
    children = found[1].children or [] if len(found) == 3 else []
    if len(children) != 1 or children[0].type != "text" or "`" in children[0].content:
        return ""
    return f"`{children[0].content}`"
