"""Findings for programs: JSON, and GitHub's workflow commands. docs/checking.md describes them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Sequence

from builder.diagnostics import Diagnostic, Location

JSON_VERSION = 1
"""Version of the JSON's shape. Within a version, members may be added, but none changes."""
Fixable = Container[tuple[Location, str]]
"""Places and codes of the findings that `cardpress check --fix` would fix."""


def as_json(diagnostics: Sequence[Diagnostic], fixable: Fixable) -> str:
    """Return findings as one JSON object."""
    findings = [
        {
            "path": diagnostic.location.path.as_posix(),
            "line": diagnostic.location.line,
            "column": diagnostic.location.column,
            "severity": diagnostic.severity,
            "code": diagnostic.code,
            "message": diagnostic.message,
            "hint": diagnostic.hint,
            "fixable": (diagnostic.location, diagnostic.code) in fixable,
        }
        for diagnostic in diagnostics
    ]
    counts = Counter(diagnostic.severity for diagnostic in diagnostics)
    return json.dumps(
        {
            "version": JSON_VERSION,
            "errors": counts["error"],
            "warnings": counts["warning"],
            "fixable": sum(bool(finding["fixable"]) for finding in findings),
            "findings": findings,
        },
        ensure_ascii=False,
        indent=1,
    )


def as_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return findings as workflow commands that annotate a change on GitHub, one a line."""
    return "\n".join(
        f"::{diagnostic.severity} "
        + ",".join(
            f"{name}={_property(str(value))}"
            for name, value in (
                ("file", diagnostic.location.path.as_posix()),
                ("line", diagnostic.location.line),
                ("col", diagnostic.location.column),
                ("title", diagnostic.code),
            )
        )
        + "::"
        + _data(f"{diagnostic.message}\n{diagnostic.hint}".strip())
        for diagnostic in diagnostics
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
