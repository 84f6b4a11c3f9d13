"""Findings as SARIF 2.1.0 (an OASIS standard), which code hosts show beside the lines of a change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from builder import __version__
from builder.checks.catalogue import CATALOGUE, Entry
from builder.diagnostics import Diagnostic, Location

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(diagnostics: Sequence[Diagnostic], root: Path) -> str:
    """Return findings as a SARIF log; files within `root`, the repository, are named relative to it."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    run = {
        "tool": {
            "driver": {
                "name": "cardpress",
                "semanticVersion": __version__,
                "rules": [_rule(CATALOGUE[code]) for code in codes],
            }
        },
        # Otherwise, SARIF counts UTF-16 code units.
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes, root) for diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.reason},
        "defaultConfiguration": {"level": entry.severity},
        "help": {"text": entry.help_text(), "markdown": entry.as_markdown()},
    }


def _result(diagnostic: Diagnostic, codes: Sequence[str], root: Path) -> dict[str, Any]:
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity,
        "message": {"text": f"{diagnostic.message}\n{diagnostic.hint}".strip()},
        "locations": [{"physicalLocation": _place(diagnostic.location, root)}],
    }


def _place(location: Location, root: Path) -> dict[str, Any]:
    path = root / location.path
    is_within = path.is_relative_to(root)
    # This is a URI, so it is percent-encoded.
    address = path.as_uri()
    artifact = (
        {"uri": address.removeprefix(root.as_uri()).lstrip("/"), "uriBaseId": "%SRCROOT%"}
        if is_within
        else {"uri": address}
    )
    return {
        "artifactLocation": artifact,
        "region": {"startLine": location.line, "startColumn": location.column},
    }
