"""The phone of the scripts: a collection in the real Anki, and what a learner does with a finger there.

Run as `python -m tests.tasks.phone COLLECTION DO …`: `import FILE`, `review SEARCH`, `suspend SEARCH`, `cards
SEARCH`, `text SEARCH FIELD`, `reviews` or `media`. Searches are those of Anki's Browser.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

_GOOD: Literal[3] = 3


def main(path: str, do: str, *words: str) -> None:
    """Open a collection, do one thing, and print what Anki says of it."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    collection = Collection(path)
    try:
        print(_done(collection, do, *words))
    finally:
        collection.close()


def _done(collection: Collection, do: str, *words: str) -> str:
    match do, *words:
        case "import", file:
            request = ImportAnkiPackageRequest(
                # Anki's defaults: "If newer" for notes and note types, the others off.
                package_path=str(Path(file).resolve()),
                options=ImportAnkiPackageOptions(),
            )
            log = collection.import_anki_package(request).log
            counts = (len(log.new), len(log.updated), len(log.duplicate), len(log.conflicting))
            return "{} new, {} updated, {} present, {} conflicting".format(*counts)
        case "review", search:
            cards = collection.find_cards(search)
            for card_id in cards:
                card = collection.get_card(card_id)
                card.start_timer()
                collection.sched.answerCard(card, _GOOD)
            return f"{len(cards)} reviewed"
        case "suspend", search:
            return f"{collection.sched.suspend_cards(collection.find_cards(search)).count} suspended"
        case "cards", search:
            return str(len(collection.find_cards(search)))
        case ("reviews",):
            assert collection.db
            return str(collection.db.scalar("SELECT count() FROM revlog"))
        case "text", search, field:
            return "\n".join(collection.get_note(note_id)[field] for note_id in collection.find_notes(search))
        case ("media",):
            return "\n".join(sorted(file.name for file in Path(collection.media.dir()).iterdir()))
    raise ValueError(do)


if __name__ == "__main__":
    main(*sys.argv[1:])
