"""What a repository can do to those who build what is in it: nothing; and what git must tell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from builder.cli import main
from builder.diagnostics import BuildError
from builder.identity import git as git_module
from builder.identity.git import GitError, checkout, history, last_commit_time
from builder.preview.live_corpus import Drafting
from tests.conftest import CHAPTER, SETTINGS, git
from tests.running import PATIENCE

Run = Callable[..., Result]
NOW = 1_790_000_000
GIT = shutil.which("git") or "git"
COMMANDS = ("check", "check --fix", "build", "plan", "stats", "watch")
ASKING = ("build", "plan")
"""The commands that ask git what it remembers; the others say the same in every clone."""
_UNNAMED = CHAPTER + "\n## What is three? {.junior}\n\nThe third.\n"


def _forget_settings(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let git know nothing of this machine's settings, and of its user's those alone that a test writes."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        patch.delenv(name)
    patch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    git_module._commits.cache_clear()


@pytest.fixture(autouse=True)
def _only_our_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _forget_settings(monkeypatch, tmp_path)


@dataclass
class Trap:
    """Programs that leave a mark when they are run."""

    folder: Path
    _marks: Path = field(init=False)

    def __post_init__(self) -> None:
        self._marks = self.folder / "marks"
        self._marks.mkdir(parents=True)

    def program(self, name: str) -> str:
        """Write a program, which passes on what it is given."""
        path = self.folder / name
        path.write_text(f'#!/bin/sh\ntouch "{self.mark(name)}"\nexec cat\n')
        path.chmod(0o755)
        return str(path)

    def mark(self, name: str) -> Path:
        """Return a file that must not appear."""
        return self._marks / name

    def sprung(self) -> list[str]:
        """Return the names of the marks, and take them away."""
        found = sorted(self._marks.iterdir())
        for path in found:
            path.unlink()
        return [path.name for path in found]


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path / "trap")


@pytest.fixture
def attempt(run: Run, tmp_path: Path) -> Callable[[str, Path], str]:
    """Run one of the commands on a corpus; return what it said, whatever became of it."""

    def attempt(command: str, corpus: Path) -> str:
        if command == "watch":
            return "\n".join(str(found.diagnostic) for found in Drafting(corpus).update(NOW).findings)
        name, *options = command.split()
        if name == "build":
            options += ["--only", "apkg", "--output", str(tmp_path / "out")]
        result = run(name, corpus, *options)
        return result.output + result.stderr

    return attempt


def _plain_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git as anybody would, and let it fail."""
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@example.org")
    return subprocess.run(
        [GIT, *identity, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )


def _output_of(folder: Path, *arguments: str) -> str:
    result = _plain_git(folder, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def _commit(folder: Path) -> None:
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--no-verify", "--message", "A change")


def _sign(folder: Path, *options: str) -> None:
    """Give the last commit the head of a signature: whatever checks signatures looks at those alone."""
    head, _, text = _output_of(folder, *options, "cat-file", "commit", "HEAD").partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    file = folder.parent / "signed"
    file.write_text(f"{head}\n{signature}\n\n{text}\n")
    id_ = _output_of(folder, *options, "hash-object", "-t", "commit", "-w", str(file))
    _output_of(folder, *options, "update-ref", "HEAD", id_)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with a corpus in a folder: built, committed, and changed once. Copy it."""
    folder = tmp_path_factory.mktemp("built") / "demo"
    folder.mkdir()
    (folder / "deck.toml").write_text(SETTINGS)
    command = ["build", str(folder), "--only", "apkg", "--output", str(tmp_path_factory.mktemp("first"))]
    with pytest.MonkeyPatch.context() as patch:
        _forget_settings(patch, tmp_path_factory.mktemp("home"))
        git(folder.parent, "init", "--quiet", "--initial-branch=main")
        for chapter in (CHAPTER, CHAPTER.replace("The second", "The 2nd")):
            (folder / "01-first.md").write_text(chapter)
            result = CliRunner().invoke(main, command, env={"SOURCE_DATE_EPOCH": str(NOW)})
            assert result.exit_code == 0, result.stderr
            _commit(folder.parent)
    return folder.parent


@pytest.fixture
def corpus(built: Path, tmp_path: Path) -> Path:
    """Return a corpus of a test's own in a folder of a repository: built, committed, and changed once."""
    return Path(shutil.copytree(built, tmp_path / "theirs")) / "demo"


# --- settings that name programs ------------------------------------------------------------------


def _set(repository: Path, **settings: str) -> None:
    for name, value in settings.items():
        _output_of(repository, "config", name.replace("_", "."), value)


def _signature(repository: Path, trap: Trap) -> tuple[str, ...]:
    _sign(repository)
    _set(repository, log_showSignature="true", gpg_program=trap.program("gpg"))
    return ("log", "-1")


def _included(repository: Path, trap: Trap) -> tuple[str, ...]:
    _sign(repository)
    text = f"[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {trap.program('included')}\n"
    (repository / "demo" / "settings").write_text(text)
    _set(repository, include_path="../demo/settings")
    return ("log", "-1")


def _of_the_worktree(repository: Path, trap: Trap) -> tuple[str, ...]:
    _sign(repository)
    _set(repository, extensions_worktreeConfig="true")
    _output_of(repository, "config", "--worktree", "log.showSignature", "true")
    _output_of(repository, "config", "--worktree", "gpg.program", trap.program("worktree"))
    return ("log", "-1")


def _monitor(repository: Path, trap: Trap) -> tuple[str, ...]:
    _set(repository, core_fsmonitor=trap.program("fsmonitor"))
    return ("status",)


def _hook(repository: Path, trap: Trap) -> tuple[str, ...]:
    (repository / ".git" / "hooks").mkdir(exist_ok=True)
    shutil.copy(trap.program("hook"), repository / ".git" / "hooks" / "post-index-change")
    return ("reset", "--quiet")


def _filter(repository: Path, trap: Trap) -> tuple[str, ...]:
    _set(repository, filter_x_smudge=trap.program("smudge"), filter_x_clean="cat")
    (repository / ".git" / "info" / "attributes").write_text("* filter=x\n")
    return ("checkout-index", "--all", "--prefix=../elsewhere/")


def _converter(repository: Path, trap: Trap) -> tuple[str, ...]:
    _set(repository, diff_x_textconv=trap.program("textconv"))
    (repository / ".git" / "info" / "attributes").write_text("* diff=x\n")
    return ("log", "-p")


def _driver(repository: Path, trap: Trap) -> tuple[str, ...]:
    _set(repository, diff_x_command=trap.program("driver"))
    (repository / ".git" / "info" / "attributes").write_text("* diff=x\n")
    return ("diff", "HEAD~1", "HEAD")


def _external_diff(repository: Path, trap: Trap) -> tuple[str, ...]:
    _set(repository, diff_external=trap.program("external"))
    return ("diff", "HEAD~1", "HEAD")


def _merge_driver(repository: Path, trap: Trap) -> tuple[str, ...]:
    """A merge of two locks, which git does again to show what it did."""
    lock = repository / "demo" / "deck.lock"
    before = lock.read_text()
    _output_of(repository, "checkout", "--quiet", "-b", "side")
    lock.write_text(before + "# ours\n")
    _commit(repository)
    _output_of(repository, "checkout", "--quiet", "main")
    lock.write_text(before + "# theirs\n")
    _commit(repository)
    _plain_git(repository, "merge", "--quiet", "side")
    lock.write_text(before)
    _commit(repository)
    (repository / ".git" / "info" / "attributes").write_text("*.lock merge=x\n")
    _set(repository, log_diffMerges="remerge", merge_x_driver=trap.program("merge"))
    return ("log", "-p", "-m", "--no-ext-diff", "--no-textconv")


def _submodule(repository: Path, trap: Trap) -> tuple[str, ...]:
    """A lock that was a submodule, of which git shows what changed with the submodule's own settings."""
    lock = repository / "demo" / "deck.lock"
    kept = lock.read_text()
    lock.unlink()
    lock.mkdir()
    git(lock, "init", "--quiet")
    for text in ("one", "two"):
        (lock / "text").write_text(text)
        _commit(lock)
        id_ = _output_of(lock, "rev-parse", "HEAD")
        _output_of(repository, "rm", "--cached", "--quiet", "demo/deck.lock")
        _output_of(repository, "update-index", "--add", "--cacheinfo", f"160000,{id_},demo/deck.lock")
        git(repository, "commit", "--quiet", "--message", text)
    _set(lock, diff_external=trap.program("submodule"))
    _set(repository, diff_submodule="diff")
    control = ("log", "-p", "--no-ext-diff", "--no-textconv", "--", "demo/deck.lock")
    assert _plain_git(repository, *control).returncode == 0
    assert trap.sprung() == ["submodule"]
    # The commands need a lock that can be read; it is the history that is a trap.
    shutil.move(lock, repository / "moved")
    lock.write_text(kept)
    _commit(repository)
    shutil.move(lock, repository / "kept")
    shutil.move(repository / "moved", lock)
    return control


ATTACKS = {
    attack.__name__.strip("_"): attack
    for attack in (
        *(_signature, _included, _of_the_worktree, _monitor, _hook, _filter, _converter, _driver),
        *(_external_diff, _merge_driver, _submodule),
    )
}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_program_runs_that_a_repository_names(
    name: str, corpus: Path, trap: Trap, attempt: Callable[[str, Path], str]
) -> None:
    control = ATTACKS[name](corpus.parent, trap)
    _plain_git(corpus.parent, *control)
    assert len(trap.sprung()) == 1, "this is a trap for git"
    history(corpus / "deck.lock")
    assert trap.sprung() == []
    if (corpus / "deck.lock").is_dir():
        shutil.rmtree(corpus / "deck.lock")
        shutil.move(corpus.parent / "kept", corpus / "deck.lock")
    (corpus / "01-first.md").write_text(_UNNAMED)
    said = attempt("check --fix", corpus)
    assert "fixed: " in said
    for command in COMMANDS:
        said = attempt(command, corpus)
        assert "git-" not in said, "git was asked, and told"
        assert trap.sprung() == [], command


# --- repositories of others -----------------------------------------------------------------------


def _wrap_git(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program before git; `$git` is the real one."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\ngit='{GIT}'\n{script}\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(params=["assumed", *(["real"] if os.geteuid() == 0 else [])])
def give_away(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], None]:
    """Make a folder another user's: really, which only root can, or as git's own tests do."""

    def give_away(folder: Path) -> None:
        if request.param == "real":
            for path in (folder, *folder.rglob("*")):
                os.chown(path, 65534, 65534, follow_symlinks=False)
        else:
            script = 'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "$git" "$@"'
            _wrap_git(tmp_path / "bin", script, monkeypatch)

    return give_away


def _log_of(program: str, folder: Path, *options: str) -> bool:
    """Tell whether a plain `git log` works there, with the git that is found first."""
    command = [shutil.which(program) or program, *options, "log", "-1"]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode == 0


def test_another_users_repository_is_refused_until_the_user_trusts_it(
    corpus: Path,
    trap: Trap,
    attempt: Callable[[str, Path], str],
    run: Run,
    give_away: Callable[[Path], None],
) -> None:
    _signature(corpus.parent, trap)
    give_away(corpus.parent)
    assert not _log_of("git", corpus)
    assert trap.sprung() == []
    assert _log_of("git", corpus, "-c", "safe.directory=*")
    assert trap.sprung() == ["gpg"]
    remedy = f"git config --global --add safe.directory {corpus.parent}"
    before = {path: path.read_bytes() for path in corpus.iterdir()}
    for command in COMMANDS:
        said = attempt(command, corpus)
        assert trap.sprung() == [], command
        if command in ASKING:
            assert "deck.lock:1:1: error: git does not open the repository" in said, command
            assert "[git-refuses]" in said
            assert remedy in said
    assert run("plan", corpus).exit_code == 1
    assert {path: path.read_bytes() for path in corpus.iterdir()} == before
    git(corpus.parent.parent, *remedy.split()[1:])
    assert run("plan", corpus).exit_code == 0
    assert trap.sprung() == []


def test_another_users_git_folder_above_ones_own_corpus_is_refused_or_left_out(
    tmp_path: Path,
    corpus: Path,
    trap: Trap,
    run: Run,
    attempt: Callable[[str, Path], str],
    give_away: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = corpus.parent
    _signature(shared, trap)
    mine = shared / "mine" / "demo"
    shutil.copytree(corpus, mine)
    if os.geteuid() == 0:
        for path in (shared, shared / ".git"):
            os.chown(path, 65534, 65534)
    give_away(shared / ".git")
    for command in COMMANDS:
        assert ("[git-refuses]" in attempt(command, mine)) == (command in ASKING), command
    assert trap.sprung() == []
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(shared))
    assert run("build", mine, "--only", "apkg", "--output", tmp_path / "out").exit_code == 0
    assert trap.sprung() == []


@pytest.fixture
def embedded(corpus: Path, trap: Trap, tmp_path: Path) -> Path:
    """Return a clone of a corpus among whose files a bare repository lies."""
    inner = tmp_path / "inner"
    shutil.copytree(corpus, inner)
    git(inner, "init", "--quiet", "--initial-branch=main")
    _commit(inner)
    _sign(inner)
    for name in ("HEAD", "objects", "refs"):
        shutil.move(inner / ".git" / name, corpus / name)
    for folder in ("refs", "refs/tags", "objects", "objects/info", "objects/pack"):
        (corpus / folder / ".keep").touch()
    (corpus / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n"
        f"\tfsmonitor = {trap.program('fsmonitor')}\n"
        f"[log]\n\tshowSignature = true\n[gpg]\n\tprogram = {trap.program('gpg')}\n"
    )
    _output_of(corpus.parent, "-c", "safe.bareRepository=explicit", "add", "--force", "--all")
    _output_of(corpus.parent, "commit", "--quiet", "--message", "A trap")
    git(tmp_path, "clone", "--quiet", str(corpus.parent), str(tmp_path / "clone"))
    clone = tmp_path / "clone" / "demo"
    _plain_git(clone, "-c", "safe.bareRepository=all", "log", "-1")
    assert trap.sprung() == ["gpg"], "a plain clone is a trap"
    return clone


OLD_GIT = """\
for argument do
    shift
    [ "$argument" = safe.bareRepository=explicit ] && argument=safe.bareRepository=all
    set -- "$@" "$argument"
done
exec "$git" "$@"
"""
"""A git that does not know the setting, as before 2.38."""


@pytest.mark.parametrize("is_old", [False, True], ids=["this git", "an older git"])
def test_a_bare_repository_among_a_corpus_s_files_is_no_repository(
    is_old: bool,
    embedded: Path,
    trap: Trap,
    tmp_path: Path,
    attempt: Callable[[str, Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if is_old:
        _wrap_git(tmp_path / "bin", OLD_GIT, monkeypatch)
    real = _output_of(embedded.parent, "log", "--format=%H", "--", "demo/deck.lock").split()
    assert {commit.id for commit in history(embedded / "deck.lock").commits} == set(real)
    for command in COMMANDS:
        attempt(command, embedded)
        assert trap.sprung() == [], command
    shutil.rmtree(embedded.parent / ".git")
    assert history(embedded / "deck.lock").commits == ()
    for command in COMMANDS:
        attempt(command, embedded)
        assert trap.sprung() == [], command


def test_a_git_folder_that_is_none_does_not_lend_its_place_to_a_bare_repository(
    embedded: Path,
    trap: Trap,
    tmp_path: Path,
    attempt: Callable[[str, Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in an archive: a git that finds nothing in `.git` looks at the folder itself."""
    _wrap_git(tmp_path / "bin", OLD_GIT, monkeypatch)
    shutil.rmtree(embedded.parent / ".git")
    (embedded / ".git").mkdir()
    (embedded / ".git" / "description").touch()
    _plain_git(embedded, "-c", "safe.bareRepository=all", "log", "-1")
    assert trap.sprung() == ["gpg"]
    for command in COMMANDS:
        assert ("[git-failed]" in attempt(command, embedded)) == (command in ASKING)
        assert trap.sprung() == [], command


def test_a_partial_clone_fetches_nothing_and_says_how_to_make_it_whole(
    corpus: Path, trap: Trap, tmp_path: Path, run: Run, attempt: Callable[[str, Path], str]
) -> None:
    _set(corpus.parent, uploadpack_allowFilter="true", uploadpack_allowAnySHA1InWant="true")
    clone = tmp_path / "clone" / "demo"
    address = f"file://{corpus.parent}"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", address, str(clone.parent))
    other = tmp_path / "other"
    shutil.copytree(clone.parent, other)
    uploader = f'sh -c \'touch "{trap.mark("uploadpack")}"; git-upload-pack "$@"\' x'
    for repository in (clone.parent, other):
        _set(repository, remote_origin_uploadpack=uploader, protocol_file_allow="always")
    assert _plain_git(other, "log", "-p").returncode == 0
    assert trap.sprung() == ["uploadpack"]
    for command in COMMANDS:
        said = attempt(command, clone)
        assert trap.sprung() == [], command
        if command in ASKING:
            assert "deck.lock:1:1: error: " in said, command
            assert "[partial-history]" in said
    assert f"run git -C {clone.parent} fetch --refetch --no-filter" in run("plan", clone).stderr
    _output_of(clone.parent, "fetch", "--quiet", "--refetch", "--no-filter")
    trap.sprung()
    assert run("plan", clone).exit_code == 0
    assert len(history(clone / "deck.lock").commits) == 2


# --- the environment ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("GIT_EXTERNAL_DIFF", ("diff", "HEAD~1", "HEAD")),
        ("GIT_TRACE", ("log", "-1")),
        ("GIT_TRACE2_EVENT", ("log", "-1")),
        ("GIT_TRACE_PERFORMANCE", ("log", "-1")),
        ("GIT_CONFIG_PARAMETERS", ("status",)),
    ],
)
def test_no_program_and_no_trace_of_the_environment(
    name: str,
    control: tuple[str, ...],
    corpus: Path,
    trap: Trap,
    attempt: Callable[[str, Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = trap.program("program")
    values = {"GIT_EXTERNAL_DIFF": program, "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={program}'"}
    monkeypatch.setenv(name, values.get(name, str(trap.mark("trace"))))
    subprocess.run([GIT, *control], cwd=corpus, capture_output=True, timeout=PATIENCE)
    assert len(trap.sprung()) == 1
    for command in COMMANDS:
        attempt(command, corpus)
        assert trap.sprung() == [], command


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIT_OBJECT_DIRECTORY", "/nonexistent"),
        ("GIT_COMMON_DIR", "/nonexistent"),
        ("GIT_DIR", "/nonexistent"),
        ("GIT_NAMESPACE", "other"),
        ("GIT_SHALLOW_FILE", "/nonexistent"),
        ("GIT_INDEX_FILE", "/dev/null"),
        ("GIT_CONFIG_PARAMETERS", "'log.follow=true' 'core.abbrev=4' 'diff.noprefix=true'"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_REPLACE_REF_BASE", "refs/heads/"),
        ("GIT_DEFAULT_HASH", "sha256"),
    ],
)
def test_a_variable_of_git_s_hooks_and_tools_does_not_change_what_is_remembered(
    name: str, value: str, corpus: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (corpus / "deck.lock").read_bytes()
    (corpus / "deck.lock").unlink()
    monkeypatch.setenv(name, value)
    result = run("build", corpus, "--only", "apkg", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert (corpus / "deck.lock").read_bytes() == before
    assert "remembered from earlier builds" in result.output


def test_a_ceiling_that_the_user_sets_is_one_for_the_corpus_too(
    corpus: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(history(corpus / "deck.lock").commits) == 2
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", f"relative{os.pathsep}{corpus.parent}")
    assert _plain_git(corpus, "log").returncode == 128
    assert history(corpus / "deck.lock").commits == ()
    assert run("check", corpus).exit_code == 0


def test_the_user_s_own_settings_count(
    corpus: Path, run: Run, give_away: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    give_away(corpus.parent)
    assert run("plan", corpus).exit_code == 1
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(corpus.parent))
    assert run("plan", corpus).exit_code == 0


# --- modules and programs in the current folder ---------------------------------------------------


@pytest.fixture
def stranger(corpus: Path, trap: Trap) -> Path:
    """Return a folder with a corpus and modules and programs under well-known names."""
    modules = ("click", "genanki", "pygments", "socket", "struct", "pathlib", "multiprocessing", "runpy")
    for name in (*modules, "site", "sitecustomize", "markdown_it", "tomllib", "signal", "tempfile"):
        (corpus.parent / f"{name}.py").write_text(f"open({str(trap.mark(name))!r}, 'w').close()\n")
    shutil.copy(trap.program("git"), corpus.parent / "git")
    control = [sys.executable, "-c", "import click, multiprocessing"]
    subprocess.run(control, cwd=corpus.parent, capture_output=True, timeout=PATIENCE)
    assert {"click"} <= set(trap.sprung())
    return corpus.parent


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [(sys.executable, "-m", "builder"), (str(Path(sys.executable).parent / "cardpress"),)],
    ids=["python -m builder", "cardpress"],
)
def test_no_module_of_the_current_folder_is_imported(
    command: tuple[str, ...], stranger: Path, trap: Trap
) -> None:
    for arguments in (["check"], ["build", "--only", "apkg"], ["plan"], ["stats"], ["check", "--fix"]):
        result = subprocess.run(
            [*command, *arguments, "demo"], cwd=stranger, capture_output=True, text=True, timeout=PATIENCE
        )
        assert (result.returncode, trap.sprung()) == (0, []), result.stderr


@pytest.mark.parametrize("library", ["builder", "concurrent"])
def test_no_process_that_shares_the_work_imports_a_module_of_the_current_folder(
    library: str, stranger: Path, trap: Trap
) -> None:
    """By a script in a folder of its own, as `cardpress` is; Python alone is the control."""
    ours = "from builder.runtime.workers import spread\n    print(list(spread(abs, [1, -2], processes=2)))"
    plain = (
        "from concurrent.futures import ProcessPoolExecutor\n"
        "    from multiprocessing import get_context\n"
        "    with ProcessPoolExecutor(2, get_context('spawn')) as pool:\n"
        "        print(list(pool.map(abs, [1, -2])))"
    )
    script = trap.folder / "script.py"
    script.write_text(f"if __name__ == '__main__':\n    {ours if library == 'builder' else plain}\n")
    result = subprocess.run(
        [sys.executable, str(script)], cwd=stranger, capture_output=True, text=True, timeout=PATIENCE
    )
    if library == "builder":
        assert (result.stdout, trap.sprung()) == ("[1, 2]\n", []), result.stderr
    else:
        assert trap.sprung(), "a process that Python starts looks there first"


@pytest.mark.parametrize("path", ["", ".", f".{os.pathsep}{os.pathsep}bin"])
def test_a_program_git_in_the_current_folder_is_not_git(
    path: str, stranger: Path, trap: Trap, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stranger)
    monkeypatch.setenv("PATH", path)
    result = run("build", "demo", "--only", "apkg")
    assert (result.exit_code, trap.sprung()) == (0, [])
    assert "[git-missing]" in result.stderr


# --- what git does not tell -----------------------------------------------------------------------


def test_a_repository_and_no_git_is_a_warning(
    corpus: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert (run("check", corpus).exit_code, run("check", corpus).stderr) == (0, "")
    (corpus / "01-first.md").write_text(CHAPTER)
    result = run("build", corpus, "--only", "apkg", "--output", tmp_path / "out")
    assert (result.exit_code, "[git-missing]" in result.stderr) == (0, True)
    result = run("plan", corpus)
    assert result.exit_code == 1
    assert "the program git is missing: install git" in result.stderr


def test_without_a_repository_git_is_not_asked(
    corpus: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    shutil.rmtree(corpus.parent / ".git")
    (corpus.parent / ".git").mkdir()  # as some sandboxes hide one
    result = run("check", corpus)
    assert (result.exit_code, result.stderr) == (0, "")


def _leads_nowhere(repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    (repository / ".git").write_text("gitdir: ../gone\n")


def _without_its_head(repository: Path) -> None:
    (repository / ".git" / "HEAD").unlink()


def _with_an_empty_branch(repository: Path) -> None:
    """As a machine leaves it that lost its power."""
    (repository / ".git" / "refs" / "heads" / "main").write_bytes(b"")


def _without_an_object(repository: Path) -> None:
    id_ = _output_of(repository, "rev-parse", "HEAD~1:demo/deck.lock")
    (repository / ".git" / "objects" / id_[:2] / id_[2:]).unlink()


def _with_settings_that_are_none(repository: Path) -> None:
    (repository / ".git" / "config").write_text("[core\n")


def _with_another_top(repository: Path) -> None:
    (repository.parent / "empty").mkdir()
    _set(repository, core_worktree=str(repository.parent / "empty"))


@pytest.mark.parametrize(
    "damage",
    [
        *(_leads_nowhere, _without_its_head, _with_an_empty_branch, _without_an_object),
        *(_with_settings_that_are_none, _with_another_top),
    ],
    ids=lambda damage: damage.__name__.strip("_"),
)
def test_a_damaged_repository_is_an_error_and_never_a_lack_of_history(
    damage: Callable[[Path], None], corpus: Path, run: Run, tmp_path: Path
) -> None:
    damage(corpus.parent)
    (corpus / "deck.lock").unlink()
    for command in (["build", "--only", "apkg", "--output", tmp_path / "out"], ["plan"]):
        result = run(command[0], corpus, *command[1:])
        assert result.exit_code == 1
        assert f"{corpus}/deck.lock:1:1: error: git " in result.stderr
        assert "[git-failed]" in result.stderr
    assert not (corpus / "deck.lock").exists()
    assert not (tmp_path / "out").exists()


def test_what_the_files_alone_tell_is_told_in_any_repository(corpus: Path, run: Run) -> None:
    _leads_nowhere(corpus.parent)
    (corpus / "01-first.md").write_text(_UNNAMED)
    assert run("check", corpus, "--fix").exit_code == 0
    assert "{#what-is-three .junior}" in (corpus / "01-first.md").read_text()
    assert run("stats", corpus).exit_code == 0


def test_a_new_repository_has_no_history_yet(corpus: Path, run: Run) -> None:
    shutil.rmtree(corpus.parent / ".git")
    git(corpus.parent, "init", "--quiet")
    assert (run("check", corpus).exit_code, run("check", corpus).stderr) == (0, "")
    assert last_commit_time(corpus) is None
    result = run("plan", corpus)
    assert (result.exit_code, result.stdout.splitlines()[1]) == (0, "3 new")
    result = run("plan", corpus, "--against", "HEAD")
    assert result.exit_code == 1
    assert "no commits yet: commit first, or give --against FILE.apkg" in result.stderr


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs"])
def test_a_git_that_waits_for_ever_is_ended(
    name: str, corpus: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = corpus.parent / ".git" / name
    path.unlink(missing_ok=True)
    if name == "packed-refs":  # read where a branch has no file of its own
        shutil.rmtree(corpus.parent / ".git" / "refs" / "heads")
        (corpus.parent / ".git" / "refs" / "heads").mkdir()
    os.mkfifo(path)
    monkeypatch.setattr(git_module, "PATIENCE", 0.5)
    result = run("plan", corpus)
    assert result.exit_code == 1
    assert "git rev-parse did not end within 0.5 seconds" in result.stderr


def test_a_damaged_index_does_not_matter(corpus: Path, run: Run) -> None:
    (corpus.parent / ".git" / "index").write_bytes(b"none")
    assert _plain_git(corpus, "status").returncode == 128
    assert run("check", corpus).exit_code == 0
    assert len(history(corpus / "deck.lock").commits) == 2


def test_what_git_says_reaches_the_terminal_as_text(tmp_path: Path, corpus: Path) -> None:
    strange = tmp_path / "a\x1b[31m b"
    shutil.copytree(corpus.parent, strange)
    (strange / ".git" / "HEAD").unlink()
    with pytest.raises(GitError) as caught:
        history(strange / "demo" / "deck.lock")
    assert str(caught.value).isprintable()
    assert "a\\x1b[31m b" in str(caught.value)


def test_a_history_beyond_all_measure_is_refused(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "_LONGEST_PATCH", 300)
    with pytest.raises(GitError, match=r"git keeps more than 0 MB of changes to demo/deck\.lock"):
        history(corpus / "deck.lock")


# --- repositories of every kind -------------------------------------------------------------------


def _itself(corpus: Path) -> Path:
    return corpus


def _a_worktree(corpus: Path) -> Path:
    _output_of(corpus.parent, "worktree", "add", "--quiet", "../tree", "-b", "other")
    return corpus.parent.parent / "tree" / "demo"


def _a_submodule(corpus: Path) -> Path:
    outer = corpus.parent.parent / "outer"
    git(corpus, "init", "--quiet", str(outer))
    always = ("-c", "protocol.file.allow=always")
    _output_of(outer, *always, "submodule", "add", "--quiet", str(corpus.parent), "inner")
    return outer / "inner" / "demo"


def _behind_a_link(corpus: Path) -> Path:
    link = corpus.parent.parent / "link"
    link.symlink_to(corpus)
    return link


def _at_the_top(corpus: Path) -> Path:
    folder = corpus.parent.parent / "top"
    shutil.copytree(corpus, folder)
    git(folder, "init", "--quiet")
    for text in ("# one\n", "# two\n"):
        (folder / "deck.lock").write_text((corpus / "deck.lock").read_text() + text)
        _commit(folder)
    return folder


def _with_the_hash_of_the_future(corpus: Path) -> Path:
    folder = corpus.parent.parent / "sha256"
    git(corpus, "init", "--quiet", "--object-format=sha256", str(folder))
    shutil.copytree(corpus, folder / "demo")
    for text in ("# one\n", "# two\n"):
        (folder / "demo" / "deck.lock").write_text((corpus / "deck.lock").read_text() + text)
        _commit(folder)
    return folder / "demo"


def _in_a_folder_like_a_pattern(corpus: Path) -> Path:
    folder = corpus.parent / "a*[b] é"
    _output_of(corpus.parent, "mv", "demo", folder.name)
    _commit(corpus.parent)
    with (folder / "deck.lock").open("a") as lock:
        lock.write("# two\n")
    _commit(corpus.parent)
    return folder


def _below_a_top_of_its_own(corpus: Path) -> Path:
    """The `.git` lies in a folder of the tree."""
    (corpus.parent / ".git").rename(corpus / ".git")
    _set(corpus, core_worktree=str(corpus.parent))
    return corpus


@pytest.mark.parametrize(
    "kind",
    [
        *(_itself, _a_worktree, _a_submodule, _behind_a_link, _at_the_top, _with_the_hash_of_the_future),
        *(_in_a_folder_like_a_pattern, _below_a_top_of_its_own),
    ],
    ids=lambda kind: kind.__name__.strip("_"),
)
def test_history_is_read_in_every_kind_of_repository(
    kind: Callable[[Path], Path], corpus: Path, tmp_path: Path
) -> None:
    folder = kind(corpus)
    first, second = history(folder / "deck.lock").commits
    assert (first.parents, second.parents) == ((), (first.id,))
    assert first.lines[0].startswith("# The identity of all that")
    assert len(second.lines) in (1, 2)
    assert checkout(folder, "HEAD", tmp_path / "past", lambda name: True)
    assert sorted(path.name for path in (tmp_path / "past").iterdir() if path.name != ".git") == [
        "01-first.md",
        "deck.lock",
        "deck.toml",
    ]


def test_a_merge_that_is_not_committed_is_remembered(corpus: Path) -> None:
    lock = corpus / "deck.lock"
    kept = lock.read_text()
    _output_of(corpus.parent, "checkout", "--quiet", "-b", "side")
    lock.write_text(kept + "# side\n")
    _commit(corpus.parent)
    _output_of(corpus.parent, "checkout", "--quiet", "main")
    _output_of(corpus.parent, "merge", "--quiet", "--no-commit", "--no-ff", "side")
    assert ("# side",) in [commit.lines for commit in history(lock).commits]


def test_asking_git_writes_nothing(corpus: Path, attempt: Callable[[str, Path], str]) -> None:
    os.utime(corpus / "01-first.md", (1, 1))  # an index that git would refresh
    before = {path: path.stat().st_mtime_ns for path in (corpus.parent / ".git").rglob("*")}
    for command in COMMANDS:
        attempt(command, corpus)
    assert {path: path.stat().st_mtime_ns for path in (corpus.parent / ".git").rglob("*")} == before


# --- a folder as it was ---------------------------------------------------------------------------


def test_of_links_only_those_to_files_of_the_folder_are_followed(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (corpus.parent / "near.md").write_text("near")
    links = {
        "a.md": "01-first.md",
        "b.md": "a.md",
        "sub/c.md": "../b.md",
        "outside.md": "../near.md",
        "absolute.md": str(tmp_path / "secret.md"),
        "above.md": "../../secret.md",
        "loop.md": "loop.md",
        "other.md": "deck.toml",
    }
    (corpus / "sub").mkdir()
    for name, target in links.items():
        (corpus / name).symlink_to(target)
    _commit(corpus.parent)
    assert checkout(corpus, "HEAD", tmp_path / "past", lambda name: name.endswith(".md"))
    written = {path.relative_to(tmp_path / "past"): path for path in (tmp_path / "past").rglob("*.*")}
    assert {str(name) for name in written} == {"01-first.md", "a.md", "b.md", "sub/c.md"}
    assert not any(path.is_symlink() for path in written.values())
    assert len({path.read_bytes() for path in written.values()}) == 1


def test_a_submodule_of_the_folder_is_left_out(corpus: Path, tmp_path: Path) -> None:
    id_ = _output_of(corpus.parent, "rev-parse", "HEAD")
    _output_of(corpus.parent, "update-index", "--add", "--cacheinfo", f"160000,{id_},demo/media.md")
    git(corpus.parent, "commit", "--quiet", "--message", "A submodule")
    assert checkout(corpus, "HEAD", tmp_path / "past", lambda name: True)
    assert not (tmp_path / "past" / "media.md").exists()


@pytest.mark.parametrize("name", ["..", ".git", ".GIT"])
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str, corpus: Path, tmp_path: Path) -> None:
    repository = corpus.parent
    blob = bytes.fromhex(_output_of(repository, "hash-object", "-w", "demo/deck.toml"))

    def tree(mode: str, name: str, id_: bytes) -> bytes:
        (tmp_path / "tree").write_bytes(f"{mode} {name}\0".encode() + id_)
        command = ("hash-object", "-t", "tree", "-w", "--literally", str(tmp_path / "tree"))
        return bytes.fromhex(_output_of(repository, *command))

    top = tree("40000", "demo", tree("40000", name, tree("100644", "deck.toml", blob))).hex()
    _output_of(repository, "update-ref", "HEAD", _output_of(repository, "commit-tree", top, "-m", "Bad"))
    with pytest.raises(BuildError, match="which cannot be written here"):
        checkout(corpus, "HEAD", tmp_path / "past", lambda name: True)
    assert [*(tmp_path / "past").rglob("*")] == []


def test_files_beyond_all_measure_are_refused(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_module, "_LARGEST_TREE", 50)
    with pytest.raises(BuildError, match="give the package that was built from it"):
        checkout(corpus, "HEAD", tmp_path / "past", lambda name: True)


@pytest.mark.parametrize("revision", ["--output=x", "-1", "v9", "HEAD:demo", "HEAD~9", "", "HEAD@{99}"])
def test_what_names_no_commit_is_named(revision: str, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is not a file, and not a commit that git knows"):
        checkout(corpus, revision, tmp_path / "past", lambda name: True)


# --- the clock ------------------------------------------------------------------------------------


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda now: monkeypatch.setenv("SOURCE_DATE_EPOCH", str(now))


def test_a_build_years_after_the_last_commit_doubts_the_clock(
    corpus: Path, run: Run, tmp_path: Path, at: Callable[[int], None]
) -> None:
    last = last_commit_time(corpus)
    assert last is not None
    command = ("build", corpus, "--only", "apkg", "--output", tmp_path / "out")
    at(last + 600 * 24 * 60 * 60)
    (corpus / "01-first.md").write_text(CHAPTER.replace("The second", "Another"))
    assert "clock-ahead" not in run(*command).stderr
    at(4_070_908_800)
    assert "clock-ahead" not in run(*command).stderr, "nothing is dated"
    (corpus / "01-first.md").write_text(CHAPTER.replace("The second", "Yet another"))
    result = run(*command)
    assert result.exit_code == 0
    assert "warning: the clock says 1 January 2099, but the last commit is from" in result.stderr
    assert "[clock-ahead]" in result.stderr
