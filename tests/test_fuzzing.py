"""Fuzzing finds what is planted, and nothing in what is there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.fuzzing.minimise import minimised
from tests.fuzzing.recipes import read_recipe
from tests.fuzzing.targets import TARGETS


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)


def _findings(folder: Path, *words: str) -> Sequence[str]:
    result = _run("-m", "tests.fuzzing.planted", folder, *words)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("raise", "KeyError planted.py:_try"),
        ("broken", "promises: one is broken"),
        ("endless", "hang"),
        ("deaf", "hang in a library's own code"),
        ("wait", "hang: waits for what does not come"),
        ("memory", "memory"),
        ("crash", "killed by SIGSEGV"),
        ("leave", "left the program with status 3"),
    ],
)
def test_a_planted_fault_is_found_and_its_smallest_case_saved(word: str, key: str, tmp_path: Path) -> None:
    counts, *findings = _findings(tmp_path, word)
    assert findings == [f"{key}: {word.encode()!r}"]
    (notes,) = tmp_path.glob("planted-*.notes")
    assert f"make fuzz FILE={notes.with_suffix('.txt')}" in notes.read_text(encoding="utf-8")
    cases, clean, failed = map(int, counts.split())
    assert cases >= clean + failed
    assert clean > 0 < failed


@pytest.mark.slow
def test_several_faults_are_told_apart_and_a_seed_repeats_them(tmp_path: Path) -> None:
    first = _findings(tmp_path / "first", "raise", "broken", "memory")
    assert len(first) == 4
    assert first[0] == "150 " + first[0].partition(" ")[2], "a finding ends no batch"
    assert sorted(_findings(tmp_path / "second", "raise", "broken", "memory")) == sorted(first)


@pytest.mark.slow
def test_nothing_is_found_where_there_is_no_fault(tmp_path: Path) -> None:
    counts, *findings = _findings(tmp_path)
    assert counts.startswith("150 ")
    assert findings == []
    assert not any(tmp_path.iterdir())


def test_a_case_is_reduced_to_what_fails() -> None:
    tried: list[bytes] = []

    def fails(case: bytes) -> bool:
        tried.append(case)
        return b"a" in case and "é".encode() in case

    assert minimised("x\nxay\nz\nzéz\n\nz".encode(), fails) == "aé".encode()
    assert all(case.decode() for case in tried), "characters stay whole"
    assert minimised(b"x\nxay\xc3\n", lambda case: b"a" in case) == b"a"
    assert minimised(b"xx\nxay\n", lambda case: b"a" in case, by_characters=False) == b"xay\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_nothing(name: str, tmp_path: Path) -> None:
    result = _run(
        *("-m", "tests.fuzzing", "--only", name, "--cases", 150, "--seed", 1),
        *("--processes", 1, "--folder", tmp_path),
    )
    assert result.returncode == 0, result.stdout + result.stderr
    row = next(line for line in result.stdout.splitlines() if line.startswith(name))
    cases, clean, failed, findings = (int(count.replace(",", "")) for count in row.split()[1:5])
    assert 0 < clean < cases == 150
    assert failed == findings == 0


@pytest.mark.slow
def test_a_saved_case_can_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "chapters-1.md"
    path.write_text("# T\n\n## A question? {#a}\n\nAn answer.\n", encoding="utf-8")
    result = _run("-m", "tests.fuzzing", "--file", path)
    assert result.returncode == 0
    assert "No finding" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.made])
def test_each_line_of_a_recipe_can_be_left_out(name: str) -> None:
    target = TARGETS[name]
    assert target.made
    seed = b'["seed", "own"]\n' if name == "packages" else b'["seed", "blue.png"]\n'
    change = b'["end", 30000]\n'
    assert len([*read_recipe(seed + change)]) == 2
    assert target.made(b"")[1] == target.made(change)[1] == b""
    assert target.made(seed)[1].startswith(target.made(seed + change)[1])


def test_an_unknown_target_is_refused() -> None:
    result = _run("-m", "tests.fuzzing", "--only", "nothing")
    assert result.returncode == 2
    assert "the targets are: chapters" in result.stderr
