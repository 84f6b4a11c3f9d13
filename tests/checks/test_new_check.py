"""A new check: what CONTRIBUTING.md shows as a diff is all that it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SETTINGS
from tests.diffs import changed_program

pytestmark = pytest.mark.slow

CHAPTER = "# First\n\n## WHAT IS ONE? {#one}\n\nA number.\n"
PAGE = "from tests.checks.test_catalogue import page; print(page())"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program with the made-up check, beside a corpus that it finds something in."""
    folder = changed_program("To add a check", tmp_path_factory.mktemp("program"))
    (folder / "demo").mkdir()
    (folder / "demo" / "deck.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "demo" / "01-first.md").write_text(CHAPTER, encoding="utf-8")
    return folder


def _run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((sys.executable, *arguments), cwd=program, capture_output=True, text=True)


def test_a_new_check_is_run(program: Path) -> None:
    result = _run(program, "-m", "builder", "check", "demo", "--format", "json")
    (found,) = json.loads(result.stdout)["findings"]
    assert (found["code"], found["severity"], found["line"]) == ("shouted-prompt", "error", 3)
    assert (found["message"], found["hint"]) == ("the prompt is in capitals", "write it as a sentence")
    assert result.returncode == 1


def test_its_code_is_explained_with_its_reason_and_its_examples(program: Path) -> None:
    result = _run(program, "-m", "builder", "check", "--explain", "shouted-prompt")
    assert result.stdout.startswith("Words in capitals are hard to read.\n\nWrong:\n\n    ## WHAT IS `G`?")
    assert result.returncode == 0


def test_its_code_has_a_section_on_the_page_of_rules(program: Path) -> None:
    result = _run(program, "-c", PAGE)
    assert result.returncode == 0, result.stderr
    assert "[shouted-prompt](#shouted-prompt)" in result.stdout
    section = result.stdout.split("### shouted-prompt\n")[1].split("\n### ")[0]
    assert "Words in capitals are hard to read. *An error.*" in section
    assert "3:1: error: the prompt is in capitals [shouted-prompt]" in section


def test_sarif_tells_code_hosts_of_it(program: Path) -> None:
    (run,) = json.loads(_run(program, "-m", "builder", "check", "demo", "--format", "sarif").stdout)["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "shouted-prompt"
    assert rule["fullDescription"]["text"] == "Words in capitals are hard to read."
    assert [result["ruleId"] for result in run["results"]] == ["shouted-prompt"]


def test_its_examples_are_tried(program: Path) -> None:
    page = "tests/checks/test_catalogue.py"
    result = _run(program, "-m", "pytest", "-q", page, "-k", "shouted-prompt or declares")
    assert result.stdout.splitlines()[-1].startswith("2 passed"), result.stdout
