"""Synchronising: the server that Anki ships, and what must have become of two devices' collections."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from anki.sync_pb2 import SyncAuth

from tests.device import Card, Device, Held, Known, State, Stored, Synced
from tests.running import free_port, is_listening, until

_Version = TypeVar("_Version", Stored, Card)
_Key = TypeVar("_Key")


class Server:
    """What a sync server holds of one learner's collection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.auth = SyncAuth()
        self.state = State()
        self.known = Known()
        self.decks: frozenset[str] = frozenset()
        self.twice: frozenset[str] = frozenset()
        """The decks that two devices made, each for itself."""

    def begin(self, first: Device, *others: Device) -> None:
        """Give all devices the first one's collection: the only full synchronisation of a history."""
        if not self.auth.hkey:
            self.auth = first.collection.sync_login("learner", "password", self.url)
        for device in (first, *others):
            collection = device.collection
            collection.close_for_full_sync()
            collection.full_upload_or_download(auth=self.auth, server_usn=None, upload=device is first)
            collection.reopen(after_full_sync=True)
        self.state, self.known, self.decks, self.twice = (
            first.state(),
            first.known,
            first.decks(),
            frozenset(),
        )
        for device in (first, *others):
            device.known, device.synced = self.known, Synced(self.state, self.state, self.decks)

    def synchronise(self, device: Device) -> None:
        """Synchronise, and check that both sides' reviews and the later of two changes are there."""
        last, theirs, mine, decks = device.synced, self.state, device.state(), device.decks()
        assert last
        output = device.collection.sync_collection(self.auth, False)
        assert output.required == output.NO_CHANGES, "Anki asks for a full synchronisation"
        after = device.state()
        assert after.reviews == mine.reviews | theirs.reviews, "a synchronisation lost a review"

        notes = _settled(last.mine.notes, mine.notes, last.theirs.notes, theirs.notes)
        cards = _settled(last.mine.cards, mine.cards, last.theirs.cards, theirs.cards)
        assert after.notes == {guid: ours for guid, (ours, _) in notes.items()}, "another text won"
        assert after.cards == {id_: ours for id_, (ours, _) in cards.items()}, "another card won"
        for id_, kept in cards.items():
            if any(_is_touched(side.cards[id_]) for side in (mine, theirs) if id_ in side.cards):
                assert all(map(_is_touched, kept)), "a card as it was imported won over the learner's"
        self.state = State(
            {guid: stored for guid, (_, stored) in notes.items()},
            {id_: card for id_, (_, card) in cards.items()},
            after.reviews,
        )
        known, ours = self.known, device.known
        seen = known.seen | ours.seen
        device.known = Known(_origins(after, (mine, ours), (theirs, known)), seen)
        self.known = Known(_origins(self.state, (theirs, known), (mine, ours)), seen)

        # Where both sides have made a deck of one name meanwhile, one gets a plus (Anki makes decks' ids).
        self.twice |= (decks - last.decks) & (self.decks - last.decks)
        self.decks = device.decks()
        assert {name.rstrip("+") for name in self.decks if name.endswith("+")} <= self.twice, "a second deck"
        device.synced = Synced(after, self.state, self.decks)


def _is_touched(card: Card) -> bool:
    """Tell whether a learner did anything with a card since it was imported, but for its flag."""
    return card.mod != card.nid // 1000


def _settled(
    mine_before: Mapping[_Key, _Version],
    mine: Mapping[_Key, _Version],
    theirs_before: Mapping[_Key, _Version],
    theirs: Mapping[_Key, _Version],
) -> dict[_Key, tuple[_Version, _Version]]:
    """Say what a device and its server have of each note or card after they synchronise.

    What only one side changed is the other's then; of two changes, the later wins; of two in one second,
    each side keeps its own.
    """
    settled: dict[_Key, tuple[_Version, _Version]] = {}
    for key in mine.keys() | theirs.keys():
        ours, other = mine.get(key), theirs.get(key)
        if ours is None or other is None:
            only = ours or other
            assert only
            settled[key] = only, only
            continue
        is_mine, is_theirs = ours != mine_before.get(key), other != theirs_before.get(key)
        if is_mine and is_theirs:
            is_mine, is_theirs = ours.mod > other.mod, ours.mod < other.mod
        settled[key] = (other if is_theirs else ours), (ours if is_mine else other)
    return settled


def _origins(after: State, preferred: tuple[State, Known], other: tuple[State, Known]) -> dict[str, Held]:
    """Say where the text of each note comes from, after a synchronisation: from the side that has it."""
    return {
        guid: next(known.held[guid] for state, known in (preferred, other) if state.notes.get(guid) == note)
        for guid, note in after.notes.items()
    }


def assert_alike(one: Device, other: Device) -> None:
    """Check that two devices that have synchronised have the same notes, cards and reviews.

    Where both have changed something within one second, Anki lets each keep its own. That happens to a card
    that both imported before they synchronised: in which deck of that name it lies, where it stands among the
    new ones, and its flag, to which Anki gives no time; and to a note of which an unmerged branch had another
    text.
    """
    ours, theirs = one.state(), other.state()
    assert ours.reviews == theirs.reviews, "the devices' reviews differ"
    assert ours.notes.keys() == theirs.notes.keys()
    for guid, note in ours.notes.items():
        same = theirs.notes[guid]
        is_tie = note.mod == same.mod and one.known.held[guid].build is not other.known.held[guid].build
        assert note == same or is_tie, f"the devices' {guid} differs"
        one.tally["rule: two texts of one second"] += note != same
    assert ours.cards.keys() == theirs.cards.keys()
    for id_, card in ours.cards.items():
        same_card = theirs.cards[id_]
        is_tie = card == same_card._replace(did=card.did, due=card.due, flags=card.flags)
        assert card == same_card or is_tie, f"the devices' card {id_} differs"
        one.tally["rule: a card that both devices imported"] += card != same_card


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """Run Anki's own sync server, for one learner."""
    port = free_port()
    settings = {
        "SYNC_USER1": "learner:password",
        "SYNC_BASE": str(folder),
        "SYNC_HOST": "127.0.0.1",
        "SYNC_PORT": str(port),
        "RUST_LOG": "error",
    }
    # The shell ends the server once nobody holds its standard input: even where the test was killed.
    program = "from anki.syncserver import run_sync_server; run_sync_server()"
    command = ("sh", "-c", '"$@" & cat; kill $!', "sh", sys.executable, "-c", program)
    process = subprocess.Popen(command, env=os.environ | settings, stdin=subprocess.PIPE)
    assert process.stdin
    try:
        until(lambda: is_listening(port) or process.poll() is not None)
        assert process.poll() is None, "the server has ended"
        yield Server(f"http://127.0.0.1:{port}/")
    finally:
        process.stdin.close()
        process.wait()
