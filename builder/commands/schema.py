"""`cardpress schema`."""

from __future__ import annotations

import click

from builder.commands.terminal import show_json
from builder.pipeline.outputs import OUTPUTS


@click.command()
def schema() -> None:
    """Print a JSON Schema of deck.toml, for editors.

    With it, an editor completes settings, explains each, and underlines mistakes. A new corpus
    has it as .deck.schema.json, and the first line of its deck.toml refers to it. After an upgrade
    of cardpress, write it again.

    Example: cardpress schema > my-corpus/.deck.schema.json
    """
    show_json(text_of_schema())


def text_of_schema() -> str:
    """Return the schema, with all outputs."""
    from builder.authoring.schema import schema_text

    return schema_text({name: output.title for name, output in OUTPUTS.items()})
