"""Compares what two versions of the program make: every output of the same corpora, byte for byte.

    python -m benchmarks.same BASE

BASE is a commit. Its program, that of this tree, and the latter as a wheel installs it each build the shipped
corpus and a generated one, with an empty cache; then again after an edit, from what the cache kept. Nothing
outside a temporary folder is written.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpora import edit, write_corpus
from benchmarks.runs import PROJECT

_PROGRAM = ("builder", "styles")
"""The folders that the program is."""
_NOW = 2_000_000_000
"""The time of the first build, in seconds since the epoch: later than what any lock knows of."""
_DAY = 24 * 60 * 60
_QUESTIONS = 60
_MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Program:
    """A version of the program."""

    name: str
    home: Path
    """The folder that its package is in."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A file that the programs made."""

    name: str
    size: int
    """Bytes, as the first program made it."""
    verdicts: tuple[str, ...]
    """Of each other program: how its file differs; empty where it does not."""


def program_at(commit: str, home: Path) -> Program:
    """Write the program as it was at a commit into a folder. Raises `RuntimeError` for what is no commit."""
    archive = ("git", "-C", str(PROJECT), "archive", "--format=tar", f"{commit}^{{commit}}", *_PROGRAM)
    packed = subprocess.run(archive, capture_output=True)
    if packed.returncode:
        raise RuntimeError(f"{commit!r} has no program: {packed.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(home, filter="data")
    return Program(commit, home)


def program_now(home: Path) -> Program:
    """Copy the program of this tree, so that it may be edited meanwhile."""
    for name in _PROGRAM:
        shutil.copytree(PROJECT / name, home / name, ignore=shutil.ignore_patterns("__pycache__"))
    return Program("this tree", home)


def program_of_wheel(home: Path) -> Program:
    """Make a wheel of this tree and unpack it, as pip does. Raises `RuntimeError` where that fails."""
    with TemporaryDirectory() as folder:
        wheel = ("-m", "pip", "-q", "wheel", "--no-deps", "--wheel-dir", folder, str(PROJECT))
        made = subprocess.run((sys.executable, *wheel), capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"the wheel cannot be made: {made.stderr.strip()}")
        (path,) = Path(folder).glob("cardpress-*.whl")
        with zipfile.ZipFile(path) as archive:
            archive.extractall(home)
    return Program("its wheel", home)


def outputs_of(program: Program, corpora: Sequence[Path], desk: Path, *, only: Sequence[str] = ()) -> Path:
    """Make all outputs of copies of the corpora in an empty folder; return the folder that they are in.

    `only` names some of the outputs, for a quick look. Raises `RuntimeError` where a command fails.
    """
    made = Path("made")  # what is told of a file names it, and is to be the same everywhere
    chosen = [part for name in only for part in ("--only", name)]
    for original in corpora:
        corpus = Path(original.name)
        shutil.copytree(original, desk / corpus)
        target = made / corpus
        (desk / target).mkdir(parents=True)
        _run(program, desk, _NOW, "build", corpus, *chosen, "--output", target)
        if not only:
            _run(program, desk, _NOW, "build", corpus, "--only", "calibration", "--output", target)
        shutil.copy(desk / corpus / "deck.lock", desk / target)
        for command in ("check", "stats"):
            told = _run(program, desk, _NOW, command, corpus, "--format", "json")
            (desk / target / f"{command}.json").write_bytes(told)
        edit(desk / corpus, 1)
        (deck,) = (path for path in (desk / target).glob("*.apkg") if not path.stem.endswith("-core"))
        told = _run(
            program, desk, _NOW + _DAY, "plan", corpus, "--against", target / deck.name, "--format", "json"
        )
        (desk / target / "plan.json").write_bytes(told)
        again = target / "after-an-edit"
        _run(program, desk, _NOW + _DAY, "build", corpus, "--only", "apkg", "--output", again)
        shutil.copy(desk / corpus / "deck.lock", desk / again)
    return desk / made


def _run(program: Program, folder: Path, now: int, *arguments: str | Path) -> bytes:
    """Run a command of the program; return what it wrote to standard output."""
    environment = {**os.environ, "PYTHONPATH": str(program.home), "SOURCE_DATE_EPOCH": str(now)}
    # -P: what lies in the folder is no part of the program.
    command = (sys.executable, "-P", "-m", "builder", *map(str, arguments))
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True)
    if ended.returncode:
        raise RuntimeError(
            f"{program.name}: cardpress {' '.join(map(str, arguments))} failed\n{ended.stderr.decode()}"
        )
    return ended.stdout


def compare(first: Path, others: Sequence[Path]) -> Iterator[Compared]:
    """Compare the files in folders with those of the first: all that any of them has."""
    folders = (first, *others)
    names = {str(path.relative_to(folder)) for folder in folders for path in _files(folder)}
    for name in sorted(names):
        content = _content(first / name)
        verdicts = tuple(_difference(content, _content(folder / name)) for folder in others)
        yield Compared(name, len(content or b""), verdicts)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _difference(first: bytes | None, other: bytes | None) -> str:
    """Say how two files differ, as short as it helps to find the reason; nothing where they are the same."""
    if first == other:
        return ""
    if first is None:
        return "new"
    if other is None:
        return _MISSING
    members, others = _members(first), _members(other)
    if members and others:
        differing = sorted(
            name for name in members.keys() | others.keys() if members.get(name) != others.get(name)
        )
        return f"differs in {', '.join(differing) or 'how it is packed'}"
    place = next(
        (index for index, (a, b) in enumerate(zip(first, other, strict=False)) if a != b),
        min(len(first), len(other)),
    )
    return f"differs from byte {place:,}"


def _members(content: bytes) -> Mapping[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:
        return {}


def table(programs: Sequence[Program], files: Sequence[Compared]) -> str:
    """Return the result as text: a line a file, a column a program that was compared with the first."""
    heads = ("File", f"Bytes, {programs[0].name}", *(program.name for program in programs[1:]))
    rows = [
        heads,
        *((file.name, f"{file.size:,}", *(verdict or "same" for verdict in file.verdicts)) for file in files),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"{name:{widths[0]}}  {size:>{widths[1]}}  "
        + "  ".join(f"{cell:{width}}" for cell, width in zip(cells, widths[2:], strict=True)).rstrip()
        for name, size, *cells in rows
    )


def write_generated(folder: Path) -> None:
    """Write the generated corpus: sixty questions, and every kind of card with an image and a formula."""
    write_corpus(folder, _QUESTIONS)
    look = PROJECT / "tests" / "look"
    shutil.copy(look / "01-cards.md", folder / "100-every-kind.md")
    shutil.copy(look / "flow.svg", folder)


def main() -> None:
    """Compare, print the table, and end with status 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("base", metavar="BASE", help="the commit to compare with")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_generated(folder / "generated")
        corpora = (PROJECT / "content" / "flask", folder / "generated")
        made = []
        try:
            programs = (
                program_at(options.base, folder / "base"),
                program_now(folder / "tree"),
                program_of_wheel(folder / "wheel"),
            )
            for program in programs:
                print(f"{program.name}: building", file=sys.stderr)
                desk = folder / f"desk-{program.home.name}"
                desk.mkdir()
                made.append(outputs_of(program, corpora, desk))
        except RuntimeError as error:
            sys.exit(str(error))
        files = list(compare(made[0], made[1:]))
    print(table(programs, files))
    differing = [file.name for file in files if any(file.verdicts)]
    if differing:
        sys.exit(f"not the same: {', '.join(differing)}")


if __name__ == "__main__":
    main()
