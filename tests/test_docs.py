"""What the code cites must be there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PROJECT

_CITATION = re.compile(r"docs/facts/(?P<page>\w+)\.md(?:, section (?P<section>\d+(?:\.\d+)*))?")
_FOLDERS = ("builder", "tests", "benchmarks", "content")
_LINK = re.compile(r"\]\((?P<target>[^)\s:#]*)(?:#(?P<heading>[^)\s]+))?\)")
_PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])


def _citations() -> Iterator[tuple[str, str, str | None]]:
    for folder in _FOLDERS:
        for path in sorted((PROJECT / folder).rglob("*.py")):
            for match in _CITATION.finditer(path.read_text(encoding="utf-8")):
                if path != Path(__file__):
                    yield path.relative_to(PROJECT).as_posix(), match["page"], match["section"]


def test_every_citation_of_a_measured_fact_leads_to_its_section() -> None:
    citations = list(_citations())
    assert len(citations) >= 20
    for file, page, section in citations:
        path = PROJECT / "docs" / "facts" / f"{page}.md"
        assert path.is_file(), f"{file} cites {page}"
        if section:
            heading = rf"^#+ {re.escape(section)}\. "
            assert re.search(heading, path.read_text(encoding="utf-8"), re.MULTILINE), (
                f"{file}: {page} {section}"
            )


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_every_link_within_the_documentation_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^(`{3,}).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for match in _LINK.finditer(re.sub(r"`[^`\n]*`", "", text)):
        target = page.parent / match["target"] if match["target"] else page
        assert target.exists(), f"there is no {match['target']}"
        if match["heading"] and target.suffix == ".md":
            assert match["heading"] in _anchors(target), (
                f"{match['target']} has no heading {match['heading']}"
            )


def _anchors(page: Path) -> set[str]:
    """Return the anchors that code hosts make of a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
