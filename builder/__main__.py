"""`python -m builder` is `cardpress`."""

from builder.cli import main

main(prog_name="cardpress")
