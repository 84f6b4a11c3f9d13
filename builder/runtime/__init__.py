"""How the program runs: its cache, records as text, files replaced whole, worker processes."""
