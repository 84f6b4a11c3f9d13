"""What git remembers of a file: the only module that runs git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from builder.diagnostics import BuildError

_COMMIT = "commit\x01"
"""What begins a commit in a log: no line of a patch begins so."""
_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git sets for its hooks: a build in one asks about its corpus's folder all the same."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What a commit did to a file."""

    id: str
    parents: tuple[str, ...]
    """Those that did something to it, or what comes before them and did."""
    lines: tuple[str, ...]
    """That it took away or put there."""


def past_commits(path: Path) -> list[Commit]:
    """List the commits of a branch that changed a file, each after its parents.

    Nothing where there is no git, no repository or no history.
    """
    options = (
        "--full-history",
        "--parents",  # only those that are listed
        "--topo-order",
        "--reverse",
        "--patch",
        "-m",  # what a build within a merge wrote stands in that merge alone
        "--unified=0",
        f"--format={_COMMIT}%H %P",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--text",
        # Before a merge is committed, what it brings in is not in HEAD's history yet.
        "--ignore-missing",
        "HEAD",
        "MERGE_HEAD",
    )
    log = _git(path.parent, "log", *options, "--", path.name) or ""
    commits: dict[str, Commit] = {}
    for part in filter(None, log.removeprefix(_COMMIT).split(f"\n{_COMMIT}")):
        names, *patch = part.split("\n")
        id_, *parents = names.split(" ")
        lines = (line[1:] for line in patch if line[:1] in "+-" and line[:3] not in ("+++", "---") and line)
        # A merge is listed once for each of its parents.
        before = commits[id_].lines if id_ in commits else ()
        commits[id_] = Commit(id_, tuple(filter(None, parents)), (*before, *lines))
    return list(commits.values())


def is_cut_off(folder: Path) -> bool:
    """Tell whether this is a shallow clone, which has only the latest part of the history."""
    return (_git(folder, "rev-parse", "--is-shallow-repository") or "").strip() == "true"


def checkout(folder: Path, revision: str, into: Path) -> bool:
    """Write a folder as it was at a revision to `into`; return whether it was there at all.

    Raises `BuildError` where there is no such revision.
    """
    if _git(folder, "rev-parse", "--git-dir") is None:
        raise BuildError(
            f"{str(folder)!r} has no history in git: name the package that learners have, --against FILE.apkg"
        )
    if _git(folder, "rev-parse", "--quiet", "--verify", f"{revision}^{{commit}}") is None:
        raise BuildError(f"{revision!r} is neither a file nor a commit that git knows")
    tree = _tree(folder, revision)
    if tree is None:
        return False
    into.mkdir()
    # In a folder of a repository, git would look for the files of that folder only.
    top = Path((_git(folder, "rev-parse", "--show-toplevel") or "").rstrip("\n"))
    with TemporaryDirectory() as temporary:
        index = {"GIT_INDEX_FILE": str(Path(temporary) / "index")}
        _git(top, "read-tree", tree, environment=index)
        _git(top, "checkout-index", "--all", f"--prefix={into.resolve()}/", environment=index)
    return True


def _tree(folder: Path, revision: str) -> str | None:
    found = _git(folder, "rev-parse", "--quiet", "--verify", f"{revision}:./")
    return found.strip() if found else None


def _git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str | None:
    """Run git in a folder; return its output, or nothing where it fails or there is no git."""
    try:
        result = subprocess.run(
            # In a container, the repository is often another user's; git would then say nothing of its past.
            ("git", "-c", "safe.directory=*", "-C", str(folder), *arguments),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={name: value for name, value in os.environ.items() if name not in _HOOKS}
            | {**(environment or {})},
        )
    except OSError:
        return None
    return result.stdout if result.returncode == 0 else None
