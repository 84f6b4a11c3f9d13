"""A learner: real collections, on one device or more, into which builds are imported for years.

Every import and every synchronisation is checked here, against what the learner was promised.

Time: the author lives at a simulated time, years back, and Anki stamps what a learner does with the real
clock. So each of the learner's changes is stamped again, with the simulated time, or no later build could
ever be news. Each has a second of its own: of two devices' changes in one second, Anki lets each device keep
its own, and here years pass within a second.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

from builder.anki.note_types import FIELDS
from builder.anki.release import NOT_NEWS
from tests.author import Build, Packaged, sources

if TYPE_CHECKING:
    from anki.cards import CardId

_REAL = int(time.time()) - 24 * 60 * 60
"""What is stamped later than this was stamped by the real clock."""
_COUNTED = [index for index, (name, _) in enumerate(FIELDS) if name not in NOT_NEWS]

Change = Literal["edit", "tag", "mark", "suspend", "unsuspend", "flag", "move"]
Review = tuple[int, ...]
_REVIEW = "id, cid, ease, ivl, lastIvl, factor, time, type"


class Card(NamedTuple):
    """A card as a collection has it: whatever the scheduler knows of it."""

    id: int
    nid: int
    ord: int
    did: int
    mod: int
    type: int
    queue: int
    due: int
    ivl: int
    factor: int
    reps: int
    lapses: int
    left: int
    odue: int
    odid: int
    flags: int
    data: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A note as a collection has it."""

    id: int
    guid: str
    type: int
    mod: int
    fields: tuple[str, ...]
    tags: frozenset[str]

    def says(self, note: Packaged) -> bool:
        """Whether it has all that counts of a package's note."""
        counted = [(self.fields[index], note.fields[index]) for index in _COUNTED]
        return self.tags == note.tags and all(ours == theirs for ours, theirs in counted)


@dataclass(frozen=True, slots=True)
class State:
    """All that must outlive an import: notes by GUID, cards by id, and every review."""

    notes: Mapping[str, Stored] = field(default_factory=dict)
    cards: Mapping[int, Card] = field(default_factory=dict)
    reviews: frozenset[Review] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """Where the text of a note in a collection comes from."""

    build: Build
    """The one that brought it."""
    mod: int
    touched: int | None = None
    """When the learner changed it since, by the learner's clock."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the tests know of the notes of a collection."""

    held: Mapping[str, Held] = field(default_factory=dict)
    """By GUID."""
    seen: frozenset[int] = frozenset()
    """The numbers of the builds that were imported."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a device and its server had after they last synchronised."""

    mine: State
    theirs: State
    decks: frozenset[str]


class Device:
    """A collection on one device."""

    def __init__(
        self,
        folder: Path,
        builds: Sequence[Build],
        tally: Counter[str],
        *,
        start: Path | None = None,
        known: Known | None = None,
    ) -> None:
        if start:
            shutil.copytree(start, folder)
        else:
            folder.mkdir()
        self.name = folder.name
        self.collection = Collection(str(folder / "collection.anki2"))
        self.builds = builds
        self.tally = tally
        self.known = known or Known()
        self.synced: Synced | None = None
        self._stock_types = self._types()

    def close(self) -> None:
        self.collection.close()

    def state(self) -> State:
        """Read the collection, and check that nothing in it is there twice."""
        notes = {}
        for id_, guid, type_, mod, flds, tags in self._all(
            "SELECT id, guid, mid, mod, flds, tags FROM notes"
        ):
            assert guid not in notes, f"two notes have the GUID {guid}"
            notes[guid] = Stored(id_, guid, type_, mod, tuple(flds.split("\x1f")), frozenset(tags.split()))
        assert len({note.type for note in notes.values()}) <= 2, "our notes have more than two note types"
        assert self._types() - self._stock_types <= 2, "one of our note types is there twice"
        rows = self._all(f"SELECT {', '.join(Card._fields)} FROM cards")
        cards = {row[0]: Card(*row) for row in rows}
        assert len({(card.nid, card.ord) for card in cards.values()}) == len(cards), "a note has a card twice"
        assert {card.nid for card in cards.values()} == {note.id for note in notes.values()}, (
            "a card is missing"
        )
        return State(notes, cards, frozenset(map(tuple, self._all(f"SELECT {_REVIEW} FROM revlog"))))

    def import_build(self, build: Build) -> None:
        """Import a package with Anki's default options, and check all that a learner was promised."""
        before = self.state()
        request = ImportAnkiPackageRequest(package_path=str(build.path), options=ImportAnkiPackageOptions())
        log = self.collection.import_anki_package(request).log
        after = self.state()
        self.tally["imports"] += 1
        for name in (
            "conflicting",
            "first_field_match",
            "missing_notetype",
            "missing_deck",
            "empty_first_field",
        ):
            assert not getattr(log, name), f"the import log has notes under {name}"
        guids = {note.id: guid for guid, note in after.notes.items()}
        new, updated, same = (
            {guids[entry.id.nid] for entry in entries} for entries in (log.new, log.updated, log.duplicate)
        )
        assert len(log.new) + len(log.updated) + len(log.duplicate) == len(build.notes)
        assert new | updated | same == build.notes.keys(), "not every note is in the import log"
        assert new == build.notes.keys() - before.notes.keys()

        ids = {guid: stored.id for guid, stored in after.notes.items()}
        known = {(card.nid, card.ord) for card in before.cards.values()}
        brought = {(ids[guid], ordinal) for guid, note in build.notes.items() for ordinal in note.cards}
        assert {(card.nid, card.ord) for card in after.cards.values()} == known | brought, "other cards came"

        # Nothing but the notes that the log names was touched, and never a card or a review.
        assert after.reviews == before.reviews, "an import changed the reviews"
        for id_, card in before.cards.items():
            assert after.cards.get(id_) == card, f"an import changed card {id_}"
        for guid, stored in before.notes.items():
            assert guid in updated or after.notes.get(guid) == stored, f"{guid} was changed unsaid"
        for guid in new | updated:
            self._assert_arrived(after.notes[guid], build, guid)
        for guid in build.notes.keys() - new:
            self._check_existing(build, guid, before.notes[guid], is_updated=guid in updated)
        if not self.synced:  # here, images are not synchronised
            for guid, note in build.notes.items():
                if after.notes[guid].says(note):
                    self._assert_images(build, note)
        held, seen = dict(self.known.held), self.known.seen | {build.number}
        if seen <= build.ancestors:
            types = {after.notes[guid].type for guid in build.notes}
            assert all(build.css in css for css in self._css(types)), "the look of the cards did not arrive"
        for guid in new | updated:
            held[guid] = Held(build, build.notes[guid].mod)
        for guid in same:
            if held[guid].mod == build.notes[guid].mod and build.knows(held[guid].build):
                held[guid] = replace(held[guid], build=build)
        self.known = Known(held, seen)
        self.tally["notes new"] += len(new)
        self.tally["notes updated"] += len(updated)
        self.tally["notes left alone"] += len(same)

    def _assert_arrived(self, stored: Stored, build: Build, guid: str) -> None:
        note = build.notes[guid]
        assert stored.fields == note.fields, f"{guid} arrived with other fields"
        assert stored.tags == note.tags, f"{guid} arrived with other tags"
        assert (stored.id, stored.mod) == (note.id, note.mod) or guid in self.known.held, (
            f"{guid} is another note"
        )
        self._assert_images(build, note)

    def _assert_images(self, build: Build, note: Packaged) -> None:
        for src in sources(note.fields):
            path = Path(self.collection.media.dir()) / src
            assert path.exists(), f"the image {src} is missing"
            assert path.read_bytes() == build.images[src], f"the image {src} shows something else"

    def _check_existing(self, build: Build, guid: str, before: Stored, *, is_updated: bool) -> None:
        """Check that a note which the learner had is now as it should be: this is the promise."""
        note, held = build.notes[guid], self.known.held[guid]
        # How Anki decides; what follows says that the builder makes it decide well.
        assert is_updated == (note.mod > before.mod), f"{guid}: Anki does not decide by mod"
        is_newer, is_older = build.knows(held.build), held.build.knows(build)
        if held.touched is not None and held.touched < held.mod:
            # The author's clock was ahead of the learner's: Anki takes the learner's change for the older.
            self.tally["rule: the author's clock was ahead of an edit"] += 1
            return
        if not is_newer and not is_older:
            # A branch that is not merged: the later of two texts stays.
            self.tally["rule: a branch that is not merged"] += 1
            return
        if is_older:
            # One change of two branches is dated by the first; the other's own build still has the second.
            ours = held.build.notes[guid]
            is_same = (note.content, note.number) == (ours.content, ours.number)
            self.tally["rule: an older build of the same text"] += is_updated
            assert is_same or not is_updated, (
                f"{guid}: an older build changed it ({build} after {held.build})"
            )
            return
        if held.touched is not None and held.touched >= note.mod:
            self.tally["rule: the learner changed it later"] += 1
            assert not is_updated
        else:
            is_right = is_updated or (held.touched is None and before.says(note))
            assert is_right, f"{guid}: an edit did not arrive ({build} after {held.build})"
        if is_updated:
            assert self._is_due(build, guid, held), (
                f"{guid}: nothing changed, and it was updated ({build} after {held.build})"
            )

    def _is_due(self, build: Build, guid: str, held: Held) -> bool:
        """Whether an update has a reason: another text, one that somebody may have under a later stamp, or a
        question that was gone in between, which arrives again; or one that came back before, since the lock
        that knew of it may have been forgotten, or reverted: the next build then brings it back once more.

        The second is so where a text went away and came back, or where a branch was built later, on an older
        text, than main by a clock that was behind: nobody but by a still later one gets rid of it.
        """
        note, ours = build.notes[guid], held.build.notes[guid]
        if (note.content, note.number) != (ours.content, ours.number):
            return True
        between = [self.builds[number] for number in build.ancestors - held.build.ancestors]
        elsewhere = (other.notes.get(guid) for other in between)
        is_back = any(
            other and (other.content, other.number) != (ours.content, ours.number) and other.mod >= held.mod
            for other in elsewhere
        )
        self.tally["rule: a text that others have another of, by a later stamp"] += is_back
        was_gone = any(guid not in other.notes and self._was_in(guid, other.ancestors) for other in between)
        self.tally["rule: a question that was gone in between"] += was_gone
        earlier = (self.builds[number] for number in held.build.ancestors)
        came_back = any(guid not in other.notes and self._was_in(guid, other.ancestors) for other in earlier)
        self.tally["rule: a question that came back before"] += came_back
        return is_back or was_gone or came_back

    def _was_in(self, guid: str, numbers: frozenset[int]) -> bool:
        return any(guid in self.builds[number].notes for number in numbers)

    # What the learner does

    def study(self, answers: Sequence[tuple[int, int]], stamp: int) -> None:
        """Answer cards through the real scheduler, whichever they are: new, in learning, due or not yet."""
        with self._acting(stamp):
            for choice, ease in answers:
                cards = self._cards("queue >= 0")
                if not cards:
                    return
                card = self.collection.get_card(cards[choice % len(cards)])
                card.start_timer()
                self.collection.sched.answerCard(card, ease)  # type: ignore[arg-type]
                self.tally["reviews"] += 1
                # A review's id is its millisecond: of two devices' in one, a synchronisation keeps one.
                answered = time.time_ns() // 1_000_000
                while time.time_ns() // 1_000_000 <= answered:
                    pass

    def change(self, kind: Change, choice: int, stamp: int) -> None:
        """Change a note or a card, as the browser and the editor do."""
        cards, col = self._cards("true"), self.collection
        if not cards:
            return
        card_id = cards[choice % len(cards)]
        note_id = col.get_card(card_id).nid
        with self._acting(stamp):
            match kind:
                case "edit":
                    note = col.get_note(note_id)
                    note["Answer"] += f"<p>My own words, {stamp}.</p>"
                    col.update_note(note)
                case "tag" | "mark":
                    col.tags.bulk_add([note_id], "marked" if kind == "mark" else f"mine-{stamp}")
                case "suspend":
                    col.sched.suspend_cards([card_id])
                case "unsuspend":
                    col.sched.unsuspend_cards(self._cards("queue = -1"))
                case "flag":
                    col.set_user_flag_for_cards(1 + choice % 7, [card_id])
                case "move":
                    own = col.decks.id(f"Own {self.name}")
                    assert own
                    col.set_deck([card_id], own)
        self.tally[f"learner: {kind}"] += 1

    @contextmanager
    def _acting(self, stamp: int) -> Iterator[None]:
        assert stamp < _REAL, "the simulated time has caught up with the real one"
        before = self.state()
        yield
        for table in ("notes", "cards"):
            self._all(f"UPDATE {table} SET mod = ? WHERE mod > ?", stamp, _REAL)
        held = dict(self.known.held)
        for guid, note in self.state().notes.items():
            if note != before.notes[guid]:  # becoming a leech changes a note, too
                held[guid] = replace(held[guid], touched=stamp)
        self.known = replace(self.known, held=held)

    # Reading the collection

    def _all(self, sql: str, *arguments: int) -> list[Any]:
        assert self.collection.db
        return list(self.collection.db.all(sql, *arguments))

    def _cards(self, which: str) -> list[CardId]:
        return [row[0] for row in self._all(f"SELECT id FROM cards WHERE {which} ORDER BY id")]

    def _types(self) -> int:
        ((types,),) = self._all("SELECT count() FROM notetypes")
        return int(types)

    def _css(self, types: Iterable[int]) -> Iterator[str]:
        """Yield the style sheets of note types, each with what is stored around it."""
        for type_ in types:
            ((config,),) = self._all("SELECT config FROM notetypes WHERE id = ?", type_)
            yield bytes(config).decode(errors="replace")

    def decks(self) -> frozenset[str]:
        return frozenset(name.replace("\x1f", "::") for (name,) in self._all("SELECT name FROM decks"))
