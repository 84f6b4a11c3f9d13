"""Makes files for VS Code: tasks whose findings it lists as problems, and a snippet for each kind."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from builder.authoring.new_question import Draft
from builder.corpus.kinds import DEFAULT, KINDS

FINDING = r"^(.+?):(\d+):(\d+): (error|warning): (.*) \[([a-z0-9-]+)\]$"
HINT = r"^    (.*)$"
_MATCHER = {
    "owner": "cardpress",
    "source": "cardpress",
    "fileLocation": ["relative", "${workspaceFolder}"],
    "pattern": [
        {
            "regexp": FINDING,
            **{"file": 1, "line": 2, "column": 3, "severity": 4, "message": 5, "code": 6},
        },
        {"regexp": HINT, "message": 1},  # VS Code shows the hint below the message
    ],
}
_TOML_EXTENSION = "tamasfe.even-better-toml"


def vscode_files() -> Mapping[str, str]:
    """Return the files by name."""
    files = {
        "tasks.json": {"version": "2.0.0", "tasks": _tasks()},
        "extensions.json": {"recommendations": [_TOML_EXTENSION]},
        "cardpress.code-snippets": _snippets(),
    }
    return {
        f".vscode/{name}": json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        for name, content in files.items()
    }


def _tasks() -> Sequence[Mapping[str, Any]]:
    plain = {"env": {"TERM": "dumb"}}  # one line for each finding, without colours
    return [
        {
            **_task("check", "--verbose"),  # all findings, even if there are many of a kind
            "options": plain,
            "group": {"kind": "test", "isDefault": True},
            "problemMatcher": _MATCHER,
        },
        {
            **_task("build"),
            "options": plain,
            "group": {"kind": "build", "isDefault": True},
            "problemMatcher": _MATCHER,
        },
        {**_task("watch", "--open"), "isBackground": True, "problemMatcher": []},
    ]


def _task(*words: str) -> Mapping[str, Any]:
    # Run by a shell, which knows the user's PATH.
    return {"label": f"cardpress {words[0]}", "type": "shell", "command": "cardpress", "args": [*words]}


def _snippets() -> Mapping[str, Any]:
    questions = {f"{name} question": _question("##", name) for name in KINDS}
    return {**questions, "drill": _question("###", DEFAULT)}


def _question(marks: str, kind: str) -> Mapping[str, Any]:
    """Return the snippet of a question: its prompt, its id, then the answer."""
    first, *others = KINDS[kind].room or ("",)
    column = KINDS[kind].column
    answer = f"{_literal(first[:column])}$0{_literal(first[column:])}"
    name = "drill" if marks == "###" else kind
    return {
        "scope": "markdown",
        "prefix": f"q-{name}",
        "description": f"A {name} {'of the question above' if name == 'drill' else 'question'}",
        "body": [Draft(prompt="$1", kind=kind).heading(marks, "$2"), "", answer, *map(_literal, others)],
    }


def _literal(text: str) -> str:
    """Return a text for a snippet, in which nothing is read as a placeholder."""
    return text.replace("\\", r"\\").replace("$", r"\$")
