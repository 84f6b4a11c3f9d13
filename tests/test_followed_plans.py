"""A learner who does what `cardpress plan` says can study every card of every question that is there."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("anki", reason="the real Anki is not installed (PyPI: anki)")

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from click.testing import CliRunner, Result

from builder.cli import main
from tests.author import Author, Build, new_author
from tests.conftest import CHAPTER, WriteCorpus
from tests.device import Device
from tests.drafts import Edit

pytestmark = pytest.mark.slow
BEGIN = 1_700_000_000
DAY = 24 * 60 * 60

EDITS = st.builds(
    Edit,
    st.sampled_from(["remove", "remove", "restore", "restore", "rename", "add", "insert", "move", "prompt"]),
    st.integers(0, 11),
    st.integers(0, 11),
)
RELEASES = st.lists(st.lists(EDITS, min_size=1, max_size=3), min_size=2, max_size=6)


@pytest.fixture(scope="module")
def beginning() -> Iterator[tuple[Path, Author]]:
    """Return a folder, and an author who has built once there."""
    with TemporaryDirectory() as name:
        yield Path(name), new_author(Path(name), BEGIN)


def _plan(author: Author, before: Build) -> list[dict[str, Any]]:
    """Return the steps of what a learner has to do who has a build, as the author is told them."""
    command = ("plan", str(author.root / "demo"), "--against", str(before.path), "--format", "json")
    result = CliRunner().invoke(main, command, env={"SOURCE_DATE_EPOCH": str(author.latest_clock)})
    assert result.exit_code == 0, result.output
    (plan,) = json.loads(result.stdout)
    return list(plan["steps"])


def _follow(collection: Collection, steps: Sequence[dict[str, Any]], *, is_before: bool) -> None:
    for step in steps:
        what = step["task"].split()[0]
        if what not in ("suspend", "unsuspend") or step["how"].startswith("before ") != is_before:
            continue
        cards = collection.find_cards(step["search"])
        if what == "suspend":
            collection.sched.suspend_cards(cards)
        else:
            collection.sched.unsuspend_cards(cards)


def _suspended(device: Device) -> set[str]:
    """Return the GUIDs of the notes with a card that is suspended."""
    state = device.state()
    guids = {note.id: guid for guid, note in state.notes.items()}
    return {guids[card.nid] for card in state.cards.values() if card.queue == -1}


@given(releases=RELEASES)
@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_card_of_a_question_that_is_there_can_be_studied_and_no_other_comes_up(
    releases: list[list[Edit]], beginning: tuple[Path, Author]
) -> None:
    folder, first = beginning
    place = folder / "history"
    place.mkdir()
    author = first.copy(place)
    device = Device(place / "device", author.builds, Counter())
    try:
        device.import_build(author.builds[0])
        now = BEGIN
        for edits in releases:
            now += DAY
            author.edit(edits)
            before = author.builds[-1]
            build = author.build(now)
            author.commit(now)
            steps = _plan(author, before)
            _follow(device.collection, steps, is_before=True)
            device.import_build(build)
            _follow(device.collection, steps, is_before=False)
            assert _suspended(device) == device.state().notes.keys() - build.notes.keys()
    finally:
        device.close()
        shutil.rmtree(place)


def test_a_question_renamed_without_a_word_and_put_right_later_keeps_its_reviews(
    run: Callable[..., Result], write_corpus: WriteCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = Collection(str(tmp_path / "collection.anki2"))
    old = tmp_path / "old.apkg"

    def release(heading: str, day: int) -> dict[str, tuple[str, bool]]:
        """Publish, follow the plan, and return each note's id and whether it is suspended, by GUID."""
        folder = write_corpus({"01-first.md": CHAPTER.replace("{#one .junior", heading)})
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(BEGIN + day * DAY))
        result = run("plan", folder, "--against", old, "--format", "json") if old.exists() else None
        steps = json.loads(result.stdout)[0]["steps"] if result else []
        assert run("build", folder, "--only", "apkg", "--output", tmp_path / "out").exit_code == 0
        shutil.copy(tmp_path / "out" / "demo.apkg", old)
        _follow(collection, steps, is_before=True)
        request = ImportAnkiPackageRequest(package_path=str(old), options=ImportAnkiPackageOptions())
        collection.import_anki_package(request)
        _follow(collection, steps, is_before=False)
        return {
            note.guid: (note["ID"], all(card.queue == -1 for card in note.cards()))
            for note in map(collection.get_note, collection.find_notes(""))
        }

    try:
        first = release("{#one .junior", 0)
        assert first["demo:basic:one"] == ("one", False)
        renamed = release("{#uno .junior", 1)
        assert (renamed["demo:basic:one"], renamed["demo:basic:uno"]) == (("one", True), ("uno", False))
        put_right = release('{#uno was="one" .junior', 2)
        assert put_right["demo:basic:one"] == ("uno", False), "the reviews are where they were"
        assert put_right["demo:basic:uno"] == ("uno", True)
    finally:
        collection.close()
