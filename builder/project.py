"""The corpora of a working folder: their cache, shared ids, and fixes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from builder.diagnostics import Diagnostic, Location, has_errors

if TYPE_CHECKING:
    from builder.checks.fixes import Fix
    from builder.corpus.model import Outline
    from builder.markdown.source import Source
    from builder.runtime.cache import Cache

CACHE = Path(".cache") / "cardpress"


def project_cache(user_folder: Path, base: Path) -> Cache:
    """Return the cache of the project in a folder, at the usual place for caches.

    Its entries are signed with a secret from the user's own folder.
    """
    from builder.runtime.cache import LIMIT, NO_CACHE, Cache, user_secret

    secret = user_secret(user_folder / "cache.key")
    return Cache(base / CACHE, LIMIT, secret) if secret else NO_CACHE


def shared_ids(corpora: Sequence[Outline]) -> list[Diagnostic]:
    """Report corpora with the same id: they would overwrite each other's files and share identities."""
    from builder.checks.making_codes import DUPLICATE_CORPUS_ID
    from builder.corpus.settings import SETTINGS_FILE

    seen: dict[str, Path] = {}
    diagnostics: list[Diagnostic] = []
    for corpus in corpora:
        first = seen.setdefault(corpus.settings.id, corpus.folder)
        if first != corpus.folder:
            diagnostics.append(
                DUPLICATE_CORPUS_ID.at(
                    Location(corpus.folder / SETTINGS_FILE),
                    f"the id {corpus.settings.id!r} is already that of {str(first)!r}",
                    "give the newer corpus another id",
                )
            )
    return diagnostics


def fixable(diagnostics: Sequence[Diagnostic], corpora: Sequence[Outline]) -> set[tuple[Location, str]]:
    """Return the places and codes of the findings that `--fix` would fix."""
    return {
        (found.location, found.code)
        for corpus in corpora
        for _, fixes in fixes_of(corpus, diagnostics)
        for fix in fixes
        for found in fix.findings
    }


def fixes_of(corpus: Outline, diagnostics: Sequence[Diagnostic]) -> list[tuple[Source, list[Fix]]]:
    """Return the edits that `--fix` would make, by file; none if the lock is too damaged to be sure."""
    if not diagnostics:
        return []
    from builder.checks.rules import FIXABLE, rulebook

    changed = {found.location.path for found in diagnostics if found.edits or found.code in FIXABLE}
    paths = list(dict.fromkeys(each.path for each in corpus.chapters if each.path in changed))
    if not paths:
        return []
    from builder.checks.fixes import find_fixes
    from builder.corpus.files import read_source
    from builder.identity.lockfile import stored_lock

    lock, damage = stored_lock(corpus.folder)
    if has_errors(damage):
        return []
    found = {path: [each for each in diagnostics if each.location.path == path] for path in paths}
    files = [(read_source(path)[0], found[path]) for path in paths]
    taken = {name for question in corpus.questions() for name in (question.id, question.was)}
    taken |= {question.id for chapter in corpus.chapters for question in chapter.unanswered}
    return find_fixes(files, taken | lock.numbers().keys(), rulebook(corpus.settings), corpus.settings.labels)
