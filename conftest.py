"""What holds for the tests and for the corpus's blocks alike: values in failures, programs, skips."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from typing import TypeVar

import pytest

# Before anything imports them: a helper's assert shows its values, too.
pytest.register_assert_rewrite("tests", "benchmarks")

_Report = TypeVar("_Report", pytest.TestReport, pytest.CollectReport)


def pytest_configure() -> None:
    """Watch what tests start."""
    from tests.programs import guard

    sys.addaudithook(guard)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that would be skipped where nothing may be missing."""
    return _unless_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that would be skipped where nothing may be missing."""
    return _unless_in_ci((yield))


def _unless_in_ci(report: _Report) -> _Report:
    """Turn a skip into a failure in continuous integration: there, a program that is missing is a mistake."""
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{reason}: in continuous integration, nothing is skipped"
    return report
