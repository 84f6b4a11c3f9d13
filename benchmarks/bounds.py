"""Try cardpress with other versions of its dependencies than the pinned ones, and on other Pythons.

    python -m benchmarks.bounds [--python PYTHON]

pyproject.toml promises versions; this holds it to them. Each trial has an environment of its own, with the
lowest versions that the bounds of pyproject.toml allow, the newest that there are, or the pinned ones; there,
every command that needs a dependency runs once. Where a trial fails, packages go back to their pinned
versions until one is left to name. A Python that is not here is skipped by name. With a PYTHON, only the
pinned versions are tried, on that one.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import escape, glob
from pathlib import Path
from threading import Timer
from urllib.request import urlopen

from benchmarks.runs import PROJECT
from tests.exporting import exported

PINNED = PROJECT / "requirements.txt"
_CORPORA = (PROJECT / "content" / "flask", PROJECT / "tests" / "look")
"""The shipped corpus, and one of a page with every kind of card."""
_PATIENCE = 600
"""Seconds after which what a trial waits for will not come."""
_PRINTED = ("cheatsheet", "studysheet", "handbook", "flashcards")
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)")
_WHERE = re.compile(r"http://\S+")
"""The address that `cardpress watch` tells."""
_LAST_LINES = 12
"""How much is shown of what a command told that failed."""

Versions = Mapping[str, str]
"""The version of each package, by its name."""


class Failed(Exception):  # noqa: N818  (what a trial came to)
    """A command failed: its command line, and what it told."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Versions of the dependencies, on a Python."""

    kind: str
    """`lowest`, `newest` or `pinned`."""
    python: str
    """A version, as `3.12`, or a path."""


TRIALS = (
    Trial("lowest", "3.11"),
    Trial("newest", sys.executable),
    Trial("pinned", "3.12"),
    Trial("pinned", "3.13"),
    Trial("pinned", "3.14"),
)
"""The lowest versions on the lowest Python: there are no wheels of them for later ones."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the trials; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bounds", description=__doc__)
    parser.add_argument("--python", help="a Python to try the pinned versions on, instead of all trials")
    chosen = parser.parse_args(arguments).python
    tried = failed = 0
    for trial in (Trial("pinned", chosen),) if chosen else TRIALS:
        python = find_python(trial.python)
        if python is None:
            print(f"{trial.kind} versions: skipped, Python {trial.python} is not installed here", flush=True)
            continue
        tried += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                failed += not run_trial(trial.kind, Environments(python, Path(folder)))
            except RuntimeError as error:
                print(f"{trial.kind} versions, Python {trial.python}: {error}", flush=True)
                failed += 1
    return 0 if tried and not failed else 1


def find_python(wanted: str) -> Path | None:
    """Return the path of a Python of a version, or of the one at a path, if it runs."""
    if not re.fullmatch(r"3\.\d+", wanted):
        found = shutil.which(wanted)
        candidates = [Path(found)] if found else []
        expected = ""
    else:
        # pyenv puts a stand-in on the PATH, even for a version that it is not to run.
        root = os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv"
        # Path.glob fails in a folder of somebody else's.
        homes = map(Path, glob(f"{escape(str(root))}/versions/{wanted}.*/bin"))  # noqa: PTH207
        folders = [*map(Path, os.environ.get("PATH", os.defpath).split(os.pathsep)), *sorted(homes)]
        candidates = [folder / f"python{wanted}" for folder in folders]
        expected = wanted
    for path in filter(os.path.isfile, candidates):
        code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
        told = subprocess.run([path, "-c", code], capture_output=True, text=True)
        if not told.returncode and told.stdout.strip() in (expected or told.stdout.strip(),):
            return path.absolute()
    return None


def run_trial(kind: str, environments: Environments) -> bool:
    """Try versions of a kind, tell how it went, and return whether it went well."""
    versions = environments.versions(kind)
    title = f"{kind} versions, Python {environments.python_version()}"
    try:
        environments.attempt(versions)
    except Failed as failure:
        print(f"{title}: failed\n{failure}", flush=True)
        pinned = environments.versions("pinned")
        print(f"{title}: {culprit(versions, pinned, environments.works_with)}", flush=True)
        return False
    others = differing(versions, environments.versions("pinned"))
    told = ", ".join(f"{name} {version}" for name, version in others.items()) or "the pinned ones"
    print(f"{title}: check, build, print, plan and watch work ({told})", flush=True)
    return True


def differing(versions: Versions, pinned: Versions) -> dict[str, str]:
    """Return what is of another version than the pinned one."""
    return {name: version for name, version in versions.items() if pinned.get(name) != version}


def culprit(versions: Versions, pinned: Versions, works_with: Callable[[Versions], bool]) -> str:
    """Name the package, and its version, that makes a failing trial fail.

    `works_with` tells whether a trial succeeds with packages of the versions given, and the others pinned.
    """
    others = [*differing(versions, pinned).items()]
    good, bad = 0, len(others)
    if not works_with({}):
        return "the pinned versions fail, too"
    # With the first `good` of them it works, with the first `bad` it does not.
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if works_with(dict(others[:middle])) else (good, middle)
    name, version = others[bad - 1]
    return f"{name} {version} breaks it; {pinned.get(name, 'nothing')} is pinned"


@dataclass(frozen=True, slots=True)
class Environments:
    """Virtual environments of a Python, and what runs there. Errors of uv are `RuntimeError`."""

    python: Path
    folder: Path

    def python_version(self) -> str:
        """Return the version of the Python: `3.11.7`."""
        code = "import platform; print(platform.python_version())"
        return subprocess.check_output([self.python, "-c", code], text=True).strip()

    def versions(self, kind: str) -> Versions:
        """Return all packages that cardpress needs here."""
        if kind == "pinned":
            return self._resolve("--constraints", PINNED)
        return self._resolve("--resolution", "lowest-direct" if kind == "lowest" else "highest")

    def works_with(self, versions: Versions) -> bool:
        """Tell whether a trial succeeds with some packages of these versions, and the others as pinned.

        Where that cannot be, because packages ask for versions of each other, the others come near it.
        """
        wanted = self.folder / "wanted.txt"
        wanted.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
        resolved = self.folder / "resolved.txt"
        shutil.copy(PINNED, resolved)  # uv prefers the versions in the file that it writes to
        self._resolve("--constraints", wanted, "--output-file", resolved)
        try:
            self.attempt(_versions_in(resolved.read_text(encoding="utf-8")))
        except Failed:
            return False
        return True

    def _resolve(self, *options: str | Path) -> Versions:
        settled = ("--quiet", "--no-header", "--no-annotate", "--python", self.python)
        told = self._uv("pip", "compile", *settled, *options, PROJECT / "pyproject.toml")
        return _versions_in(told)

    def attempt(self, versions: Versions) -> None:
        """Install these versions, and cardpress, and run its commands. Raises `Failed` where one fails."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            desk = Path(name)
            wanted = desk / "wanted.txt"
            wanted.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
            home = desk / "environment"
            self._uv("venv", "--quiet", "--python", self.python, home)
            there = ("--quiet", "--no-deps", "--python", home)
            self._uv("pip", "install", *there, "--requirements", wanted)
            self._uv("pip", "install", *there, "--editable", PROJECT)
            self._uv("pip", "check", "--quiet", "--python", home)
            run_commands(home / "bin" / "python", desk)

    def _uv(self, *arguments: str | Path) -> str:
        told = subprocess.run(
            [sys.executable, "-m", "uv", *arguments], cwd=self.folder, capture_output=True, text=True
        )
        if told.returncode:
            raise RuntimeError(f"uv {' '.join(map(str, arguments))}: {told.stderr.strip()}")
        return told.stdout


def _versions_in(requirements: str) -> Versions:
    return {found["name"]: found["version"] for found in _REQUIREMENT.finditer(requirements)}


def run_commands(python: Path, desk: Path) -> None:
    """Run every command that a dependency works for, in an empty folder. Raises `Failed` where one fails."""
    environment = {**os.environ, "XDG_CONFIG_HOME": str(desk / "config")}
    environment.pop("PYTHONPATH", None)
    for corpus in _CORPORA:
        shutil.copytree(corpus, desk / corpus.name)

    def run(*arguments: str) -> None:
        command: list[str | Path] = [python, "-m", "builder", *arguments]
        told = subprocess.run(
            command, cwd=desk, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if told.returncode:
            raise Failed(_shortened(arguments, told.stdout))

    run("check", "flask", "look")
    run("build", "flask", "--only", "apkg")
    run("build", "look")
    made = {path.name for path in (desk / "dist").glob("[!.]*")}
    expected = {"flask.apkg", "look.apkg", *(f"look-{name}.pdf" for name in _PRINTED)}
    if made != expected:
        raise Failed(f"cardpress build made {', '.join(sorted(made))}")
    # As the real Anki exports it, which is compressed.
    exported(desk / "dist" / "look.apkg", desk / "look.apkg")
    run("plan", "look", "--against", "look.apkg")
    _watch(python, desk, environment)


def _shortened(arguments: Sequence[str], told: str) -> str:
    return "\n".join([f"  $ cardpress {' '.join(arguments)}", *told.splitlines()[-_LAST_LINES:]])


def _watch(python: Path, desk: Path, environment: Mapping[str, str]) -> None:
    """Have cards shown, and a save noticed."""
    command: list[str | Path] = [python, "-u", "-m", "builder", "watch", "look"]
    with subprocess.Popen(
        command, cwd=desk, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        end = Timer(_PATIENCE, process.kill)  # or nobody would tell of what never comes
        end.start()
        try:
            lines = _told(process)
            where = next(filter(None, map(_WHERE.search, lines)), None)
            if where is None or urlopen(where[0], timeout=_PATIENCE).status != 200:
                raise Failed("  $ cardpress watch look\nno card is shown")
            chapter = desk / "look" / "01-cards.md"
            chapter.write_text(chapter.read_text(encoding="utf-8") + "\n", encoding="utf-8")
            if "changed" not in next(lines, ""):
                raise Failed("  $ cardpress watch look\na save is not noticed")
        finally:
            end.cancel()
            process.terminate()
            process.communicate(timeout=_PATIENCE)


def _told(process: subprocess.Popen[str]) -> Iterator[str]:
    assert process.stdout
    yield from process.stdout


if __name__ == "__main__":
    raise SystemExit(main())
