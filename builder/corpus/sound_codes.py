"""Codes of sounds that cannot be played."""

from __future__ import annotations

from builder.diagnostics import Code

MISSING_SOUND = Code(
    "missing-sound",
    bad="## How is it said? {#said}\n\n![Hund](media/hunt.wav)\n",
    good="## How is it said? {#said}\n\n![Hund](media/hund.wav)\n",
)
REMOTE_SOUND = Code(
    "remote-sound",
    reason="Cards are learned offline, and files on the web disappear.",
    bad="## How is it said? {#said}\n\n![Hund](https://example.org/hund.wav)\n",
    good="## How is it said? {#said}\n\n![Hund](media/hund.wav)\n",
)
SOUND_OUTSIDE = Code(
    "sound-outside",
    reason="A corpus is a folder that can be copied whole.",
    bad="## How is it said? {#said}\n\n![Hund](../hund.wav)\n",
    good="## How is it said? {#said}\n\n![Hund](media/hund.wav)\n",
)
SOUND_NAME = Code(
    "sound-name",
    reason="Make does not understand names with spaces: it would not notice a changed sound.",
    of="words",
    bad="`media/der Hund.mp3`",
    good="`media/der-hund.mp3`",
)
BROKEN_SOUND = Code(
    "broken-sound",
    reason="Anki plays nothing, without a message, if a sound is damaged, or named after another format.",
    of="words",
    bad="`media/hund.mp3`, half copied, or a WAV file under that name",
    good="the whole file, with the ending of its format",
)
SOUND_SIZE = Code(
    "sound-size",
    reason="Each learner's phone downloads and keeps every sound of a deck.",
    of="words",
    bad="a lecture of 40 MB",
    good="a sound of at most 16 MB",
)
CODES = (MISSING_SOUND, REMOTE_SOUND, SOUND_OUTSIDE, SOUND_NAME, BROKEN_SOUND, SOUND_SIZE)
