"""Build the wheel and the source distribution, check both, and try them as people install them.

    python -m benchmarks.wheel [--into FOLDER]

Each Python from 3.11 on that is here gets an environment with the wheel and nothing else, in which the steps
of an author run, as the README has them. The source distribution gets one on the first of them. Then pipx,
`uv tool install` and `uvx` install the wheel. A Python that is not here is skipped by name.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.bounds import PINNED, find_python
from benchmarks.runs import PROJECT
from tests.author_steps import run_author_steps

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
TWINE, CONTENTS, PIPX = "twine==7.0.0", "check-wheel-contents==0.6.3", "pipx==1.18.4"
_MADE = {
    "my-corpus.apkg",
    *(f"my-corpus-{name}.pdf" for name in ("cheatsheet", "flashcards", "handbook", "studysheet")),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, check and try; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wheel", description=__doc__)
    parser.add_argument("--into", type=Path, help="a folder for the wheel and the source distribution")
    into = parser.parse_args(arguments).into
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            wheel, source = build(folder / "built")
            for done in (
                *_checked(wheel, source),
                *_tried(wheel, source, folder),
                *_installed(wheel, folder),
            ):
                print(done, flush=True)
        except RuntimeError as error:
            print(f"failed: {error}", flush=True)
            return 1
        if into:
            into.mkdir(parents=True, exist_ok=True)
            for file in (wheel, source):
                shutil.copy(file, into)
                print(into / file.name)
    return 0


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source distribution, and of that the wheel; return the paths of wheel and source."""
    _uv("build", "--quiet", "--out-dir", folder, PROJECT)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, source


def _checked(wheel: Path, source: Path) -> Iterator[str]:
    _uv("tool", "run", "--quiet", "--from", TWINE, "twine", "check", "--strict", wheel, source)
    yield "twine check: both are in order, and the README can be shown"
    _uv("tool", "run", "--quiet", "--from", CONTENTS, "check-wheel-contents", wheel)
    yield "check-wheel-contents: the wheel has what it should, and nothing else"


def _tried(wheel: Path, source: Path, folder: Path) -> Iterator[str]:
    found = {version: python for version in PYTHONS if (python := find_python(version))}
    trials = [(version, wheel) for version in PYTHONS]
    trials += [(version, source) for version in [*found][:1]]
    for version, file in trials:
        if version not in found:
            yield f"Python {version}: skipped, it is not installed here"
            continue
        with tempfile.TemporaryDirectory(dir=folder) as name:
            home, desk = Path(name, "environment"), Path(name, "desk")
            desk.mkdir()
            _uv("venv", "--quiet", "--python", found[version], home)
            _uv("pip", "install", "--quiet", "--python", home, "--constraints", PINNED, file)
            run_author_steps(home / "bin", desk)
            made = {path.name for path in (desk / "dist").glob("[!.]*")}
            if made != _MADE:
                raise RuntimeError(f"Python {version}: build made {', '.join(sorted(made))}")
        kind = "wheel" if file is wheel else "source distribution"
        yield f"Python {version}, {kind}: the README's steps of an author work"


def _installed(wheel: Path, folder: Path) -> Iterator[str]:
    """Install the wheel in the ways that the documentation names, each into folders of its own."""
    programs = folder / "bin"
    places = {
        "UV_TOOL_DIR": folder / "uv",
        "UV_TOOL_BIN_DIR": programs,
        "PIPX_HOME": folder / "pipx",
        "PIPX_BIN_DIR": programs,
        "PIPX_MAN_DIR": folder / "man",
    }
    environment = {**os.environ, **{name: str(place) for name, place in places.items()}}
    _uv("tool", "run", "--quiet", "--python", sys.executable, "--from", wheel, "cardpress", "doctor")
    yield "uvx: cardpress runs"
    for name, install in {
        "uv tool install": ("tool", "install", "--quiet", "--python", sys.executable, wheel),
        "pipx install": ("tool", "run", "--quiet", "--from", PIPX, "pipx", "install", "--quiet", wheel),
    }.items():
        _uv(*install, environment=environment)
        _run([programs / "cardpress", "doctor"], environment)
        yield f"{name}: cardpress runs"
        (programs / "cardpress").unlink()


def _uv(*arguments: str | Path, environment: Mapping[str, str] | None = None) -> None:
    _run([sys.executable, "-m", "uv", *arguments], environment)


def _run(command: Sequence[str | Path], environment: Mapping[str, str] | None) -> None:
    told = subprocess.run(
        command, cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if told.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {told.stdout.strip()}")


if __name__ == "__main__":
    raise SystemExit(main())
