"""Codes of images that cannot be shown."""

from __future__ import annotations

from builder.diagnostics import Code

MISSING_PICTURE = Code(
    "missing-picture",
    bad="## What is blue? {#blue}\n\n![A blue square](media/blau.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
REMOTE_PICTURE = Code(
    "remote-picture",
    reason="A card is learned offline, and what stands on the web goes away.",
    bad="## What is blue? {#blue}\n\n![A blue square](https://example.org/blue.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
PICTURE_OUTSIDE = Code(
    "picture-outside",
    reason="A corpus is a folder that can be copied whole.",
    bad="## What is blue? {#blue}\n\n![A blue square](../blue.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
PICTURE_TYPE = Code(
    "picture-type",
    reason="Anki and print show some kinds of pictures only.",
    bad="## What is blue? {#blue}\n\n![A blue square](deck.toml)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
PICTURE_NAME = Code(
    "picture-name",
    reason="Names with spaces are not for make: an edited picture would not be noticed.",
    of="words",
    bad="`media/my square.png`",
    good="`media/my-square.png`",
)
BROKEN_PICTURE = Code(
    "broken-picture",
    reason="A damaged picture is an empty frame on the card.",
    of="words",
    bad="`media/blue.png`, half copied",
    good="the whole file",
)
PICTURE_SIZE = Code(
    "picture-size",
    reason="An image that is too large would fill the memory of a phone or of the build; a drawing of few"
    " bytes can expand to millions of shapes.",
    of="words",
    bad="a PNG of 50,000 by 50,000 pixels, or an SVG in which each group uses another one twice, 24 deep",
    good="an image of at most 25 million pixels and 32 MB, an SVG of at most 20,000 shapes and 4 MB",
)
PICTURE_ASKS = Code(
    "picture-asks",
    reason="A drawing that asks for another file is shown without it.",
    of="words",
    bad='an SVG with `<image href="photo.png"/>`',
    good="the photo embedded, as a `data:` address",
)
CODES = (
    MISSING_PICTURE,
    REMOTE_PICTURE,
    PICTURE_OUTSIDE,
    PICTURE_TYPE,
    PICTURE_NAME,
    BROKEN_PICTURE,
    PICTURE_SIZE,
    PICTURE_ASKS,
)
