"""What the wheel tells of itself, to those who look for it and to pip."""

from __future__ import annotations

import tomllib
from itertools import chain

import pytest

from benchmarks.bounds import TRIALS
from benchmarks.wheel import PYTHONS
from tests.conftest import PROJECT

SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
ABOUT = SETTINGS["project"]


def test_it_has_all_that_an_index_shows() -> None:
    assert ABOUT["license"] == "MIT"
    assert (PROJECT / ABOUT["readme"]).is_file()
    assert ABOUT["authors"] == [{"name": "The cardpress authors"}]
    assert len(ABOUT["description"]) <= 80
    assert {"anki", "flashcards", "markdown"} <= {*ABOUT["keywords"]}
    assert ABOUT["classifiers"] == sorted(ABOUT["classifiers"])


def test_the_pythons_that_it_names_are_tried_by_make_bounds_and_make_wheel() -> None:
    prefix = "Programming Language :: Python :: 3."
    named = [name.removeprefix(prefix) for name in ABOUT["classifiers"] if name.startswith(prefix)]
    assert {f"3.{name}" for name in named} <= {*PYTHONS} & {trial.python for trial in TRIALS} | {"3.11"}


@pytest.mark.parametrize("name", SETTINGS["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
def test_what_the_source_distribution_has_is_there(name: str) -> None:
    assert list(PROJECT.glob(name.lstrip("/")))


def test_a_wheel_can_be_built_from_the_source_distribution() -> None:
    targets = SETTINGS["tool"]["hatch"]["build"]["targets"]
    needed = chain(targets["wheel"]["packages"], targets["wheel"]["force-include"], ABOUT["license-files"])
    included = {name.lstrip("/") for name in targets["sdist"]["include"]}
    assert {*needed, ABOUT["readme"]} <= included
