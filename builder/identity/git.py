"""Git's history of a file or a folder: the only module that runs git.

A repository may come from a stranger: cloned, unpacked from an archive, or another user's on the same
machine. So git always runs in a way in which no repository can name a program or an address: see `_OPTIONS`
and `_environment`. Only plumbing commands are run. `log`, `diff` and `checkout` obey settings that name
programs, and a later git may have more such settings.

The repository is the one that a `.git` entry above the folder leads to, never a bare one among the folder's
own files. Git has to find it by itself, because its protection, `safe.directory`, does not apply to a
repository given by `GIT_DIR` or `--git-dir`.
"""

from __future__ import annotations

import os
import posixpath
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PureWindowsPath
from stat import S_ISDIR, S_ISREG
from threading import Event, Thread, Timer
from typing import BinaryIO, cast

from builder.diagnostics import BuildError, Code
from builder.identity.remember import Commit
from builder.program import FOLDER
from builder.runtime.signals import end_group
from builder.text import one_line

PATIENCE = 300
"""Maximum seconds for a git command: after that, it is probably waiting for something."""
_OPTIONS = {
    "safe.bareRepository": "explicit",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.pager": "cat",
    "core.sshCommand": "false",
    "core.askPass": "",
    "core.alternateRefsCommand": "false",
    "credential.helper": "",
    "diff.external": "",
    "log.showSignature": "false",
    "protocol.allow": "never",
    "gc.auto": "0",
    "maintenance.auto": "false",
}
"""Settings that override a repository's own."""
_USERS = re.compile(
    r"GIT_CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)"
    r"|GIT_CEILING_DIRECTORIES|GIT_DISCOVERY_ACROSS_FILESYSTEM"
)
"""Variables that git gets. Others come from a hook, or change what git reads, writes and runs."""
_PATCH = (
    *("--stdin", "-m", "-p", "--root", "--unified=0", "--text", "--no-color", "--no-renames"),
    *("--no-ext-diff", "--no-textconv", "--submodule=short", "--no-relative"),
)
_NAMES_COMMIT = re.compile(rb"[0-9a-f]{40,64}")
"""Line with a commit's id, before its patch; no line of a patch looks like it."""
_MEGABYTE = 1_000_000
_LONGEST_ANSWER = 16 * _MEGABYTE
_LONGEST_PATCH = 64 * _MEGABYTE
"""Maximum bytes of changes to one lock: ten thousand questions, each of them changed twenty times."""
_LARGEST_TREE = 500 * _MEGABYTE
_LONGEST_LINK = 4096
_LONGEST_CHAIN = 8
"""Maximum length of a chain of links."""
_LINK = "120000"
"""Git's mode of a symbolic link."""
GIT_REFUSES = Code(
    "git-refuses",
    reason="Git does not open another user's repository, whose settings might run that user's programs."
    " Without its history, what the lock lost cannot be recovered, and learners would miss changes.",
    of="words",
    bad="a build as root, or in a container, of a folder that belongs to somebody else",
    good="`git config --global --add safe.directory FOLDER`, if you trust whoever owns it",
)
GIT_FAILED = Code(
    "git-failed",
    reason="Git's history has what the lock lost. If git cannot read it, that stays lost.",
    of="words",
    bad="a damaged repository, or a `.git` that leads nowhere",
    good="a fresh clone",
)
GIT_MISSING = Code(
    "git-missing",
    reason="Git's history has what the lock lost. Without git, that stays lost.",
    of="words",
    severity="warning",
    bad="a clone, on a machine or in a container without git",
    good="the same, with git installed",
)
PARTIAL_HISTORY = Code(
    "partial-history",
    reason="A partial clone lacks earlier versions of the lock. Git would fetch them from the address,"
    " and with the program, that the repository names; a build uses no network.",
    of="words",
    bad="`git clone --filter=blob:none`",
    good="`git fetch --refetch --no-filter`",
)


class GitError(BuildError):
    """Git cannot read the history of a folder that has one. It has a reason and a hint."""

    def __init__(self, code: Code, message: str, hint: str) -> None:
        super().__init__(f"{message}: {hint}")
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class History:
    """Git's history of a file."""

    commits: tuple[Commit, ...] = ()
    """Commits of the branch that changed it, each after its parents."""
    is_cut_off: bool = False
    """True in a shallow clone, which has only the latest part."""


@dataclass(frozen=True, slots=True)
class _Repository:
    """A repository that git opened, and a file or a folder in it."""

    root: Path
    """Folder with the `.git` entry."""
    path: str
    """Path of the file or folder from the top of the tree: `content/flask`; empty for the top itself."""
    heads: tuple[str, ...]
    """Ids of the commit that is checked out, and of those that a merge in progress brings in; may be none."""
    is_shallow: bool


def history(path: Path) -> History:
    """Return the history of a file, which need not exist now; it is empty without a repository.

    Raises `GitError` if there is a repository, but git cannot read it.
    """
    repository = _repository(path.parent)
    if repository is None:
        return History()
    name = posixpath.join(repository.path, path.name)
    is_shallow = repository.is_shallow
    commits = _commits(repository.root, name, repository.heads, is_shallow) if repository.heads else ()
    return History(commits, is_shallow)


def tagged_versions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the tags of the current commit and its ancestors, the latest first, with a file's text.

    Tags without the file are skipped. Raises `GitError`.
    """
    repository = _repository(path.parent)
    if repository is None or not repository.heads:
        return
    name = posixpath.join(repository.path, path.name)
    form = (
        "--sort=-version:refname",
        "--sort=-creatordate",
        "--format=%(refname)",
        f"--merged={repository.heads[0]}",
    )
    for line in _answer(repository.root, "for-each-ref", *form, "refs/tags").splitlines():
        tag = os.fsdecode(line)
        for mode, kind, id_, _ in _listed(repository.root, f"{tag}^{{tree}}", "--", f":(top,literal){name}"):
            if kind == "blob" and mode != _LINK:
                text = _answer(repository.root, "cat-file", "blob", id_, limit=_LONGEST_PATCH)
                yield tag.removeprefix("refs/tags/"), text.decode("utf-8", "replace")


def last_commit_time(folder: Path) -> int | None:
    """Return the time of the last commit, in seconds since the epoch; None if there is none.

    Raises `GitError`.
    """
    repository = _repository(folder)
    if repository is None or not repository.heads:
        return None
    command = ("rev-list", "--max-count=1", "--timestamp", repository.heads[0], "--")
    return int(_answer(repository.root, *command).split()[0])


def program_version() -> str:
    """Return the version of git; empty if there is none, or it does not start."""
    with suppress(GitError):
        answer = _answer(FOLDER, "version")  # an own folder: git need not look at any repository for this
        return answer.decode("utf-8", "replace").removeprefix("git version ").strip()
    return ""


def checkout(folder: Path, revision: str, into: Path, is_wanted: Callable[[str], bool]) -> bool:
    """Write a folder's wanted files as they were at a revision to `into`; return whether it was there.

    `is_wanted` gets a file's path in the folder. Files are written as git stores them: no filter runs.
    A link to another wanted file of the folder becomes a copy of it; any other link is left out.
    Raises `BuildError` if there is no such revision.
    """
    repository = _repository(folder)
    if repository is None:
        raise BuildError(
            f"{str(folder)!r} has no history in git: give the package that learners have, --against FILE.apkg"
        )
    tree = _tree(repository, _commit_named(repository, revision))
    if tree is None:
        return False
    try:
        into.mkdir()
        _write_tree(repository.root, tree, into, is_wanted)
    except OSError as error:
        raise BuildError(
            f"cannot write {_shown(revision)} to a temporary folder, {str(into.parent)!r}: {error.strerror}"
        ) from error
    return True


# --- the repository -------------------------------------------------------------------------------


def _repository(folder: Path) -> _Repository | None:
    """Return the repository of a folder; None without a `.git` entry in it or above it.

    Raises `GitError` if there is one, but git is missing, refuses it, or opens another.
    """
    folder = folder.resolve()
    entries = list(_entries(folder))
    if not entries:
        return None
    # Run git in the folder with the entry, where it looks first: in the corpus's own folder, a git before
    # 2.38 would take the corpus's files for a bare repository.
    answer = _answer(
        entries[0][0],
        *("rev-parse", "--is-shallow-repository", "--absolute-git-dir", "--show-toplevel"),
        *("--revs-only", "HEAD", "MERGE_HEAD"),
    )
    match os.fsdecode(answer).rstrip("\n").split("\n"):
        case [is_shallow, opened, top, *heads]:
            roots = [root for root, git_dir in entries if _is_same(Path(opened), git_dir)]
            if not heads:
                _answer(entries[0][0], "symbolic-ref", "HEAD")  # fails if the branch is damaged, and not new
            if roots and folder.is_relative_to(Path(top).resolve()):
                path = folder.relative_to(Path(top).resolve()).as_posix()
                return _Repository(roots[0], "" if path == "." else path, tuple(heads), is_shallow == "true")
    raise GitError(
        GIT_FAILED,
        f"git does not accept the folder {_shown(entries[0][0])} as the top of this corpus's repository",
        "see what git rev-parse --absolute-git-dir --show-toplevel prints there, and correct core.worktree",
    )


def _entries(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the folders above that have a `.git` entry, the nearest first, and the target of each entry."""
    ceilings = {
        place
        for ceiling in os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
        if Path(ceiling).is_absolute()
        for place in (Path(ceiling), Path(ceiling).resolve())
    }
    for root in (folder, *folder.parents):
        if root in ceilings and root != folder:
            return
        git_dir = _git_dir(root / ".git")
        if git_dir:
            yield root, git_dir


def _git_dir(entry: Path) -> Path | None:
    """Return the folder that a `.git` entry leads to: in a worktree or submodule, the entry is a file."""
    try:
        mode = entry.stat().st_mode
        if S_ISDIR(mode):
            with os.scandir(entry) as inside:
                return entry.resolve() if any(inside) else None  # a sandbox may hide it by an empty folder
        if not S_ISREG(mode):
            return None
        with entry.open("rb") as file:
            text = os.fsdecode(file.read(2 * _LONGEST_LINK))
        return (entry.parent / text.removeprefix("gitdir: ").rstrip("\r\n")).resolve()
    except PermissionError:
        return entry  # git reports what is wrong with it
    except (OSError, ValueError):
        return None


def _is_same(one: Path, other: Path) -> bool:
    if one == other:
        return True
    with suppress(OSError):
        return one.samefile(other)
    return False


# --- history --------------------------------------------------------------------------------------


@lru_cache(maxsize=4)  # a command asks several times, and commits never change
def _commits(root: Path, path: str, heads: tuple[str, ...], is_shallow: bool) -> tuple[Commit, ...]:
    spec = f":(top,literal){path}"
    listed = _answer(
        root,
        *("rev-list", "--parents", "--full-history", "--topo-order", "--reverse", *heads, "--", spec),
        limit=_LONGEST_PATCH,
    ).splitlines(keepends=True)
    lines: dict[str, list[str]] = {}
    # With parents, so that merges are listed: lines that a build wrote during a merge are only there.
    with _asking(root, "diff-tree", *_PATCH, "--", spec, said=listed) as patch:
        size = 0
        current: list[str] = []
        while line := patch.readline(_MEGABYTE):
            size += len(line)
            if size > _LONGEST_PATCH:
                raise GitError(
                    GIT_FAILED,
                    f"git keeps more than {_LONGEST_PATCH // _MEGABYTE} MB of changes to {_shown(path)}",
                    "no build writes so much: restart the history of that file",
                )
            line = line.rstrip(b"\r\n")
            if line[:1] in (b"+", b"-"):
                if line[:3] not in (b"+++", b"---"):
                    current.append(sys.intern(line[1:].decode("utf-8", "replace")))
            elif _NAMES_COMMIT.fullmatch(line):
                current = lines.setdefault(line.decode(), [])
    return tuple(
        Commit(id_, tuple(parents), tuple(lines.get(id_, ())))
        for id_, *parents in (line.decode().split() for line in listed)
    )


# --- a folder as it was ---------------------------------------------------------------------------


def _commit_named(repository: _Repository, revision: str) -> str:
    """Return the id of the commit that a revision names."""
    if revision == "HEAD" and not repository.heads:
        raise BuildError("no commits yet: commit first, or give --against FILE.apkg")
    found = b""
    if not revision.startswith("-"):
        with suppress(GitError):
            found = _answer(
                repository.root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", may_be=1
            )
    if not found:
        raise BuildError(f"{revision!r} is not a file, and not a commit that git knows")
    return found.decode().strip()


def _tree(repository: _Repository, commit: str) -> str | None:
    """Return the id of the folder's tree in a commit; None if it has none."""
    if not repository.path:
        return f"{commit}^{{tree}}"
    spec = f":(top,literal){repository.path}"
    for mode, kind, id_, _ in _listed(repository.root, commit, "--", spec):
        if (mode, kind) == ("040000", "tree"):
            return id_
    return None


def _listed(root: Path, *arguments: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield mode, type, id and path of a tree's entries."""
    for line in _answer(root, "ls-tree", "-z", "--full-tree", *arguments).split(b"\0"):
        if line:
            about, _, name = line.partition(b"\t")
            mode, kind, id_ = about.decode().split()
            yield mode, kind, id_, os.fsdecode(name)


def _write_tree(root: Path, tree: str, into: Path, is_wanted: Callable[[str], bool]) -> None:
    listed = [
        (mode, id_, name)
        for mode, kind, id_, name in _listed(root, "-r", tree)
        if kind == "blob" and is_wanted(name)
    ]
    for _, _, name in listed:
        _check_name(name)
    files = {name: id_ for mode, id_, name in listed if mode != _LINK}
    links = {name: id_ for mode, id_, name in listed if mode == _LINK}
    targets: dict[str, str] = {}
    left = _LARGEST_TREE
    said = (f"{id_}\n".encode() for id_ in (*links.values(), *files.values()))
    with _asking(root, "cat-file", "--batch", said=said) as blobs:
        for name in (*links, *files):
            size = _blob_size(blobs.readline(_LONGEST_LINK), root)
            left -= size
            if left < 0:
                raise BuildError(
                    f"the files of that commit have more than {_LARGEST_TREE // _MEGABYTE} MB: give the "
                    "package that was built from it, --against FILE.apkg"
                )
            if name in files:
                with _new_file(into / name) as file:
                    _copy(blobs, size, file)
            else:
                link = BytesIO()
                _copy(blobs, size, link)
                target = posixpath.join(posixpath.dirname(name), os.fsdecode(link.getvalue()))
                targets[name] = posixpath.normpath(target)
            blobs.readline()
    for name, target in targets.items():
        for _ in range(_LONGEST_CHAIN):
            target = targets.get(target, target)
        if target in files:
            with _new_file(into / name) as copy, (into / target).open("rb") as original:
                shutil.copyfileobj(original, copy)


def _blob_size(line: bytes, root: Path) -> int:
    match line.split():
        case [_, b"blob", size]:
            return int(size)
        case []:
            raise EOFError
    raise _error(root, f"fatal: the repository lacks an object: {line.decode(errors='replace').strip()}")


def _new_file(path: Path) -> BinaryIO:
    """Open a new file; fail if it exists: on some systems, names that differ only in case are the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _copy(blobs: BinaryIO, size: int, into: BinaryIO) -> None:
    while size > 0:
        part = blobs.read(min(size, _MEGABYTE))
        if not part:
            raise EOFError
        into.write(part)
        size -= len(part)


def _check_name(name: str) -> None:
    """Refuse a path that is not below the folder; git writes no such tree, but a stranger may have."""
    for part in name.split("/"):
        is_foreign = os.name == "nt" and (
            set(part) & set('\\:*?"<>|') or part.endswith((".", " ")) or PureWindowsPath(part).is_reserved()
        )
        if part in ("", ".", "..") or part.lower() == ".git" or is_foreign:
            raise BuildError(f"that commit has a file {_shown(name)}, which cannot be written here")


# --- git ------------------------------------------------------------------------------------------


def _answer(root: Path, *arguments: str, limit: int = _LONGEST_ANSWER, may_be: int = 0) -> bytes:
    """Return git's output; `may_be` is another exit status that does not mean failure."""
    with _asking(root, *arguments, may_be=may_be) as output:
        answer = output.read(limit + 1)
        if len(answer) > limit:
            raise GitError(
                GIT_FAILED,
                f"git {arguments[0]} has more to say of {_shown(root)} than {limit // _MEGABYTE} MB",
                "keep the corpus in a smaller repository of its own",
            )
    return answer


@contextmanager
def _asking(root: Path, *arguments: str, said: Iterable[bytes] = (), may_be: int = 0) -> Iterator[BinaryIO]:
    """Run git at the top of a repository, with `said` as its input, and yield its output.

    Git is started nowhere else. The caller reads the output to its end, or raises EOFError if the end comes
    too early. Raises `GitError` if git is missing, fails, or does not end.
    """
    program = _program()
    if program is None:
        raise GitError(
            GIT_MISSING,
            f"{_shown(root)} is a git repository, but the program git is missing",
            "install git: what it alone remembers of earlier builds may be lost",
        )
    options = [part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}")]
    try:
        process = subprocess.Popen(
            [program, "--no-pager", *options, "-C", str(root), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(root),
            start_new_session=True,  # to end all its processes; and it cannot ask for a password
        )
    except OSError as error:
        raise _error(root, f"fatal: {program} does not start: {error.strerror}") from error
    stdin, stdout, stderr = (cast(BinaryIO, each) for each in (process.stdin, process.stdout, process.stderr))
    complaints: list[bytes] = []
    is_late, is_short = Event(), False

    def end_late() -> None:
        is_late.set()
        _end(process)

    timer = Timer(PATIENCE, end_late)
    threads = (
        timer,
        Thread(target=_say, args=(stdin, said), daemon=True),
        Thread(target=_keep, args=(stderr, complaints), daemon=True),
    )
    for thread in threads:
        thread.start()
    try:
        yield stdout
        process.wait()
    except EOFError:
        is_short = True
        process.wait()
    finally:
        timer.cancel()
        _end(process)
        for thread in threads:
            thread.join()
        stdout.close()
    if is_late.is_set():
        raise _error(root, f"fatal: git {arguments[0]} did not end within {PATIENCE} seconds")
    if is_short or process.returncode not in (0, may_be):
        raise _error(root, b"".join(complaints).decode("utf-8", "replace"))


def _program() -> str | None:
    """Find git on the path, but never in the current folder, even if that is on the path."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if Path(folder).is_absolute():
            found = shutil.which(str(Path(folder) / ("git.exe" if os.name == "nt" else "git")))
            if found:
                return found
    return None


def _environment(root: Path) -> dict[str, str]:
    ours = {
        "LC_ALL": "C",  # its messages are parsed
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",  # for git before 2.44, which does not know GIT_NO_LAZY_FETCH
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_INDEX_FILE": str(root / ".no-index"),  # not needed, and may be damaged
    }
    users = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("GIT_") or _USERS.fullmatch(name.upper())
    }
    return users | ours


def _say(stdin: BinaryIO, said: Iterable[bytes]) -> None:
    with suppress(OSError), stdin:  # it has ended
        for part in said:
            stdin.write(part)


def _keep(stream: BinaryIO, into: list[bytes]) -> None:
    """Keep the beginning of a stream, and read the rest so that git can go on writing."""
    with suppress(OSError, ValueError), stream:
        into.append(stream.read(64_000))
        while stream.read(_MEGABYTE):
            pass


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and its processes, if they still run."""
    if process.poll() is None:
        end_group(process, at_once=True)
        process.wait()


def _error(root: Path, complaints: str) -> GitError:
    """Return the error for a failure of git, by git's message."""
    place = _shown(root)
    if "dubious ownership" in complaints or "unsafe repository" in complaints:
        return GitError(
            GIT_REFUSES,
            f"git does not open the repository {place}, which belongs to another user: what it remembers of"
            " earlier builds is unknown",
            f"if you trust that user, run git config --global --add safe.directory {place}; if this corpus"
            f" does not belong to that repository, set GIT_CEILING_DIRECTORIES={place}",
        )
    if "promisor remote" in complaints:
        return GitError(
            PARTIAL_HISTORY,
            f"the repository {place} is a partial clone, without all earlier versions of this corpus, and"
            " cardpress fetches nothing",
            f"run git -C {place} fetch --refetch --no-filter, or clone again without --filter",
        )
    lines = [line for line in complaints.splitlines() if line.strip()] or ["it ended without a message"]
    first = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0])
    reason = first.removeprefix("fatal: ").removeprefix("error: ")[:300]
    return GitError(
        GIT_FAILED,
        f"git cannot read the history in {place}: {one_line(reason)}",
        "run git fsck there; a fresh clone has what a damaged repository lacks",
    )


def _shown(path: Path | str) -> str:
    """Return a path or name quoted for a shell, without characters that a terminal would act on."""
    return one_line(shlex.quote(str(path)))
