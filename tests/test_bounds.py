"""What pyproject.toml promises of versions, and how a version that breaks something is found."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import bounds
from benchmarks.bounds import TRIALS, Failed, Versions, culprit, find_python, run_commands
from tests.conftest import PROJECT

PROMISED = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("requirement", PROMISED["dependencies"])
def test_a_dependency_has_a_lower_bound_which_is_tried_and_no_other(requirement: str) -> None:
    assert re.fullmatch(r"[\w.-]+>=[\d.]+(; python_version < \"3\.14\")?", requirement)


def test_the_lowest_versions_are_tried_on_the_lowest_python() -> None:
    assert PROMISED["requires-python"] == f">={TRIALS[0].python}"
    assert TRIALS[0].kind == "lowest"


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.sampled_from("123"), min_size=1), st.data()
)
def test_the_package_that_breaks_something_is_named_with_both_versions(
    versions: Versions, data: st.DataObject
) -> None:
    pinned = dict.fromkeys(versions, "1")
    broken = data.draw(st.sampled_from([*versions]))
    versions = {**versions, broken: "2"}
    found = culprit(versions, pinned, lambda tried: broken not in tried)
    assert found == f"{broken} 2 breaks it; 1 is pinned"


def test_a_package_that_the_pinned_ones_do_not_need_is_named_too() -> None:
    assert culprit({"new": "1"}, {}, lambda tried: not tried) == "new 1 breaks it; nothing is pinned"


def test_no_version_is_blamed_where_the_pinned_ones_fail_too() -> None:
    assert culprit({"a": "2"}, {"a": "1"}, lambda tried: False) == "the pinned versions fail, too"


def test_a_command_that_fails_is_told_with_the_end_of_what_it_said(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "Error: no parser for $4"\nexit 70\n')
    python.chmod(0o755)
    with pytest.raises(Failed, match=r"^  \$ cardpress check flask look\nError: no parser for flask$"):
        run_commands(python, tmp_path)


def test_a_python_is_found_by_its_version_or_its_path_if_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    stand_in = tmp_path / f"python{version}"
    stand_in.write_text("#!/bin/sh\nexit 127\n")  # as pyenv's, of a version that is not chosen
    stand_in.chmod(0o755)
    real = tmp_path / "real" / f"python{version}"
    real.parent.mkdir()
    real.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{tmp_path}:{real.parent}")
    assert find_python(version) == real
    assert find_python(str(real)) == real
    assert find_python("3.1") is None
    assert find_python(str(tmp_path / "nothing")) is None


def test_a_trial_that_nothing_could_be_tried_in_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bounds, "find_python", lambda wanted: None)
    assert bounds.main(["--python", "python3.99"]) == 1
    assert capsys.readouterr().out == "pinned versions: skipped, Python python3.99 is not installed here\n"
