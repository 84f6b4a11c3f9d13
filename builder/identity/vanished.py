"""Reports published questions and cards that a corpus no longer has: learners would lose their histories.

Each is a finding until the author accepts it: in the source, by `was="…"`, or in deck.toml, in the
table `[accepted]`. The lock keeps it until then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from builder.corpus.files import ADOPTED_FILE, LOCK_FILE, read_source
from builder.corpus.kinds import kind_of
from builder.corpus.model import Outline, QuestionOutline
from builder.corpus.settings import SETTINGS_FILE, line_of
from builder.diagnostics import Code, Diagnostic, Location
from builder.identity.guid import cards, guid, like
from builder.identity.lock import Lock, NoteEntry, corpus_of
from builder.identity.update import card_name, card_words
from builder.text import count

_ALIKE = 0.6
"""Minimum similarity of two ids if one was probably renamed to the other."""
UNKNOWN_FORMER_ID = Code(
    "unknown-former-id",
    reason='`was="…"` keeps the history of the question that was published under another id: under one'
    " that never was, the question is new to learners.",
    of="words",
    bad='`{#g-life was="g-liefe"}`',
    good='`{#g-life was="g-lifetime"}`, the id that deck.lock knows',
)
FOREIGN_LOCK = Code(
    "foreign-lock",
    reason="The lock is the identity of one corpus's notes. Under another id every card is new to"
    " learners, and they get a second deck.",
    of="words",
    bad="another id in deck.toml than the one that deck.lock was written for",
    good='the id that deck.lock knows; or, to start again, `ids = ["…"]` with that one under `[accepted]`',
)
ROOT_DECK_CHANGED = Code(
    "root-deck-changed",
    reason="Anki does not rename decks: learners' cards stay in the old deck, and new cards go to another.",
    of="words",
    severity="warning",
    bad="another `deck` in deck.toml than the one that was published",
    good='the old name; or `decks = ["…"]` with it under `[accepted]`, and learners rename theirs',
)
QUESTION_GONE = Code(
    "question-gone",
    reason="Learners keep the cards of a question that is gone, with their reviews. If it was renamed, the "
    "reviews stay with the old one.",
    of="words",
    severity="warning",
    bad="a published question that is no longer there, or has another id",
    good='`{#new-id was="old-id"}`; or `retired = ["old-id"]` under `[accepted]` in deck.toml',
)
KIND_CHANGED = Code(
    "kind-changed",
    reason="Anki cannot turn a cloze note into another type, or back: it makes a new note, and the reviews "
    "stay with the old one.",
    of="words",
    severity="warning",
    bad="`.cloze` added to a published question, or taken away",
    good='its old kind; or `retired = ["its-id"]` under `[accepted]` in deck.toml',
)
CARD_GONE = Code(
    "card-gone",
    reason="Reviews belong to the number of a cloze deletion. A card whose number is gone stays with"
    " learners,"
    " empty, and its reviews are lost.",
    of="words",
    severity="warning",
    bad="`{{c2::…}}` renumbered to `{{c3::…}}` in a published question",
    good='the old number; or `cards = ["its-id:2"]` under `[accepted]` in deck.toml',
)
LOST_ADOPTED = Code(
    "lost-adopted",
    reason="Only deck.adopted knows the note that a question was made from. Without the file, the"
    " question is new to that deck's learners, beside their old note.",
    of="words",
    bad="a corpus made from a deck, after deck.adopted was deleted",
    good="deck.adopted as its history has it",
)
NOTHING_TO_ACCEPT = Code(
    "nothing-to-accept",
    reason="A line under `[accepted]` names something that was published and is gone; otherwise it is"
    " misspelt.",
    of="words",
    severity="warning",
    bad='`retired = ["g-liefe"]` under `[accepted]`, and no question was ever published as that',
    good='`retired = ["g-lifetime"]`',
)
AT_RISK = frozenset(code.name for code in (ROOT_DECK_CHANGED, QUESTION_GONE, KIND_CHANGED, CARD_GONE))
"""Codes of findings that cost learners something until they are accepted; errors for a locked build."""


def check_identity(corpus: Outline, lock: Lock) -> Iterator[Diagnostic]:
    """Report published questions and cards that are gone, and needless entries of `[accepted]`."""
    foreign = list(_other_corpora(corpus, lock))
    yield from foreign
    accepted = corpus.settings.accepted
    if foreign or lock.corpus in accepted.ids:
        return
    there = {guid(corpus, question): question for question in corpus.questions()}
    gone = [entry for key, entry in lock.notes.items() if key not in there and _is_missed(entry)]
    yield from _root_deck(corpus, lock)
    lost = _lost_adopted(corpus, gone)
    if lost and corpus.adopted is not None:  # an unreadable file is reported elsewhere
        yield LOST_ADOPTED.at(
            Location(corpus.folder / ADOPTED_FILE),
            f"{ADOPTED_FILE} no longer has the note of {lost[0].question!r}"
            + (f", and of {count(len(lost) - 1, 'other question')}" if len(lost) > 1 else "")
            + ": under another GUID it has no reviews",
            "restore the file from its history",
        )
    yield from _questions_gone(corpus, lock, there, [entry for entry in gone if entry not in lost])
    yield from _cards_gone(corpus, lock, there)
    yield from check_former_ids(corpus, lock)
    yield from _accepted_in_vain(corpus, lock, there)


def _lost_adopted(corpus: Outline, gone: Sequence[NoteEntry]) -> list[NoteEntry]:
    """Return entries that are gone only because deck.adopted no longer links their questions to them."""
    adopted = [entry for entry in gone if entry.type != like(entry.type)]
    if not adopted:
        return []
    known = {each.guid for each in (corpus.adopted or {}).values()}
    there = {question.identity for question in corpus.questions()}
    return [entry for entry in adopted if entry.guid not in known and entry.question in there]


def _is_missed(entry: NoteEntry) -> bool:
    """Return whether a note that is gone has not been retired yet."""
    return entry.state not in ("retired", "sample")


def _other_corpora(corpus: Outline, lock: Lock) -> Iterator[Diagnostic]:
    """Report each other corpus that has notes in the lock."""
    id_, place = corpus.settings.id, Location(corpus.folder / LOCK_FILE)
    if lock.corpus in corpus.settings.accepted.ids:
        return
    others = Counter(map(corpus_of, lock.notes.values()))
    if lock.corpus not in ("", id_) and id_ not in others:
        yield FOREIGN_LOCK.at(
            place,
            f"this lock belongs to the corpus {lock.corpus!r}, but {SETTINGS_FILE} has the id {id_!r}",
            f"write id = {lock.corpus!r} again, so that learners keep their history; or, for a new corpus,"
            f" delete {LOCK_FILE}: every card is then new to learners",
        )
        return
    del others[id_], others[""]
    for other, notes in sorted(others.items()):
        yield FOREIGN_LOCK.at(
            place,
            f"the corpus is {id_!r}, but this lock has notes of {other!r} too ({notes:,})",
            f"restore the file from its history, or delete the lines that begin with: note {other}:",
        )


def _root_deck(corpus: Outline, lock: Lock) -> Iterator[Diagnostic]:
    old, new = lock.deck, corpus.settings.deck
    if old not in ("", new, *corpus.settings.accepted.decks):
        yield ROOT_DECK_CHANGED.at(
            _setting(corpus, "deck"),
            f"the root deck was published as {old!r}, and is {new!r} now: learners keep the old deck",
            f'write deck = "{old}" again; or, if learners should rename theirs, add decks = ["{old}"]'
            " under [accepted]",
        )


def _questions_gone(
    corpus: Outline, lock: Lock, there: dict[str, QuestionOutline], gone: Sequence[NoteEntry]
) -> Iterator[Diagnostic]:
    unaccepted = [entry for entry in gone if entry.question not in corpus.settings.accepted.retired]
    if not unaccepted:
        return
    identities = {question.identity: question for question in there.values()}
    new = [question for key, question in there.items() if key not in lock.notes]
    lines = read_source(corpus.folder / LOCK_FILE)[0].lines
    places = {line.split(" ", 2)[1]: number for number, line in enumerate(lines) if line.startswith("note ")}
    for entry in sorted(unaccepted, key=lambda entry: entry.guid):
        name = entry.question
        place = Location(corpus.folder / LOCK_FILE, places.get(str(entry).split(" ", 2)[1], 0) + 1)
        same = identities.get(name)
        if same is not None:
            yield KIND_CHANGED.at(
                same.location,
                f"{same.id!r} was published as another kind: Anki makes a new note of it, and leaves the old"
                " one with its reviews",
                f'give it its old kind; or, if this is intended, add retired = ["{name}"] under [accepted] in'
                f" {SETTINGS_FILE}",
            )
        elif (renamed := _renamed(entry, new)) is not None:
            yield QUESTION_GONE.at(
                renamed.location,
                f"the published question {name!r} is gone, and {renamed.id!r} is new: its reviews would stay"
                " behind",
                f'if it was renamed, write {{#{renamed.id} was="{name}"}}; if not, add retired = ["{name}"]'
                f" under [accepted] in {SETTINGS_FILE}",
            )
        else:
            yield QUESTION_GONE.at(
                place,
                f"the published question {name!r} is gone: learners keep its cards",
                f'put it back, or write was="{name}" at the question that it has become; if it is gone on '
                f'purpose, add retired = ["{name}"] under [accepted] in {SETTINGS_FILE}',
            )


def _renamed(entry: NoteEntry, new: Sequence[QuestionOutline]) -> QuestionOutline | None:
    """Return the new question to which a missing one was probably renamed, by the similarity of their ids."""
    kind = like(entry.type)
    fitting = [question for question in new if kind_of(question).note_type == kind and not question.was]
    likely = ((_likeness(entry.question, question.id), question) for question in fitting)
    likeness, best = max(likely, key=lambda pair: pair[0], default=(0.0, None))
    return best if likeness >= _ALIKE else None


def _likeness(one: str, other: str) -> float:
    """Return the similarity of two ids, from 0 to 1."""
    if one.startswith(f"{other}-") or other.startswith(f"{one}-"):
        return 1
    return SequenceMatcher(None, one, other).ratio()


def _cards_gone(corpus: Outline, lock: Lock, there: dict[str, QuestionOutline]) -> Iterator[Diagnostic]:
    accepted = corpus.settings.accepted.cards
    for key, question in there.items():
        entry = lock.notes.get(key)
        if entry is None or {*entry.cards} <= {*cards(corpus, question)}:
            continue
        for ordinal in sorted({*entry.cards}.difference(cards(corpus, question))):
            name = card_name(entry.question, ordinal)
            if name in accepted:
                continue
            is_cloze = kind_of(question).is_cloze
            yield CARD_GONE.at(
                question.location,
                f"{card_words(entry.type, ordinal)} of {question.id!r} was published, and is gone:"
                " learners lose its reviews",
                "put it back"
                + (", and give what is new a number of its own" if is_cloze else "")
                + f'; if it is gone on purpose, add cards = ["{name}"] under [accepted] in {SETTINGS_FILE}',
            )


def check_former_ids(corpus: Outline, lock: Lock) -> Iterator[Diagnostic]:
    """Report each `was="…"` that the lock does not know: the question would be new to learners."""
    known = {entry.question for entry in lock.notes.values()}
    for question in corpus.questions():
        if question.was and question.was not in known:
            yield UNKNOWN_FORMER_ID.at(
                question.location,
                f"no question was ever published as {question.was!r}",
                "correct it, or remove it",
            )


def _accepted_in_vain(corpus: Outline, lock: Lock, there: dict[str, QuestionOutline]) -> Iterator[Diagnostic]:
    """Report entries of `[accepted]` that were never published, or are still there."""
    accepted = corpus.settings.accepted
    if not (accepted.retired or accepted.cards):
        return
    gone = {entry.question for key, entry in lock.notes.items() if key not in there}
    ended = {
        card_name(entry.question, ordinal)
        for key, entry in lock.notes.items()
        for ordinal in (*entry.cards, *entry.retired_cards)
        if key in there and ordinal not in cards(corpus, there[key])
    }
    for what, key, names, known in (
        ("question", "retired", accepted.retired, gone),
        ("card", "cards", accepted.cards, ended),
    ):
        for name in names:
            if name not in known:
                yield NOTHING_TO_ACCEPT.at(
                    _setting(corpus, "accepted", key),
                    f"[accepted] names the {what} {name!r}, but no published {what} of that name is gone",
                    "correct the name, or remove it",
                )


def _setting(corpus: Outline, *keys: str) -> Location:
    """Return the place of a setting in deck.toml."""
    source, _ = read_source(corpus.folder / SETTINGS_FILE)
    return source.location(line_of(keys, source))
