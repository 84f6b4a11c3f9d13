"""The program's own files: all of them are found, wherever it is installed, and an edit of any is noticed."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from pkgutil import walk_packages

import pytest

import builder
from builder import program
from builder.authoring.new_corpus import starter
from builder.design import templates
from builder.design.styles import FOLDER as STYLES
from builder.design.styles import read_styles
from builder.preview.server import PAGE
from builder.runtime.cache import fingerprint
from tests.conftest import PROJECT

NAMES = [name for name, _ in program.own_files()]
MODULES = {module.name for module in walk_packages(builder.__path__, "builder.")}


@pytest.fixture(scope="module", params=["repository", "wheel"])
def copied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package with the styles where that kind of installation has them."""
    home = tmp_path_factory.mktemp(request.param)
    shutil.copytree(program.FOLDER, home / "builder")
    shutil.copytree(STYLES, home / "builder/_styles" if request.param == "wheel" else home / "styles")
    return home / "builder"


def test_every_module_and_every_file_that_they_read_is_one_of_its_own() -> None:
    assert len(NAMES) == len(set(NAMES))
    modules = {name.removesuffix(".py").removesuffix("/__init__") for name in NAMES if name.endswith(".py")}
    assert {f"builder.{name.replace('/', '.')}" for name in modules} >= MODULES
    wanted = (
        "design/html/paper.html",
        "authoring/starter/deck.toml",
        "preview/page/app.js",
        "card.css",
        "theme.toml",
    )
    assert set(wanted) <= set(NAMES)


@pytest.mark.slow
def test_an_edit_of_any_file_changes_the_fingerprint(copied: Path) -> None:
    before = fingerprint(copied)
    unnoticed = []
    for name, path in program.own_files(copied):
        content = path.read_bytes()
        path.write_bytes(content + b"\n")
        fingerprint.cache_clear()
        if fingerprint(copied) == before:
            unnoticed.append(name)
        path.write_bytes(content)
    assert not unnoticed
    fingerprint.cache_clear()
    assert fingerprint(copied) == before


def test_a_file_that_is_new_or_moved_changes_the_fingerprint(copied: Path) -> None:
    before = fingerprint(copied)
    (copied / "deep").mkdir()
    new = copied / "deep" / "new.py"
    new.write_bytes(b"")
    fingerprint.cache_clear()
    with_new = fingerprint(copied)
    new.rename(copied / "new.py")
    fingerprint.cache_clear()
    moved = fingerprint(copied)
    (copied / "new.py").unlink()
    fingerprint.cache_clear()
    assert len({before, with_new, moved}) == 3


def test_what_python_compiles_and_editors_hide_changes_nothing(copied: Path) -> None:
    before = fingerprint(copied)
    (copied / "__pycache__").mkdir(exist_ok=True)
    (copied / "__pycache__" / "new.pyc").write_bytes(b"new")
    (copied / ".render.py.swp").write_bytes(b"new")
    fingerprint.cache_clear()
    assert fingerprint(copied) == before


def test_the_fingerprint_does_not_depend_on_where_the_program_is_installed(tmp_path: Path) -> None:
    for place in ("here", "there"):
        shutil.copytree(program.FOLDER, tmp_path / place / "builder")
        shutil.copytree(STYLES, tmp_path / place / "styles")
    assert fingerprint(tmp_path / "here/builder") == fingerprint(tmp_path / "there/builder")


def test_the_styles_are_in_the_package_where_a_wheel_was_installed_and_else_beside_it(copied: Path) -> None:
    styles = program.styles_folder(copied)
    assert styles in (copied / "_styles", copied.parent / "styles")
    assert read_styles(styles) == read_styles()


def test_what_the_modules_read_is_there() -> None:
    assert templates.read("paper")
    assert (PAGE / "index.html").is_file()
    assert starter("demo", "Demo")[0]


def test_no_module_that_may_move_asks_where_it_lies() -> None:
    asking = [
        name
        for name, path in program.own_files()
        if path.suffix == ".py"
        and any(isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(_tree(path)))
    ]
    # __main__ does before it imports anything, to know which folders it may import from.
    assert asking == ["__main__.py", "program.py"]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_the_project_is_the_folder_around_the_package() -> None:
    assert program.FOLDER == PROJECT / "builder" == Path(builder.__file__).parent
