"""The promise, against the real Anki: edit for years, import every week, and no review is ever lost."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, get_args

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")

from tests.author import Author, Build, Keep, new_author
from tests.device import Change, Device, Known
from tests.drafts import Edit, Kind
from tests.histories import HISTORIES, run_histories
from tests.sync import Server, assert_alike, running_server

BEGIN = 1_700_000_000
HOUR = 60 * 60
DAY = 24 * HOUR
TALLY: Counter[str] = Counter()
"""What happened in all histories."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all histories begin with."""

    folder: Path
    author: Author
    """Who has built once."""
    empty: Path
    """A device's folder with an empty collection; making one takes Anki long."""
    begun: Path
    """Another, into which the first build was imported."""
    known: Known
    server: Server


class History:
    """An author's and a learner's years."""

    def __init__(self, workshop: Workshop, devices: int, *, has_begun: bool) -> None:
        """Begin with empty collections, or where the first build was imported."""
        self.workshop = workshop
        self.folder = Path(tempfile.mkdtemp(dir=workshop.folder))
        self.now = BEGIN + HOUR
        self.author = workshop.author.copy(self.folder)
        start, known = (workshop.begun, workshop.known) if has_begun else (workshop.empty, Known())
        self.devices = [self.device("A", start=start, known=known)]
        self._stamps: set[int] = set()
        TALLY["histories"] += 1
        if devices > 1:
            self.devices.append(self.device("B"))
            workshop.server.begin(*self.devices)

    def device(self, name: str, *, start: Path | None = None, known: Known | None = None) -> Device:
        start = start or self.workshop.empty
        return Device(self.folder / name, self.author.builds, TALLY, start=start, known=known)

    def publish(self, skew: int, keep: Keep) -> None:
        self.author.build(self.now + skew)
        self.author.commit(self.now, keep)
        TALLY["builds"] += 1

    def stamp(self, skew: int) -> int:
        """Return a second by the learner's clock in which nothing else happened."""
        stamp = self.now + skew
        while stamp in self._stamps:
            stamp += 1
        self._stamps.add(stamp)
        return stamp

    def end(self) -> None:
        """Publish once more, bring every device up to date, and begin anew on another."""
        self.author.switch(self.now, "main")
        self.publish(0, "all")
        newest = self.author.published[-1]
        for device in self.devices:
            device.import_build(newest)
            if len(self.devices) > 1:
                self.workshop.server.synchronise(device)
        if len(self.devices) > 1:
            self.workshop.server.synchronise(self.devices[0])
            assert_alike(*self.devices)
        self.begin_anew(newest)

    def begin_anew(self, build: Build) -> None:
        """Import a build into an empty collection: its new cards come in the order of the corpus."""
        device = self.device("anew")
        try:
            device.import_build(build)
            state = device.state()
        finally:
            device.close()
            shutil.rmtree(self.folder / "anew")
        guids = {note.id: guid for guid, note in state.notes.items()}
        places = {guids[card.nid]: card.due for card in state.cards.values()}
        assert len(set(places.values())) == len(places), "two new notes have one place"
        assert sorted(places, key=places.__getitem__) == list(build.notes), "new cards come in another order"

    def close(self) -> None:
        for device in self.devices:
            device.close()
        shutil.rmtree(self.folder)


class Step(Protocol):
    """Something that somebody does."""

    def take(self, history: History) -> None:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Publish:
    """The author edits, builds and commits: everything, or not the lock, or nothing yet.

    A learner who waits for it imports it at once, if it is published.
    """

    edits: tuple[Edit, ...]
    skew: int = 0
    keep: Keep = "all"
    importer: int | None = None

    def take(self, history: History) -> None:
        history.author.edit(self.edits)
        history.publish(self.skew, self.keep)
        for edit in self.edits:
            TALLY[f"edit: {edit.kind}"] += 1
        TALLY["edits"] += len(self.edits)
        if self.importer is not None and history.author.current == "main":
            Import(self.importer).take(history)


@dataclass(frozen=True, slots=True)
class Revert:
    """The author takes back the last commit, and builds now or later."""

    skew: int = 0
    builds: bool = True

    def take(self, history: History) -> None:
        TALLY["reverts"] += history.author.revert(history.now)
        if self.builds:
            history.publish(self.skew, "all")


@dataclass(frozen=True, slots=True)
class Switch:
    """The author goes on with the other branch, which may have to be made."""

    def take(self, history: History) -> None:
        author = history.author
        if "side" in author.branches:
            author.switch(history.now, "main" if author.current == "side" else "side")
        else:
            author.fork(history.now)
            TALLY["branches"] += 1


@dataclass(frozen=True, slots=True)
class Diverge:
    """The author publishes on both branches; or two do, the same thing in another way, in one second."""

    one: Publish
    other: Publish
    clashes: bool = False

    def take(self, history: History) -> None:
        Switch().take(history)
        self.one.take(history)
        Switch().take(history)
        if self.clashes:
            edits = tuple(replace(edit, to=edit.to + 1) for edit in self.one.edits)
            replace(self.other, edits=edits, skew=self.one.skew).take(history)
        else:
            history.now += 1
            self.other.take(history)


@dataclass(frozen=True, slots=True)
class Merge:
    """The author merges one branch into the other, and builds before the commit, after it, or another time.

    Where both changed a thing, one is preferred. The side branch may be kept, and be merged again. Without
    one, the author begins it.
    """

    into: str = "main"
    prefers_ours: bool = True
    keeps: bool = False
    skew: int = 0
    builds: Literal["before", "after", "later"] = "after"

    def take(self, history: History) -> None:
        author = history.author
        if "side" not in author.branches:
            Switch().take(history)
            return
        author.merge(history.now, self.into, prefers_ours=self.prefers_ours)
        if self.builds != "before":
            author.commit(history.now)
        if self.builds != "later":
            history.publish(self.skew, "all")
        if self.into == "main" and not self.keeps:
            author.drop_side(history.now)
        TALLY[f"merges into {self.into}"] += 1


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes."""

    seconds: int

    def take(self, history: History) -> None:
        history.now += self.seconds


@dataclass(frozen=True, slots=True)
class Import:
    """The learner imports a build that was published, or its core: the newest, or one some builds back."""

    device: int = 0
    back: int = 0
    only_core: bool = False

    def take(self, history: History) -> None:
        published = history.author.published
        build = published[max(len(published) - 1 - self.back, 0)]
        core = build.core if self.only_core else None
        TALLY["imports of a core"] += core is not None
        history.devices[self.device].import_build(core or build)
        TALLY["imports of an older build"] += build is not published[-1]


@dataclass(frozen=True, slots=True)
class TryBranch:
    """The learner tries the branch: what the author built last elsewhere than on main."""

    device: int = 0

    def take(self, history: History) -> None:
        author = history.author
        build = next((build for build in reversed(author.builds) if build not in author.published), None)
        if build:
            history.devices[self.device].import_build(build)
            TALLY["imports of a branch"] += 1


@dataclass(frozen=True, slots=True)
class Study:
    """The learner answers cards: which, and how."""

    device: int
    answers: tuple[tuple[int, int], ...]

    def take(self, history: History) -> None:
        history.devices[self.device].study(self.answers, history.stamp(0))


@dataclass(frozen=True, slots=True)
class Alter:
    """The learner changes a note or a card."""

    device: int
    change: Change
    choice: int
    skew: int

    def take(self, history: History) -> None:
        history.devices[self.device].change(self.change, self.choice, history.stamp(self.skew))


@dataclass(frozen=True, slots=True)
class Sync:
    """The learner synchronises a device."""

    device: int

    def take(self, history: History) -> None:
        history.workshop.server.synchronise(history.devices[self.device])
        TALLY["syncs"] += 1


def steps(devices: int) -> st.SearchStrategy[Any]:
    """Choose steps: what is rare in life is rare here, too, so that years make sense."""
    small = st.integers(0, 11)
    device = st.integers(0, devices - 1)
    skew = st.just(0) | st.integers(-2 * HOUR, 2 * HOUR)
    texts: list[Kind] = ["prompt", "answer", "answer", "tag", "image"]
    edits = st.builds(Edit, st.sampled_from([*get_args(Kind), *texts]), small, small)
    publish = st.builds(
        Publish,
        st.lists(edits, min_size=1, max_size=3).map(tuple),
        skew,
        st.sampled_from(["all", "all", "all", "chapters", "nothing"]),
        st.none() | device,
    )
    # What takes no time first: Hypothesis simplifies towards it.
    weighted: list[tuple[int, st.SearchStrategy[Any]]] = [
        (1, st.builds(Wait, st.integers(60, HOUR) | st.integers(HOUR, 3 * 7 * DAY))),
        (8, publish),
        (3, st.builds(Revert, skew, st.booleans())),
        (1, st.builds(Switch)),
        (3, st.builds(Diverge, publish, publish, st.booleans())),
        (
            3,
            st.builds(
                Merge,
                into=st.sampled_from(["main", "main", "side"]),
                prefers_ours=st.booleans(),
                keeps=st.booleans(),
                skew=skew,
                builds=st.sampled_from(["before", "after", "later"]),
            ),
        ),
        (5, st.builds(Import, device, st.sampled_from([0, 0, 0, 0, 1, 2, 5]), st.booleans())),
        (2, st.builds(TryBranch, device)),
        (
            3,
            st.builds(
                Study,
                device,
                st.lists(st.tuples(small, st.integers(1, 4)), min_size=1, max_size=4).map(tuple),
            ),
        ),
        (3, st.builds(Alter, device, st.sampled_from([*get_args(Change), "edit"]), small, skew)),
    ]
    if devices > 1:
        weighted.append((5, st.builds(Sync, device)))
    return st.sampled_from([steps for weight, steps in weighted for _ in range(weight)]).flatmap(
        lambda steps: steps
    )


class OneDevice(RuleBasedStateMachine):
    """A learner with one device.

    One rule takes all steps: of several, Hypothesis switches off about half in each history, and one without
    builds or without imports shows nothing.
    """

    workshop: ClassVar[Workshop]
    devices: ClassVar = 1

    def __init__(self) -> None:
        super().__init__()
        self.history: History | None = None
        self.is_sound = False

    @initialize(has_begun=st.sampled_from([True, True, True, False]))
    def begin(self, has_begun: bool) -> None:
        self.history = History(self.workshop, self.devices, has_begun=has_begun)
        self.is_sound = True

    @rule(step=steps(1))
    def step(self, step: Step) -> None:
        self._take(step)

    def _take(self, step: Step) -> None:
        assert self.history
        self.is_sound = False
        TALLY[f"step: {type(step).__name__}"] += 1
        step.take(self.history)
        self.history.now += 1
        self.is_sound = True

    def teardown(self) -> None:
        if not self.history:
            return
        try:
            if self.is_sound:
                self.history.end()
        finally:
            self.history.close()


class TwoDevices(OneDevice):
    """A learner with two devices that synchronise."""

    devices = 2

    @rule(step=steps(2))
    def step(self, step: Step) -> None:
        self._take(step)


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        author = new_author(folder, BEGIN)
        empty, begun = folder / "empty", folder / "begun"
        Device(empty, author.builds, TALLY).close()
        device = Device(begun, author.builds, TALLY, start=empty)
        device.import_build(author.builds[0])
        device.close()
        with running_server(folder / "server") as server:
            yield Workshop(folder, author, empty, begun, device.known, server)


ONE = Publish((Edit("prompt", 0, 0),))
ANOTHER = Publish((Edit("prompt", 5, 0),))
ONCE_WRONG: dict[str, tuple[int, tuple[Step, ...]]] = {
    "what a branch took back, before its merge was committed": (
        1,
        (Switch(), ONE, TryBranch(), Revert(builds=False), Merge(builds="before"), Import()),
    ),
    "two texts of one second": (
        1,
        (Switch(), ONE, TryBranch(), Switch(), Publish((Edit("prompt", 0, 1),), skew=-3), Merge(), Import()),
    ),
    "a note that only main changed, beside one that the branch changed": (
        1,
        (Diverge(ONE, Publish((Edit("prompt", 1, 0),))), Import(), Merge(), Import()),
    ),
    "a text that came back": (1, (ONE, Import(), Revert(), Import())),
    "a lock that was forgotten": (
        1,
        (replace(ONE, keep="chapters"), Import(), ANOTHER, Import(), Revert(), Import()),
    ),
    "a question that was renamed when its lock was taken back": (
        1,
        (
            Publish((Edit("insert", 0, 0),), keep="chapters"),
            ANOTHER,
            Revert(builds=False),
            Publish((Edit("rename", 0, 0),)),
            Import(),
        ),
    ),
    "a question that was restored elsewhere": (
        1,
        (Publish((Edit("remove", 0, 0),)), Import(), Publish((Edit("restore", 0, 2),)), Import()),
    ),
    "a question that was reversed for a while": (
        1,
        (Publish((Edit("reverse", 0, 0),)), Import(), Publish((Edit("reverse", 0, 0),)), Import()),
    ),
    "boxes of an image that moved, came, went and came back": (
        1,
        (
            Study(0, ((4, 3), (5, 4), (6, 3))),
            Publish((Edit("box", 0, 0),)),
            Import(),
            Publish((Edit("boxes", 0, 2),)),
            Import(),
            Study(0, ((4, 3), (5, 4), (6, 3), (7, 1))),
            Publish((Edit("boxes", 0, 0), Edit("box", 0, 1))),
            Import(),
            Publish((Edit("boxes", 0, 0),)),
            Import(),
        ),
    ),
    "boxes of an image that two branches changed": (
        2,
        (
            Study(0, ((4, 3), (5, 4))),
            Diverge(Publish((Edit("boxes", 0, 2),)), Publish((Edit("box", 0, 1), Edit("boxes", 0, 1)))),
            Import(0),
            Merge(),
            Import(1),
            Sync(0),
            Sync(1),
            Sync(0),
        ),
    ),
    "a card that was studied on one device before the other imported a later build": (
        2,
        (
            Import(0),
            Study(0, ((0, 3), (1, 4))),
            Alter(0, "suspend", 2, 0),
            Publish((Edit("prompt", 0, 0), Edit("prompt", 1, 0), Edit("prompt", 2, 0))),
            Import(1),
            Sync(0),
            Sync(1),
            Sync(0),
        ),
    ),
    "a branch that was built later, on an older text, than main by a clock that was behind": (
        1,
        (
            Diverge(ONE, ONE, clashes=True),
            Merge(into="side", prefers_ours=False, builds="before"),
            Wait(60),
            Diverge(replace(ONE, skew=-2 * HOUR), ANOTHER),
            Import(),
            Merge(prefers_ours=False, builds="before"),
            Import(),
        ),
    ),
    "one change that both branches made, the later first": (
        1,
        (Diverge(ONE, replace(ONE, skew=-HOUR)), Import(), Merge(builds="before"), Import()),
    ),
    "a text that was built and never committed with its lock, and taken back": (
        1,
        (replace(ONE, keep="chapters"), Import(), Revert(builds=False), ANOTHER, Import()),
    ),
    "a merge that was taken back, of two branches that gave one number twice": (
        1,
        (
            Diverge(Publish((Edit("add", 0, 4),)), Publish((Edit("add", 0, 4),)), clashes=True),
            Merge(into="side", builds="before"),
            Wait(60),
            Revert(),
        ),
    ),
    "a merge that was taken back, of one change that both branches made": (
        1,
        (
            Diverge(ONE, replace(ONE, skew=-HOUR)),
            Merge(builds="before"),
            Revert(),
            TryBranch(),
            Import(),
        ),
    ),
    "one change that both branches made, the earlier on main": (
        1,
        (
            Switch(),
            Diverge(ONE, replace(ONE, skew=-248)),
            Merge(prefers_ours=False, builds="before"),
            Revert(),
            TryBranch(),
            Import(),
        ),
    ),
    "one change that both branches made, and a build of the branch after their merge": (
        1,
        (Diverge(ONE, replace(ONE, skew=-52)), Merge(builds="before"), Import(), TryBranch()),
    ),
    "a revert that both branches built": (
        1,
        (
            Publish((Edit("prompt", 2, 0),)),
            Revert(builds=False),
            Switch(),
            Diverge(ONE, ONE),
            Import(),
            Merge(builds="before"),
        ),
    ),
    "a text that was never committed with its lock, after a merge that was taken back": (
        1,
        (
            Diverge(replace(ONE, skew=1816), Publish((Edit("prompt", 0, 1),))),
            Merge(),
            Revert(builds=False),
            replace(ONE, keep="chapters"),
            Import(),
            Revert(),
            Import(),
        ),
    ),
    "builds that two devices imported before they synchronised": (
        2,
        (ONE, Import(0), ANOTHER, Import(1), Sync(0), Sync(1), Sync(0)),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("has_begun", [True, False])
@pytest.mark.parametrize("name", ONCE_WRONG)
def test_a_history_that_could_go_wrong_does_not(name: str, has_begun: bool, workshop: Workshop) -> None:
    devices, steps = ONCE_WRONG[name]
    history = History(workshop, devices, has_begun=has_begun)
    try:
        for step in steps:
            step.take(history)
            history.now += 1
        history.end()
    finally:
        history.close()


@pytest.mark.slow
@pytest.mark.parametrize(("machine", "count"), [(OneDevice, 100), (TwoDevices, 50)])
def test_no_review_is_lost_and_nothing_is_touched_that_did_not_change(
    machine: type[OneDevice], count: int, workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.workshop = workshop
    TALLY.clear()
    try:
        run_histories(machine, count, 20)
    finally:
        if HISTORIES:
            with capsys.disabled():
                print(f"\n{machine.__name__}:")
                for name, number in sorted(TALLY.items()):
                    print(f"{number:>9,} {name}")
