"""`cardpress doctor`."""

from __future__ import annotations

import click

from builder.commands.arguments import base_folder, user_folder
from builder.commands.terminal import show
from builder.diagnostics import BuildError
from builder.project import project_cache


@click.command()
def doctor() -> None:
    """Show versions, fonts and programs, and what is missing.

    Prints ten lines to paste into a bug report. The only path in them is that of the cache. The exit status
    is 1 if this machine cannot make an output, and a sentence says what to install. It does not read your
    questions: cardpress check does.

    Example: cardpress doctor
    """
    from builder.environment import examine_environment

    report = examine_environment(project_cache(user_folder(), base_folder()))
    show("\n".join(report.lines))
    if report.problems:
        raise BuildError("; ".join(report.problems))
