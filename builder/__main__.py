"""`python -m builder` is `cardpress`."""

import os
import sys

# Python puts the current folder first. It may be a stranger's, with its own click.py: it stays only if
# this program lies there. Without pathlib, since the stranger's folder could have one, too.
if sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(__file__)):  # noqa: PTH109, PTH120
    del sys.path[0]

from builder.cli import main

if __name__ == "__main__":  # a build starts other interpreters, which import this file
    main(prog_name="cardpress")
