"""`python -m builder` is `cardpress`."""

from builder.cli import main

if __name__ == "__main__":  # a build starts further interpreters, which read this again
    main(prog_name="cardpress")
