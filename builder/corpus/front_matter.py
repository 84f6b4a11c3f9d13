"""Front matter: YAML between two lines of `---` at a file's start. The only module that knows PyYAML.

Other programs keep many things there. A chapter takes its title and its tags, and ignores the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from builder.diagnostics import Code, Diagnostic
from builder.markdown.source import Source
from builder.text import as_line, hyphenated

BAD_FRONT_MATTER = Code(
    "bad-front-matter",
    reason="If front matter cannot be read, the chapter gets neither its title nor its tags.",
    of="file",
    severity="warning",
    bad="---\ntitle: Contexts: `g` and others\n---\n\n## What is `g`? {#what-is-g}\n\nData.\n",
    good='---\ntitle: "Contexts: `g` and others"\n---\n\n## What is `g`? {#what-is-g}\n\nData.\n',
)
_MOST_LINES = 200
_MOST_CHARACTERS = 20_000
_MOST_TAGS = 50
_LONGEST_TITLE = 200
_KEY = re.compile(r"""["']?\w[\w -]*["']?[ \t]*:(?:\s|$)""")
"""Beginning of the first line that is no comment; if it does not match, the `---` is a thematic break."""
_ANKIS_OWN = ("leech", "marked")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Title and tags from a chapter's front matter, and the line (from 0) after it."""

    end: int = 0
    title: str = ""
    tags: tuple[str, ...] = ()


def end_of_front_matter(source: Source) -> int:
    """Return the line (from 0) after the front matter; 0 if there is none."""
    lines = source.lines
    if lines[0].rstrip() != "---":
        return 0
    first = next((line for line in lines[1:_MOST_LINES] if not line.startswith("# ")), "")
    if not _KEY.match(first):
        return 0
    return next(
        (
            number + 1
            for number in range(1, min(len(lines), _MOST_LINES))
            if lines[number].rstrip() in ("---", "...")
        ),
        0,
    )


def without_front_matter(source: Source) -> str:
    """Return a file's text with empty lines in place of its front matter."""
    end = end_of_front_matter(source)
    return "\n".join(("",) * end + tuple(source.lines[end:])) if end else source.text


def read_front_matter(source: Source) -> tuple[FrontMatter, list[Diagnostic]]:
    """Read the title and the tags of a file's front matter, if it has any."""
    end = end_of_front_matter(source)
    if not end:
        return FrontMatter(), []
    text = "\n".join(source.lines[1 : end - 1])
    try:
        table = _load(text)
    except _BadYamlError as error:
        place = source.location(min(error.line + 1, end - 1), 0)
        return FrontMatter(end), [
            BAD_FRONT_MATTER.at(
                place,
                f"this front matter cannot be read: {error}",
                'write each line as key: value; put a value that contains a colon in quotes, "like: this"',
            )
        ]
    title = table.get("title")
    return FrontMatter(
        end,
        _line(title)[:_LONGEST_TITLE] if isinstance(title, str) else "",
        tuple(dict.fromkeys(_tags(table)))[:_MOST_TAGS],
    ), []


def values_of(source: Source, *keys: str) -> tuple[str, ...]:
    """Return the values of the first key that a file's front matter has: one text, or those of a list."""
    end = end_of_front_matter(source)
    try:
        table = _load("\n".join(source.lines[1 : end - 1])) if end else {}
    except _BadYamlError:
        return ()
    found = next((table[key] for key in keys if table.get(key)), ())
    texts = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return tuple(_line(text)[:_LONGEST_TITLE] for text in texts[:_MOST_TAGS] if isinstance(text, str))


def _line(text: str) -> str:
    """Return a text on one line, without the control characters that an escape in YAML may make."""
    return as_line(" ".join(text.split()))


class _BadYamlError(Exception):
    """YAML that cannot be read, and the line (from 0) with the error."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def _load(text: str) -> dict[object, object]:
    """Read YAML in which all values are texts, lists and tables: no dates, numbers or objects are made.

    An alias is another reference to the same value, not a copy, so aliases cannot fill the memory. Raises
    `_BadYamlError`.
    """
    import yaml

    if len(text) > _MOST_CHARACTERS:
        raise _BadYamlError(f"it has {len(text)} characters (maximum: {_MOST_CHARACTERS})")
    try:
        table = yaml.load(text, Loader=yaml.BaseLoader)  # makes texts, lists and tables only
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line if error.problem_mark else 0
        raise _BadYamlError(error.problem or "it is not YAML", line) from error
    except (yaml.YAMLError, RecursionError, TypeError, ValueError) as error:
        raise _BadYamlError("it is not YAML") from error
    if not isinstance(table, dict):
        raise _BadYamlError("it is not a table of keys and values")
    return table


def _tags(table: dict[object, object]) -> Iterator[str]:
    """Yield tags as Anki has them, of a list, or of a text with spaces or commas between them."""
    found = table.get("tags", table.get("tag"))
    given = re.split(r"[,\s]+", found) if isinstance(found, str) else found if isinstance(found, list) else []
    for each in given[:_MOST_TAGS]:
        if isinstance(each, str):
            # Nested as in Obsidian, or as in Anki.
            parts = re.split("/|::", hyphenated(each.strip().lstrip("#"), "_.+#/:-"))
            tag = "::".join(part for part in (part.strip("-:") for part in parts) if part)
            if tag and tag.lower() not in _ANKIS_OWN:
                yield tag
