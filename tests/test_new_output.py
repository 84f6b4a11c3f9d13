"""An output is added in one place: CONTRIBUTING.md shows it, and all that lists outputs has it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, copy_project
from tests.printing import needs_pango
from tests.programs import program

pytestmark = pytest.mark.slow

EXAMPLE = re.compile(r"## To add an output\n.*?```diff\n(.*?)```", re.DOTALL)
ASKED = """
from pathlib import Path
from builder.preview.session import Session
from builder.runtime.cache import NO_CACHE
session = Session([Path("content/demo")], NO_CACHE, "", Path("proofs"), lambda: 0.0, str)
session.open()
print(session.answer("state").content.decode())
"""
PLAIN = """
def _write_list(edition: Edition, path: Path) -> Written:
    path.write_text("\\n".join(edition.release.notes))
    return "all of it", ()


OUTPUTS: Mapping[str, Output] = {
    "list": Output(title="List", suffix="-list.txt", write=_write_list),
"""


class _Project:
    """A copy of the project with a small corpus, and with an environment that runs the copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        copy_project(folder)
        script = folder / ".venv" / "bin" / "cardpress"
        script.parent.mkdir(parents=True)
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{folder}" exec "{sys.executable}" -P -m builder "$@"\n')
        script.chmod(0o755)
        for stamp in ("ready", "pango"):
            (folder / ".venv" / stamp).touch()

    def add_the_example(self) -> None:
        """Change the program as CONTRIBUTING.md says."""
        example = EXAMPLE.search((PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
        assert example, "CONTRIBUTING.md shows how to add an output"
        command = [program("git"), "apply", "-"]
        subprocess.run(command, cwd=self.folder, input=example[1], text=True, check=True)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        environment["PYTHONPATH"] = str(self.folder)
        # As on most machines: what Python keeps of modules changes their folders.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env=environment)

    def said(self, *command: str | Path) -> str:
        """Run what must succeed, and return what it says."""
        result = self.run(*command)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def made(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "dist").glob("[!.]*"))


@pytest.fixture
def project(tmp_path: Path) -> _Project:
    return _Project(tmp_path)


@needs_pango
def test_a_new_output_is_made_alone(project: _Project) -> None:
    project.add_the_example()
    project.said(sys.executable, "-P", "-m", "builder", "build", "--only", "primer")
    assert project.made() == ["demo-primer.pdf"]


def test_a_new_output_is_in_the_state_of_the_preview(project: _Project) -> None:
    project.add_the_example()
    state = json.loads(project.said(sys.executable, "-P", "-c", ASKED))
    assert {"name": "primer", "title": "Primer", "has_links": False} in state["printed"]
    assert "primer" in [proof["name"] for proof in state["proofs"]]
    assert "calibration" not in [printed["name"] for printed in state["printed"]]


@needs_pango
def test_make_makes_a_new_output_and_knew_none_before(project: _Project) -> None:
    make = program("make")
    assert "--only primer" not in project.said(make, "-n")
    project.add_the_example()
    assert "--only primer" in project.said(make, "-n")
    assert "demo-primer.pdf: " in project.said(make)
    kinds = (
        *("-cheatsheet.pdf", "-flashcards.pdf", "-handbook.pdf", "-primer.pdf", "-studysheet.pdf", ".apkg"),
    )
    assert project.made() == [f"demo{kind}" for kind in kinds]
    assert "Nothing to be done" in project.said(make)


def test_what_needs_no_pango_is_made_where_it_is_missing(project: _Project) -> None:
    (project.folder / "weasyprint.py").write_text("raise OSError('cannot load library')")
    table = project.folder / "builder" / "pipeline" / "outputs.py"
    table.write_text(table.read_text().replace("OUTPUTS: Mapping[str, Output] = {\n", PLAIN.lstrip("\n")))
    result = project.run(program("make"))
    assert result.returncode == 2
    assert "PDFs need Pango" in result.stderr
    assert project.made() == ["demo-list.txt", "demo.apkg"]


def test_only_what_makes_outputs_asks_for_their_list(project: _Project) -> None:
    project.said(program("make"), "help")
    assert not (project.folder / ".venv" / "outputs.mk").exists()
