"""`cardpress outputs`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from builder.commands.arguments import corpora_in_content
from builder.commands.terminal import show, show_json
from builder.corpus.files import chapter_files, has_core, read_source
from builder.pipeline.outputs import OUTPUTS, Output, outputs_of


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "make")),
    default="text",
    show_default=True,
    help="Format: for people, for programs, or for a makefile to include.",
)
def outputs(form: str) -> None:
    """List the outputs that `cardpress build` can make.

    Each output has a name, for --only and for outputs = ["…"] in deck.toml, and a file whose name begins
    with the corpus's id.

    Example: cardpress outputs --format json
    """
    if form == "json":
        show_json(json.dumps([_as_json(name, output) for name, output in OUTPUTS.items()], indent=2))
    else:
        show("\n".join(_as_makefile(OUTPUTS) if form == "make" else _as_text(OUTPUTS)))


def _as_json(name: str, output: Output) -> Mapping[str, object]:
    return {
        "name": name,
        "title": output.title,
        "suffix": output.suffix,
        "is_published": output.is_published,
        "is_printed": output.is_printed,
        "is_of_all": output.is_of_all,
    }


def _as_text(table: Mapping[str, Output]) -> Iterator[str]:
    wide = max(map(len, table)), max(len(output.title) for output in table.values())
    for name, output in table.items():
        only = "" if output.is_of_all else f" (only with --only {name})"
        yield f"{name:{wide[0]}}  {output.title:{wide[1]}}  …{output.suffix}{only}"


_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Names that have no other meaning in make."""
_GROUPS: Mapping[str, Callable[[Output], bool]] = {
    "PLAIN": lambda output: not output.is_printed and output.selection.is_of_all,
    "PARTS": lambda output: not output.is_printed and not output.selection.is_of_all,
    "PRINTED": lambda output: output.is_printed,
}
"""Conditions of make's groups of outputs: for any machine, whole or a part; and printed, with Pango."""


def _as_makefile(table: Mapping[str, Output]) -> Iterator[str]:
    """Yield variables: each group's outputs and suffixes, the outputs of each corpus, and its fonts."""
    from builder.design.fonts import packages_for
    from builder.markdown.source import divide_comments
    from builder.pipeline.compile import settings_of

    yield "# Written by: cardpress outputs --format make"
    for group, belongs in _GROUPS.items():
        members = {name: each for name, each in table.items() if belongs(each)}
        yield f"{group} := {' '.join(name for name, output in members.items() if output.is_of_all)}"
        yield f"{group}_SUFFIXES := {' '.join(output.suffix for output in members.values())}"
    files: list[str] = []
    chapters: list[str] = []
    printed: list[str] = []
    for folder in corpora_in_content():
        settings, _ = settings_of(folder)
        if not (_SAFE.fullmatch(settings.id) and _SAFE.fullmatch(folder.name)):
            continue  # make would not read it as one name
        paths, _ = chapter_files(folder, settings.chapters, settings.exclude)
        parts = has_core(paths)
        names = [name for name in outputs_of(settings) if parts or table[name].selection.is_of_all]
        files += (OUTPUTS[name].path(Path("dist"), settings.id).as_posix() for name in names)
        chapters += (path.as_posix() for path in paths if _SAFE.fullmatch(path.name))
        if any(table[name].is_printed for name in names):
            for path in (folder / "deck.toml", *paths):
                # Comments, such as the proofs of code, are never printed.
                printed += divide_comments("\n".join(read_source(path)[0].lines))[1]
        yield f"FOLDER.{settings.id} := {folder.as_posix()}"
        for group, belongs in _GROUPS.items():
            yield f"{group}.{settings.id} := {' '.join(name for name in names if belongs(table[name]))}"
    packages = packages_for("".join(printed))
    for name, package in packages.items():
        yield f"PACKAGE.{name} := {package}"
    yield f"SCRIPTS := {' '.join(packages)}"
    yield f"CHAPTERS := {' '.join(chapters)}"
    yield f"FILES := {' '.join(files)}"
