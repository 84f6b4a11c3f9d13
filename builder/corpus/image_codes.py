"""Codes of images that cannot be shown."""

from __future__ import annotations

from builder.diagnostics import Code

MISSING_IMAGE = Code(
    "missing-image",
    bad="## What is blue? {#blue}\n\n![A blue square](media/blau.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
REMOTE_IMAGE = Code(
    "remote-image",
    reason="Cards are learned offline, and files on the web disappear.",
    bad="## What is blue? {#blue}\n\n![A blue square](https://example.org/blue.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
IMAGE_OUTSIDE = Code(
    "image-outside",
    reason="A corpus is a folder that can be copied whole.",
    bad="## What is blue? {#blue}\n\n![A blue square](../blue.png)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
IMAGE_TYPE = Code(
    "image-type",
    reason="Anki and print can show only some types of images.",
    bad="## What is blue? {#blue}\n\n![A blue square](deck.toml)\n",
    good="## What is blue? {#blue}\n\n![A blue square](media/blue.png)\n",
)
IMAGE_NAME = Code(
    "image-name",
    reason="Make does not understand names with spaces: it would not notice a changed image.",
    of="words",
    bad="`media/my square.png`",
    good="`media/my-square.png`",
)
BROKEN_IMAGE = Code(
    "broken-image",
    reason="A damaged image is an empty frame on the card.",
    of="words",
    bad="`media/blue.png`, half copied",
    good="the whole file",
)
IMAGE_SIZE = Code(
    "image-size",
    reason="An image that is too large would fill the memory of a phone or of the build; a drawing of few"
    " bytes can expand to millions of shapes.",
    of="words",
    bad="a PNG of 50,000 by 50,000 pixels, or an SVG in which each group uses another one twice, 24 deep",
    good="an image of at most 25 million pixels and 32 MB, an SVG of at most 20,000 shapes and 4 MB",
)
IMAGE_ASKS = Code(
    "image-asks",
    reason="A drawing that asks for another file is shown without it.",
    of="words",
    bad='an SVG with `<image href="photo.png"/>`',
    good="the photo embedded, as a `data:` address",
)
CODES = (
    MISSING_IMAGE,
    REMOTE_IMAGE,
    IMAGE_OUTSIDE,
    IMAGE_TYPE,
    IMAGE_NAME,
    BROKEN_IMAGE,
    IMAGE_SIZE,
    IMAGE_ASKS,
)
