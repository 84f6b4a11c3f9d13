"""What others call from their repositories: the composite action for GitHub, and the hooks for pre-commit."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from tests.conftest import PROJECT, WriteCorpus, git
from tests.printing import needs_pango
from tests.programs import program

Run = Callable[..., Result]
CARDPRESS = Path(sys.executable).parent / "cardpress"
INPUT = re.compile(r"\$\{\{ inputs\.(\w+) \}\}")


def _loaded(name: str) -> Any:
    return yaml.safe_load((PROJECT / name).read_text(encoding="utf-8"))


ACTION = _loaded("action.yml")
HOOKS = _loaded(".pre-commit-hooks.yaml")
STEPS: Mapping[str, Mapping[str, Any]] = {
    step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step
}


class Runner:
    """Runs steps of the action as GitHub does, in one repository."""

    def __init__(self, repository: Path, temporary: Path) -> None:
        self.repository = repository
        self.outputs = temporary / "outputs"
        self.summary = temporary / "summary"
        self._temporary = temporary

    def run(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        step = STEPS[name]
        defaults = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
        known = {**defaults, **inputs}
        environment = {
            variable: INPUT.sub(lambda found: known[found[1]], value)
            for variable, value in step.get("env", {}).items()
        }
        return subprocess.run(
            [program("bash"), "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.repository,
            env={
                **os.environ,
                **environment,
                "CARDPRESS": str(CARDPRESS),
                "RUNNER_TEMP": str(self._temporary),
                "GITHUB_OUTPUT": str(self.outputs),
                "GITHUB_STEP_SUMMARY": str(self.summary),
            },
            capture_output=True,
            text=True,
        )


@pytest.fixture
def runner(write_corpus: WriteCorpus, run: Run, tmp_path: Path) -> Runner:
    """Return a runner with a repository of two corpora, one with a space in its name, that were built."""
    repository = tmp_path / "repository"
    for name in ("first", "the second"):
        folder = write_corpus(name=f"repository/{name}")
        settings = folder / "deck.toml"
        settings.write_text(settings.read_text().replace("demo", name.replace(" ", "-")))
    git(repository, "init", "-q", "-b", "main")
    corpora = (repository / "first", repository / "the second")
    result = run("build", *corpora, "--only", "apkg", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Corpora")
    (tmp_path / "temporary").mkdir()
    return Runner(repository, tmp_path / "temporary")


def test_the_action_and_the_workflows_are_as_github_wants_them() -> None:
    for schema, files in {
        "github-actions": ["action.yml"],
        "github-workflows": [
            str(path)
            for folder in ("docs", ".github")
            for path in (PROJECT / folder / "workflows").glob("*.yml")
        ],
        "github-issue-config": [".github/ISSUE_TEMPLATE/config.yml"],
        "github-issue-forms": [
            str(path)
            for path in (PROJECT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")
            if path.name != "config.yml"
        ],
    }.items():
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
        result = subprocess.run([*command, *files], cwd=PROJECT, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr


def test_no_step_puts_an_input_into_its_script() -> None:
    for name, step in STEPS.items():
        assert "${{" not in step["run"], f"{name}: an input would be run"
        assert step["shell"] == "bash"


def test_every_input_is_used_and_every_output_is_made() -> None:
    text = (PROJECT / "action.yml").read_text(encoding="utf-8")
    for name in ACTION["inputs"]:
        assert re.search(rf"\binputs\.{name}\b", text.partition("runs:")[2])
    ids = {step.get("id") for step in ACTION["runs"]["steps"]}
    assert set(re.findall(r"steps\.(\w+)\.outputs", text)) <= ids


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_sound_bash(name: str) -> None:
    result = subprocess.run([program("bash"), "-n"], input=STEPS[name]["run"], text=True, capture_output=True)
    assert (result.returncode, result.stderr) == (0, "")
    shellcheck = [program("shellcheck"), "--shell", "bash", "-"]
    checked = subprocess.run(shellcheck, input=STEPS[name]["run"], text=True, capture_output=True)
    assert checked.stdout == ""


@pytest.mark.slow
def test_the_check_is_of_all_corpora_or_of_those_that_are_named(runner: Runner) -> None:
    chapter = runner.repository / "the second" / "01-first.md"
    chapter.write_text(chapter.read_text() + "\n## No id?\n\nNone.\n")
    result = runner.run("Check")
    assert result.returncode == 1
    assert "::error file=the second/01-first.md,line=" in result.stdout
    assert runner.run("Check", corpora="first\n").returncode == 0
    assert runner.run("Check", corpora="first\nthe second\n").returncode == 1


@pytest.mark.slow
def test_the_build_makes_what_is_asked_for_and_the_next_step_says_what_changes(runner: Runner) -> None:
    result = runner.run("Build", build="apkg")
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (runner.repository / "dist").glob("[!.]*")) == [
        "first.apkg",
        "the-second.apkg",
    ]
    assert runner.outputs.read_text() == "folder=dist\n"
    assert runner.run("Show what changes for learners").returncode == 0
    assert re.fullmatch(r"```text\nfirst: .*the-second: .*```\n", runner.summary.read_text(), re.DOTALL)


@pytest.mark.slow
@needs_pango
def test_by_default_the_build_makes_everything(runner: Runner) -> None:
    result = runner.run("Build", corpora="the second")
    assert result.returncode == 0, result.stderr
    made = {path.name for path in (runner.repository / "dist").glob("[!.]*")}
    assert made > {"the-second.apkg", "the-second-handbook.pdf"}


@pytest.mark.slow
def test_a_lock_that_was_not_committed_fails_the_build(runner: Runner) -> None:
    chapter = runner.repository / "first" / "01-first.md"
    chapter.write_text(chapter.read_text() + "\n## What is new? {#new}\n\nThis.\n")
    result = runner.run("Build", build="apkg")
    assert result.returncode == 1
    assert "build without --locked, and commit it" in result.stderr
    assert not runner.outputs.exists()


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_checks_the_corpora_of_a_repository(
    hook: Mapping[str, Any], write_corpus: WriteCorpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"02-second.md": "# S\n\n## Why so? {#why .cloze}\n\nNo gap.\n"})
    monkeypatch.chdir(folder.parent)
    name, *arguments = shlex.split(hook["entry"])
    assert (name, hook["language"], hook["pass_filenames"]) == ("cardpress", "python", False)
    assert run(*arguments).exit_code == 1
    (folder / "02-second.md").write_text("# S\n")
    assert run(*arguments).exit_code == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_where_a_file_of_a_corpus_changes(hook: Mapping[str, Any]) -> None:
    changed = re.compile(hook["files"])
    for name in ("flask/01-first.md", "deck.toml", "flask/deck.lock", "flask/media/a.svg"):
        assert changed.search(name)
    for name in ("setup.py", "pyproject.toml", "notdeck.toml"):
        assert not changed.search(name)


def test_the_hook_that_fixes_fixes(
    write_corpus: WriteCorpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_corpus({"02-second.md": "# S\n\n## Why so?\n\nSo.\n"})
    monkeypatch.chdir(folder.parent)
    (hook,) = (hook for hook in HOOKS if hook["id"] == "cardpress-fix")
    assert run(*shlex.split(hook["entry"])[1:]).exit_code == 0
    assert "{#why-so}" in (folder / "02-second.md").read_text()
