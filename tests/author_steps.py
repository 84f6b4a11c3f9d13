"""The commands with which the README has an author begin, run in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parent.parent
_PATIENCE = 600
"""Seconds after which a command will not end."""


def author_steps() -> Sequence[str]:
    """Return the commands of the README that work in any folder."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8").partition("Then, in any folder:")[2]
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line[2:].partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


def run_author_steps(programs: Path, folder: Path) -> None:
    """Run the commands with the cardpress of a folder of programs; leave out `watch`, which goes on.

    Raises `RuntimeError` with what a command printed that failed.
    """
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(programs), os.environ["PATH"])),
        "GIT_CONFIG_COUNT": "2",
        **{"GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Author"},
        **{"GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "author@example.org"},
    }
    for step in author_steps():
        if " watch " in step:
            continue
        result = subprocess.run(
            ["/bin/sh", "-c", step],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_PATIENCE,
        )
        if result.returncode:
            raise RuntimeError(f"{step}: {result.stdout}")
