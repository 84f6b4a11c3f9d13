"""Every combination of Anki's import options: nothing is lost, and what arrives follows a rule.

Every import checks that nothing is lost and that all it did is in its log (`Learner.imports`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import product
from typing import Literal

import pytest

from tests.learner import FIRST, QUESTIONS, SECOND, SIX, Anki, Author, Package

Update = Literal["IF_NEWER", "ALWAYS", "NEVER"]
UPDATES: tuple[Update, ...] = ("IF_NEWER", "ALWAYS", "NEVER")
BOTH = (False, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A choice in Anki's import dialog."""

    merge_notetypes: bool
    update_notes: Update
    update_notetypes: Update
    with_scheduling: bool
    with_deck_configs: bool

    def __str__(self) -> str:
        return "-".join(
            name if value is True else f"{name}_{value}" for name, value in asdict(self).items() if value
        )


COMBINATIONS = [
    Options(
        merge_notetypes=merge,
        update_notes=notes,
        update_notetypes=types,
        with_scheduling=scheduling,
        with_deck_configs=presets,
    )
    for merge, notes, types, scheduling, presets in product(BOTH, UPDATES, UPDATES, BOTH, BOTH)
]

CHANGED_BY_SECOND = {"one", "three"}
CHANGED_BY_THIRD = {"one", "two"}
OWN = {"half", "five"}
"""What the learner has changed, and the author never."""


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Package, Package, Package]:
    """Return the builds of days 1, 3 and 5."""
    author = Author(tmp_path_factory.mktemp("author"))
    first = author.builds(day=1)
    three = "## What is three? {#three}\n\n![blue](blue.png)\n"
    author.edit(FIRST, ("The first", "The 1st"), (f"\n{three}", ""))
    author.edit(SECOND, (SIX, f"## What is seven? {{#seven}}\n\nThe seventh.\n\n{three}"))
    author.restyle(".second {}\n")
    second = author.builds(day=3)
    author.edit(FIRST, ("The 1st", "The FIRST"), ("The second", "The 2nd"))
    author.restyle(".third {}\n")
    return first, second, author.builds(day=5)


@pytest.mark.slow
@pytest.mark.parametrize("options", COMBINATIONS, ids=str)
def test_whatever_the_options_nothing_is_lost_and_what_arrives_follows_the_rule(
    options: Options, anki: Anki, builds: tuple[Package, Package, Package]
) -> None:
    first, second, third = builds
    learner = anki.learner()
    chosen = asdict(options)
    assert learner.imports(first, day=2, **chosen) == {"new": QUESTIONS}
    learner.studies(
        {"do": "edit", "search": "ID:half", "field": "Answer", "text": "My own words"},
        {"do": "tag", "search": "ID:five", "tag": "mine"},
        day=2.5,
    )

    # What the author changes arrives, unless it is told to wait; only if it is to replace all that differs,
    # the learner's own changes give way to what the author wrote once.
    waits = options.update_notes == "NEVER"
    kept = set() if options.update_notes == "ALWAYS" else OWN
    brought = set() if waits else CHANGED_BY_SECOND | (OWN - kept)
    assert learner.imports(second, day=4, **chosen) == _log(new={"seven"}, updated=brought)
    assert learner.lacks(second) == kept | (CHANGED_BY_SECOND if waits else set())
    assert learner.has_style(second) == (options.update_notetypes != "NEVER")

    again = brought if options.update_notes == "ALWAYS" and anki.dates_changes_by_import else set()
    brought = set() if waits else CHANGED_BY_THIRD | again
    assert learner.imports(third, day=6, **chosen) == _log(updated=brought)
    assert learner.lacks(third) == kept | (CHANGED_BY_SECOND | CHANGED_BY_THIRD if waits else set())
    assert learner.has_style(third) == (options.update_notetypes != "NEVER")

    # What has waited comes with the options as Anki has them, but for a style: to merge dates the note type.
    waiting = CHANGED_BY_SECOND | CHANGED_BY_THIRD if waits else set()
    assert learner.imports(third, day=7) == _log(updated=waiting)
    assert learner.lacks(third) == kept
    assert learner.has_style(third) == (options.update_notetypes != "NEVER" or not options.merge_notetypes)


def _log(**questions: set[str]) -> dict[str, set[str]]:
    return {name: which for name, which in questions.items() if which}


@pytest.mark.parametrize("merge", [False, True])
def test_only_to_merge_note_types_holds_back_a_style_that_is_older_than_the_import_before(
    merge: bool, anki: Anki, builds: tuple[Package, Package, Package]
) -> None:
    first, second, third = builds
    learner = anki.learner()
    learner.imports(first, day=6)
    learner.imports(second, day=7, merge_notetypes=merge)
    learner.imports(third, day=8, merge_notetypes=merge)
    assert learner.has_style(third) == (not merge)


def test_always_brings_once_what_earlier_imports_passed_over(
    anki: Anki, builds: tuple[Package, Package, Package]
) -> None:
    first, second, third = builds
    learner = anki.learner()
    learner.imports(first, day=2)
    learner.does({"do": "tag", "search": "ID:two", "tag": "marked"}, day=6)
    for package in (second, third):
        learner.imports(package, day=7, merge_notetypes=True)
    assert learner.lacks(third) >= {"two"}
    assert not learner.has_style(third)
    learner.imports(third, day=8, update_notes="ALWAYS", update_notetypes="ALWAYS")
    assert learner.lacks(third) == set()
    assert learner.has_style(third)
