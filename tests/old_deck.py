"""An existing deck, made in the real Anki as somebody would, and a corpus made from it."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest

from builder.identity.adopted import (
    Adopted,
    AdoptedCard,
    AdoptedField,
    AdoptedNote,
    AdoptedTemplate,
    AdoptedType,
)
from builder.pipeline.adopt import adopt
from builder.runtime.cache import NO_CACHE
from tests.conftest import CASES

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")
from anki.collection import (
    Collection,
    DeckIdLimit,
    ExportAnkiPackageOptions,
    ImportAnkiPackageOptions,
    ImportAnkiPackageRequest,
)
from anki.decks import DeckId
from anki.notes import Note

Format = Literal["anki2", "anki21", "anki21b"]
"""Names of a collection in a package, oldest format first; genanki writes the oldest, Anki both others."""
FORMATS: tuple[Format, ...] = ("anki2", "anki21", "anki21b")
_LONG_AGO, _TAGGED = 1_600_000_000, 1_700_000_000
"""Times at which the deck was made, and at which its learner tags notes."""
SCRIPT = "<script>document.title = 'x'</script>"
_TYPES: Mapping[str, dict[str, Any]] = {
    "Vocabulary": {
        "flds": ("Word", "Meaning", "Sound", "Hint"),
        "tmpls": (
            ("Forward", "{{Word}}{{Sound}}", f"{{{{FrontSide}}}}<hr id=answer>{{{{Meaning}}}}{SCRIPT}"),
            ("Backward", "{{Meaning}}", "{{FrontSide}}<hr>{{Word}}"),
            ("Listening", "{{#Sound}}{{Sound}}{{/Sound}}", "{{Word}}"),
        ),
        "css": ".card { color: navy; text-align: center }",
    },
    "Gaps": {
        "flds": ("Text", "Extra"),
        "tmpls": (("Cloze", "{{cloze:Text}}", "{{cloze:Text}}<br>{{Extra}}"),),
        "css": ".cloze { color: teal }",
    },
}
NOTES: Mapping[str, tuple[str, str, tuple[str, ...], str]] = {
    "to-be": (
        "q7$:x",
        "Vocabulary",
        ("ser <i>o</i> estar", "to be", "[sound:a b.wav]", "two verbs"),
        "verbs",
    ),
    "house": (
        "a b%c\u00e9",
        "Vocabulary",
        ("la casa", '<img src="blue.png"> house', "", ""),
        "nouns unit::1",
    ),
    "give": ("demo:basic:give", "Vocabulary", ("dar&nbsp;", "to give", "", "&lt;irregular&gt;"), ""),
    "capital": (
        "Gq,F*{oE:s",
        "Gaps",
        ("{{c1::Madrid}} is the capital of {{c2::Spain::a country}}.", "x"),
        "",
    ),
}
"""By the ids that their questions get: GUID, note type, fields and tags."""
MAPPING: Mapping[str, Mapping[str, str]] = {
    "Vocabulary": {"prompt": "Word", "answer": "Meaning"},
    "Gaps": {"answer": "Text", "details": "Extra"},
}
CHAPTER = """\
# Spanish

## ser *o* estar {#to-be tags="verbs"}

to be

## la casa {#house tags="nouns unit"}

![blue](media/blue.png) house

## dar {#give}

to give

## Complete: the capital {#capital .cloze}

{{c1::Madrid}} is the capital of {{c2::Spain::a country}}.

<!-- more -->

x
"""
DECK = "Spanish"
NEW = "\n## ver {#see}\n\nto see\n"


@dataclass(frozen=True, slots=True)
class OldDeck:
    """A deck that learners have, in all formats of a package, and what is adopted of it."""

    packages: Mapping[Format, Path]
    adopted: Adopted


def make_old_deck(folder: Path) -> OldDeck:
    """Make the deck in a new collection, long ago, and export it."""
    folder.mkdir()
    collection = Collection(str(folder / "collection.anki2"))
    try:
        _fill(collection)
        packages = {name: folder / f"old-{name}.apkg" for name in FORMATS}
        for name in FORMATS[1:]:
            collection.export_anki_package(
                out_path=str(packages[name]),
                options=ExportAnkiPackageOptions(with_media=True, legacy=name == "anki21"),
                limit=DeckIdLimit(deck_id=_deck(collection, DECK)),
            )
        _rename_collection(packages["anki21"], packages["anki2"])
        return OldDeck(packages, _adopted(collection))
    finally:
        collection.close()


def _rename_collection(package: Path, target: Path) -> None:
    """Write a package of Anki's second format as one of the first: both have the same tables."""
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(target, "w") as new:
        new.writestr("collection.anki2", old.read("collection.anki21"))
        for name in old.namelist():
            if not name.startswith(("collection.", "meta")):
                new.writestr(name, old.read(name))


def _fill(collection: Collection) -> None:
    assert collection.db
    for name, parts in _TYPES.items():
        kind = collection.models.new(name)
        kind["type"], kind["css"] = int(name == "Gaps"), parts["css"]
        for field in parts["flds"]:
            collection.models.add_field(kind, collection.models.new_field(field))
        for side, front, back in parts["tmpls"]:
            template = collection.models.new_template(side)
            template["qfmt"], template["afmt"] = front, back
            collection.models.add_template(kind, template)
        collection.models.add_dict(kind)
    shutil.copy(CASES / "media" / "hund.wav", Path(collection.media.dir()) / "a b.wav")
    shutil.copy(CASES / "media" / "blue.png", Path(collection.media.dir()) / "blue.png")
    decks = [_deck(collection, name) for name in (DECK, f"{DECK}::Listening")]
    ids = count(_LONG_AGO * 1000)
    for guid, name, fields, tags in NOTES.values():
        known = collection.models.by_name(name)
        assert known
        note = collection.new_note(known)
        note.fields, note.tags, note.guid = list(fields), tags.split(), guid
        collection.add_note(note, decks[0])
        # As genanki numbers them, one after the other: there is no room for more cards of a note.
        id_ = next(ids)
        for card in note.cards():
            deck = decks[card.ord == 2]
            collection.db.execute("UPDATE cards SET nid = ?, did = ? WHERE id = ?", id_, deck, card.id)
            collection.db.execute("UPDATE cards SET id = ? WHERE id = ?", next(ids), card.id)
        collection.db.execute("UPDATE notes SET id = ? WHERE id = ?", id_, note.id)
    collection.db.execute("UPDATE notes SET mod = ?", _LONG_AGO)
    collection.db.execute("UPDATE notetypes SET mtime_secs = ?", _LONG_AGO)
    collection.models._clear_cache()


def _deck(collection: Collection, name: str) -> DeckId:
    id_ = collection.decks.id(name)
    assert id_
    return id_


def _adopted(collection: Collection) -> Adopted:
    """Describe the deck as an import does, of what the real Anki says of it."""
    assert collection.db
    decks = {deck.id: deck.name for deck in collection.decks.all_names_and_ids()}
    kinds = [collection.models.by_name(name) for name in _TYPES]
    notes: dict[str, AdoptedNote] = {}
    for question, (guid, *_) in NOTES.items():
        (row,) = collection.db.all("SELECT id, mid, mod, flds, tags FROM notes WHERE guid = ?", guid)
        id_, type_, mod, fields, tags = row
        cards = collection.db.all("SELECT ord, did, id FROM cards WHERE nid = ? ORDER BY ord", id_)
        notes[question] = AdoptedNote(
            question=question,
            guid=guid,
            type=type_,
            mod=mod,
            id=id_,
            fields=tuple(fields.split("\x1f")),
            tags=tuple(tags.split()),
            cards=tuple(AdoptedCard(ordinal=ord_, deck=decks[did], id=cid) for ord_, did, cid in cards),
        )
    used = {card.deck for note in notes.values() for card in note.cards}
    return Adopted(
        types={kind["id"]: _adopted_type(json.loads(json.dumps(kind))) for kind in kinds if kind},
        notes=notes,
        decks={name: id_ for id_, name in decks.items() if name in used},
        media={"a b.wav": "media/a-b.wav", "blue.png": "media/blue.png"},
    )


def _adopted_type(kind: dict[str, Any]) -> AdoptedType:
    return AdoptedType(
        id=kind["id"],
        name=kind["name"],
        mod=_LONG_AGO,
        is_cloze=kind["type"] == 1,
        css=kind["css"],
        fields=tuple(
            AdoptedField(
                name=field["name"],
                id=field["id"],
                font=field["font"],
                size=field["size"],
                is_plain_text=field["plainText"],
            )
            for field in kind["flds"]
        ),
        templates=tuple(
            AdoptedTemplate(name=side["name"], id=side["id"], front=side["qfmt"], back=side["afmt"])
            for side in kind["tmpls"]
        ),
        stock_kind=kind.get("originalStockKind", 0),
        latex_before=kind["latexPre"],
        latex_after=kind["latexPost"],
        mapping=MAPPING[kind["name"]],
    )


def write_adopted_corpus(folder: Path, old: OldDeck) -> Path:
    """Write the corpus that is made from the deck, and adopt its notes."""
    (folder / "media").mkdir(parents=True)
    (folder / "deck.toml").write_text(f'id = "spanish"\ntitle = "Spanish"\ndeck = "{DECK}"\n')
    (folder / "01-spanish.md").write_text(CHAPTER)
    shutil.copy(CASES / "media" / "hund.wav", folder / "media" / "a-b.wav")
    shutil.copy(CASES / "media" / "blue.png", folder / "media")
    assert adopt(folder, old.adopted, NO_CACHE) == []
    return folder


class OldLearner:
    """Who has the old deck, in a collection of their own."""

    def __init__(self, folder: Path, package: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.collection = Collection(str(folder / "collection.anki2"))
        if package:
            self.imports(package)

    def imports(self, package: Path, **options: Any) -> dict[str, int]:
        """Import a package with Anki's default options, and count what the import says."""
        request = ImportAnkiPackageRequest(
            package_path=str(package), options=ImportAnkiPackageOptions(**options)
        )
        log = self.collection.import_anki_package(request).log
        self.collection.models._clear_cache()
        names = ("new", "updated", "duplicate", "conflicting")
        return {name: len(getattr(log, name)) for name in names if len(getattr(log, name))}

    def reviews(self, search: str = "") -> None:
        """Answer cards, whether they are due or not."""
        for card_id in self.collection.find_cards(search):
            card = self.collection.get_card(card_id)
            card.start_timer()
            self.collection.sched.answerCard(card, 3)

    def kind(self, name: str) -> dict[str, Any]:
        """Return a note type."""
        found = self.collection.models.by_name(name)
        assert found
        return dict(found)

    def tags(self, tag: str, at: int = _TAGGED) -> None:
        """Give all notes a tag; if nothing else is said, some time before the corpus is built."""
        assert self.collection.db
        self.collection.tags.bulk_add(self.collection.find_notes(""), tag)
        self.collection.db.execute("UPDATE notes SET mod = ?", at)

    def decks(self) -> list[str]:
        """Return the names of the cards' decks, in the order of the cards."""
        assert self.collection.db
        return [
            self.collection.decks.name(deck_id)
            for deck_id in self.collection.db.list("SELECT did FROM cards ORDER BY id")
        ]

    def rows(self) -> dict[str, list[Any]]:
        """Return all that the collection keeps: cards with their schedule, reviews, notes and note types."""
        assert self.collection.db
        return {
            table: self.collection.db.all(query)
            for table, query in {
                "cards": "SELECT * FROM cards ORDER BY id",
                "reviews": "SELECT * FROM revlog ORDER BY id",
                "notes": "SELECT id, guid, mid, mod, tags, flds FROM notes ORDER BY id",
                "types": "SELECT id, name, config FROM notetypes ORDER BY id",
                "templates": "SELECT ntid, ord, name, config FROM templates ORDER BY ntid, ord",
                "fields": "SELECT ntid, ord, name, config FROM fields ORDER BY ntid, ord",
                "tags": "SELECT tag FROM tags ORDER BY tag",
            }.items()
        }

    def note(self, question: str) -> Note:
        """Return the note of a question of the old deck."""
        assert self.collection.db
        note_id = self.collection.db.scalar("SELECT id FROM notes WHERE guid = ?", NOTES[question][0])
        return self.collection.get_note(note_id)

    def media(self) -> set[str]:
        """Return the names of the collection's files."""
        return {path.name for path in Path(self.collection.media.dir()).iterdir()}

    def exports(self, package: Path, *, is_legacy: bool = False) -> Path:
        """Export all decks, as Anki proposes it."""
        options = ExportAnkiPackageOptions(with_media=True, legacy=is_legacy)
        self.collection.export_anki_package(out_path=str(package), options=options, limit=None)
        return package

    def close(self) -> None:
        self.collection.close()
