"""A session: keeps the state of watched corpora, answers the page's requests, and sends it messages."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

from builder.anki import note_types
from builder.anki.release import digest
from builder.corpus.kinds import KINDS
from builder.corpus.model import Settings
from builder.design.fonts import card_fonts
from builder.design.styles import CARD_FILE, THEME_FILE, read_styles
from builder.design.styles import FOLDER as STYLES
from builder.diagnostics import BuildError, Diagnostic
from builder.pipeline.compile import load_compiler
from builder.preview.cards import CorpusDraft
from builder.preview.feed import Change, cards_json, change_json, compare, corpus_json
from builder.preview.live_corpus import Drafting
from builder.preview.pdfs import PRINTED, Proof, Proofs
from builder.preview.server import (
    LOOK_UP,
    Answer,
    Events,
    Server,
    Site,
    file_answer,
    json_answer,
    media_answer,
    open_server,
)
from builder.runtime.atomic import temporary_folder
from builder.runtime.cache import Cache


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a save, for the terminal."""

    what: str
    seconds: float
    new: Sequence[Diagnostic]
    """Findings that were not there before."""
    errors: int
    warnings: int


@dataclass
class Session:
    """The watched corpora: the only mutable state while the server runs."""

    folders: Sequence[Path]
    cache: Cache
    editor: str
    target: Path
    """Folder for PDFs."""
    clock: Callable[[], float]
    """Returns the seconds since the epoch."""
    tell: Callable[[Exception], str]
    """Called with each fault of cardpress, for the terminal; returns the sentence about it."""
    events: Events = field(default_factory=Events)
    _drafting: list[Drafting] = field(default_factory=list)
    _corpora: list[CorpusDraft] = field(default_factory=list)
    _css: Sequence[str] = ()
    """The cards' style sheet of each corpus."""
    _behind: set[int] = field(default_factory=set)
    """Indices of the corpora whose current state is not shown, after a fault."""
    _faults: dict[int | None, str] = field(default_factory=dict)
    """Sentences about faults since the last save, by corpus; None is for faults of no corpus."""

    def __post_init__(self) -> None:
        self._drafting = [Drafting(folder, self.cache) for folder in self.folders]
        self.proofs = Proofs(self.folders, self.target, self._tell_proof, self.clock, self.fail)
        self._started = self.clock()

    def open(self) -> Saved:
        """Read all corpora for the first time."""
        start = self.clock()
        self._corpora = [_nothing_of(folder) for folder in self.folders]
        for index in range(len(self.folders)):
            new = self._update(index)
            if new:
                self._corpora[index] = new
        self._css = self._card_css()
        for index in range(len(self.folders)):
            self.proofs.want(index)
        gc.freeze()  # Many objects stay: examining them for garbage would delay each save.
        drafts = [draft for corpus in self._corpora for draft in corpus.drafts().values()]
        what = f"{sum(len(draft.ordinals) for draft in drafts):,} cards"
        return self._saved(what, start, ())

    def follow(self, paths: Iterable[Path]) -> Saved | None:
        """Read the changes of a save, and inform the page; return None if nothing changed."""
        start = self.clock()
        names: list[str] = []
        before = self._diagnostics()
        self._recover(None)
        resolved = sorted({path.resolve() for path in paths})
        is_any_look = is_restyled = any(path.is_relative_to(STYLES) for path in resolved)
        for index, folder in enumerate(self.folders):
            saved = [path for path in resolved if path.is_relative_to(folder.resolve())]
            change = ""
            if saved or index in self._behind:
                files = _names(saved or resolved)
                change = self._follow_corpus(index, files, start)
                names += [f"{files}: {change}"] if change else []
            has_other_look = any(path.name in (CARD_FILE, THEME_FILE) for path in saved)
            if change or is_restyled or has_other_look:
                self.proofs.want(index)
            is_any_look |= has_other_look
        if is_any_look:
            names = [*self._follow_styles(), *names]
        return self._saved("; ".join(names), start, before) if names else None

    def _follow_corpus(self, index: int, files: str, start: float) -> str:
        old, was_behind = self._corpora[index], index in self._behind
        new = self._update(index)
        if new is None:
            return ""
        change = compare(old, new)
        if _is_same(change, old, new) and not was_behind:
            return ""
        self._corpora[index] = new
        took = {"corpus": index, "files": files, "milliseconds": round((self.clock() - start) * 1000)}
        self.events.send("change", {**took, **change_json(change, new)})
        return str(change)

    def _update(self, index: int) -> CorpusDraft | None:
        """Return the current state of a corpus; None after a fault: the next save tries again."""
        self._behind.add(index)
        try:
            new = self._drafting[index].update(int(self.clock()))
        except (BuildError, OSError):
            raise
        except Exception as error:
            self.fail(error, index)
            return None
        self._behind.discard(index)
        self._recover(index)
        return new

    def fail(self, error: Exception, index: int | None = None) -> str:
        """Report a fault, of one corpus or of none, in the terminal and on the page; return its sentence."""
        text = self._faults[index] = self.tell(error)
        self.events.send("faults", {"faults": list(self._faults.values())})
        return text

    def _recover(self, index: int | None) -> None:
        if self._faults.pop(index, None) is not None:
            self.events.send("faults", {"faults": list(self._faults.values())})

    def _follow_styles(self) -> Iterator[str]:
        """Read the styles again, and yield a description of any change; a fault in them changes no card."""
        try:
            css = self._card_css()
        except BuildError as error:
            yield str(error)
            return
        if css != self._css:
            self._css = css
            self.events.send("look", {"look": self._look()})
            yield "styles: the look changed"

    def _look(self) -> str:
        return digest("\n".join(self._css))

    def _card_css(self) -> list[str]:
        """Return the style sheets of the cards of all corpora, with their fonts. Raises `BuildError`."""
        rules, _ = card_fonts()
        styles = read_styles()
        return [
            note_types.with_fonts(styles.with_look(drafting.look).card, rules) for drafting in self._drafting
        ]

    def _saved(self, what: str, start: float, before: Iterable[Diagnostic]) -> Saved:
        now, known = self._diagnostics(), set(before)
        errors = sum(diagnostic.severity == "error" for diagnostic in now)
        new = [diagnostic for diagnostic in now if diagnostic not in known]
        return Saved(what, self.clock() - start, new, errors, len(now) - errors)

    def _diagnostics(self) -> list[Diagnostic]:
        return [finding.diagnostic for corpus in self._corpora for finding in corpus.findings]

    def _tell_proof(self, proof: Proof) -> None:
        self.events.send("proof", _proof_json(proof))

    def answer(self, path: str) -> Answer | None:
        """Return the answer to a path: the state, a question's cards, a style sheet, font, image or PDF."""
        match path.strip("/").split("/"):
            case ["state"]:
                return json_answer(self._state())
            case [number, *rest] if number in (known := [str(n) for n in range(len(self._corpora))]):
                return self._of_corpus(known.index(number), rest)
        return None

    def _of_corpus(self, index: int, rest: Sequence[str]) -> Answer | None:
        corpus = self._corpora[index]
        match rest:
            case ["cards", question]:
                draft = corpus.drafts().get(question)
                return json_answer(cards_json(draft)) if draft else None
            case ["proof", name]:
                found = self.proofs.path(index, name)
                return file_answer(found) if found else None
            case ["cards.css"]:
                return Answer(
                    self._css[index].encode(), "text/css", is_fixed=True
                )  # its address contains its digest
            case [name]:
                _, fonts = card_fonts()
                if name in fonts:
                    return Answer(fonts[name], "font/ttf", is_fixed=True)
                files = [chapter.media[name] for chapter in corpus.chapters if name in chapter.media]
                return media_answer(name, files[0]) if files else None
        return None

    def _state(self) -> dict[str, Any]:
        return {
            "session": self._started,
            "faults": list(self._faults.values()),
            "editor": self.editor,
            "folder": str(Path.cwd()),
            "look": self._look(),
            "kinds": list(KINDS),
            "corpora": [corpus_json(corpus) for corpus in self._corpora],
            "printed": [
                {"name": name, "title": output.title, "has_links": output.has_links}
                for name, output in PRINTED.items()
            ],
            "proofs": [_proof_json(proof) for proof in self.proofs.all()],
        }


def _nothing_of(folder: Path) -> CorpusDraft:
    """Return an empty state for a corpus that was not read yet."""
    name = folder.resolve().name
    return CorpusDraft(settings=Settings(id=name, title=name, deck=name), chapters=(), findings=())


def _is_same(change: Change, old: CorpusDraft, new: CorpusDraft) -> bool:
    others = (new.findings, new.settings, len(new.chapters))
    return not change.chapters and others == (old.findings, old.settings, len(old.chapters))


def _proof_json(proof: Proof) -> dict[str, Any]:
    return {
        "corpus": proof.corpus,
        "name": proof.name,
        "state": proof.state,
        "reason": proof.reason,
        "made": proof.made_of,
        "at": proof.at,
    }


def _names(paths: Sequence[Path]) -> str:
    """Return the names of saved files; an editor's temporary files only if there are no others."""
    lasting = [path for path in paths if path.exists() or path.suffix in (".md", ".toml")]
    names = [path.name for path in lasting or paths]
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


@contextmanager
def watching(
    folders: Sequence[Path],
    *,
    port: int | None,
    cache: Cache,
    editor: str,
    clock: Callable[[], float],
    tell: Callable[[Exception], str],
    token: str,
) -> Iterator[tuple[Session, Server, Saved]]:
    """Read corpora, and serve their preview until the block ends; no files are left behind.

    `tell` is called with faults, in any thread; without `token`, a request gets nothing.

    Raises `BuildError` if the given port is not free.
    """
    with temporary_folder() as target:
        session = Session(folders, cache, editor, target, clock, tell)
        site = Site(answer=session.answer, events=session.events, tell=session.fail, token=token)
        with open_server(port, site) as server:
            opened = session.open()
            Thread(target=server.serve_forever, args=(LOOK_UP,), daemon=True).start()
            session.proofs.start()
            load_compiler()
            try:
                yield session, server, opened
            finally:
                session.proofs.end()
                session.events.close()
                server.shutdown()
