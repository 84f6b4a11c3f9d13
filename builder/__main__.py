"""`python -m builder` is `cardpress`."""

import os
import sys

# Python puts the current folder first. It may be a stranger's, with a click.py of its own: it stays only
# where this program itself lies there. Without pathlib, which could be the stranger's, too.
if sys.path[0] == os.getcwd() != os.path.dirname(os.path.dirname(__file__)):  # noqa: PTH109, PTH120
    del sys.path[0]

from builder.cli import main

if __name__ == "__main__":  # a build starts further interpreters, which read this again
    main(prog_name="cardpress")
