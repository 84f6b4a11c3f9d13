"""`cardpress outputs`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

import click

from builder.commands.terminal import show, show_json
from builder.pipeline.outputs import OUTPUTS, Output


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "make")),
    default="text",
    show_default=True,
    help="For people, for programs, or for a makefile to include.",
)
def outputs(form: str) -> None:
    """List what `cardpress build` can make of a corpus.

    Each has a name, for --only, and a file, whose name begins with the corpus's id.

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


_GROUPS: Mapping[str, Callable[[Output], bool]] = {
    "PLAIN": lambda output: not output.is_printed,
    "PRINTED": lambda output: output.is_printed,
}
"""What make makes together: what every machine can make, and what needs Pango."""


def _as_makefile(table: Mapping[str, Output]) -> Iterator[str]:
    """Yield a variable with the names of each group's outputs, and one with their suffixes."""
    yield "# Written by: cardpress outputs --format make"
    for group, belongs in _GROUPS.items():
        members = {name: each for name, each in table.items() if each.is_of_all and belongs(each)}
        yield f"{group} := {' '.join(members)}"
        yield f"{group}_SUFFIXES := {' '.join(output.suffix for output in members.values())}"
