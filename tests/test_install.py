"""cardpress as pip installs it, away from this repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import PROJECT

pytestmark = pytest.mark.slow


def test_what_pip_installs_has_all_that_a_build_needs(tmp_path: Path) -> None:
    wheel = [
        sys.executable,
        "-m",
        "pip",
        "-q",
        "wheel",
        "--no-deps",
        "--wheel-dir",
        str(tmp_path),
        str(PROJECT),
    ]
    built = subprocess.run(wheel, capture_output=True, text=True)
    if built.returncode:
        pytest.skip(f"the package cannot be built here: {built.stderr.strip().splitlines()[-1]}")
    (path,) = tmp_path.glob("cardpress-*.whl")
    zipfile.ZipFile(path).extractall(tmp_path / "installed")
    (tmp_path / "desk").mkdir()
    for command in (["new", "mine"], ["build", "mine", "--only", "apkg"]):
        subprocess.run(
            [sys.executable, "-m", "builder", *command],
            cwd=tmp_path / "desk",
            env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
            check=True,
        )
    assert (tmp_path / "desk" / "dist" / "mine.apkg").is_file()
