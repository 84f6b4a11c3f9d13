"""Plays a learner in whatever Anki runs it: with nothing but the standard library and that Anki.

Reads requests, a JSON object a line, and answers each with one. A request is a moment in a learner's life:
the collection, the steps to take there, one after the other, and the time in seconds at which they are taken
(without one, now). The answer has the logs of the imports among the steps, and all that is in the collection
afterwards; or the error that Anki met.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from anki.buildinfo import version
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.consts import CARD_TYPE_REV, QUEUE_TYPE_REV
from anki.decks import DeckId

_AGAIN = 1


def main() -> None:
    """Say which Anki this is, then answer requests until there are no more."""
    answers, sys.stdout = sys.stdout, sys.stderr  # Anki prints, too: where it finds itself slow
    print(json.dumps({"version": version}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer = _answer(**json.loads(line))
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


def _answer(collection: str, steps: list[dict[str, Any]], at: int | None = None) -> dict[str, Any]:
    start = int(time.time())
    opened = Collection(collection)
    try:
        logs = [log for step in steps if (log := _take(opened, **step))]
        if at is not None:
            _date_back(opened, start, at)
        return {"logs": logs, "collection": _contents(opened)}
    finally:
        opened.close()


def _take(collection: Collection, do: str, search: str = "", **details: Any) -> dict[str, list[str]] | None:
    """Take a step: with the cards, or the notes, that a search finds."""
    if do == "import":
        return _import(collection, **details)
    cards = collection.find_cards(search)
    match do:
        case "review":
            for card_id in cards:
                _review(collection, card_id, details["ease"])
        case "become a leech":
            for card_id in cards:
                card = collection.get_card(card_id)
                card.type, card.queue = CARD_TYPE_REV, QUEUE_TYPE_REV
                card.ivl, card.reps, card.lapses = 1, 8, 7  # Anki's limit is the eighth lapse
                collection.update_card(card)
                _review(collection, card_id, _AGAIN)
        case "suspend":
            collection.sched.suspend_cards(cards)
        case "flag":
            collection.set_user_flag_for_cards(details["flag"], cards)
        case "move":
            collection.set_deck(cards, _deck(collection, details["deck"]))
        case "tag":
            collection.tags.bulk_add(collection.find_notes(search), details["tag"])
        case "edit":
            for note_id in collection.find_notes(search):
                note = collection.get_note(note_id)
                note[details["field"]] = details["text"]
                collection.update_note(note)
        case "restyle":
            note_type = collection.models.by_name(details["type"])
            assert note_type
            note_type["css"] = details["css"]
            collection.models.update_dict(note_type)
        case "choose preset":
            deck = collection.decks.get(_deck(collection, details["deck"]))
            assert deck
            preset = collection.decks.add_config_returning_id(details["preset"])
            collection.decks.set_config_id_for_deck_dict(deck, preset)
        case "limit":
            options = collection.decks.config_dict_for_deck_id(_deck(collection, details["deck"]))
            options["new"]["perDay"] = details["new_a_day"]
            collection.decks.update_config(options)
        case _:
            raise ValueError(do)
    return None


def _review(collection: Collection, card_id: Any, ease: Any) -> None:
    card = collection.get_card(card_id)
    card.start_timer()
    collection.sched.answerCard(card, ease)


def _deck(collection: Collection, name: str) -> DeckId:
    id_ = collection.decks.id(name)
    assert id_
    return id_


def _import(collection: Collection, file: str, options: dict[str, bool | str]) -> dict[str, list[str]]:
    """Import a package. Options have Anki's names; those left out are as Anki has them at first."""
    values: dict[str, Any] = {
        name: f"IMPORT_ANKI_PACKAGE_UPDATE_CONDITION_{value}" if isinstance(value, str) else value
        for name, value in options.items()
    }
    request = ImportAnkiPackageRequest(package_path=file, options=ImportAnkiPackageOptions(**values))
    log = collection.import_anki_package(request).log
    # Anki keeps note types in Python's memory, too, and an import does not tell it.
    collection.models._clear_cache()
    guids = dict(_rows(collection, "SELECT id, guid FROM notes"))
    return {
        name: [guids.get(entry.id.nid, "") for entry in getattr(log, name)]
        for name in ("new", "updated", "duplicate", "conflicting")
    }


def _date_back(collection: Collection, start: int, at: int) -> None:
    """Date what Anki has stamped since `start` as if its clock had shown `at`."""
    for table, column in (("notes", "mod"), ("notetypes", "mtime_secs")):
        _rows(collection, f"UPDATE {table} SET {column} = ? WHERE {column} >= ?", at, start)


def _contents(collection: Collection) -> dict[str, Any]:
    types = {type_["id"]: type_ for type_ in collection.models.all()}
    times = dict(_rows(collection, "SELECT id, mtime_secs FROM notetypes"))
    fields = {id_: [field["name"] for field in type_["flds"]] for id_, type_ in types.items()}
    decks = {deck.id: deck.name for deck in collection.decks.all_names_and_ids()}
    return {
        "notes": [
            {
                "guid": guid,
                "mod": mod,
                "type": types[type_id]["name"],
                "tags": tags.split(),
                "fields": dict(zip(fields[type_id], text.split("\x1f"), strict=True)),
            }
            for guid, mod, type_id, tags, text in _rows(
                collection, "SELECT guid, mod, mid, tags, flds FROM notes ORDER BY id"
            )
        ],
        "cards": [
            {"guid": guid, "deck": decks[deck_id], "due": due, "row": row}
            for guid, deck_id, due, *row in _rows(
                collection, "SELECT guid, did, due, c.* FROM cards c JOIN notes n ON nid = n.id ORDER BY c.id"
            )
        ],
        "reviews": _rows(collection, "SELECT * FROM revlog ORDER BY id"),
        "types": {
            type_["name"]: {
                "mod": times[id_],
                "css": type_["css"],
                "fields": fields[id_],
                "templates": [[side["name"], side["qfmt"], side["afmt"]] for side in type_["tmpls"]],
            }
            for id_, type_ in types.items()
        },
        "options": {
            name: collection.decks.config_dict_for_deck_id(DeckId(id_)) for id_, name in decks.items()
        },
        "media": sorted(path.name for path in Path(collection.media.dir()).iterdir()),
    }


def _rows(collection: Collection, query: str, *values: Any) -> list[Any]:
    assert collection.db
    return collection.db.all(query, *values)


if __name__ == "__main__":
    main()
