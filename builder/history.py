"""What git remembers of a file: the only module that runs git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path


def past_lines(path: Path) -> Iterator[str]:
    """Yield every line that a file gained or lost in the history of its branch, the latest first.

    Nothing where there is no git, no repository or no history.
    """
    options = (
        "--full-history",
        "--patch",
        "--unified=0",
        "--format=",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
    )
    command = ["git", "-C", str(path.parent), "log", *options, "--", path.name]
    try:
        result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in result.stdout.split("\n") if result.returncode == 0 else ():
        if line[:1] in ("+", "-") and line[:3] not in ("+++", "---"):
            yield line[1:]
