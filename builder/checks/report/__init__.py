"""Reports of findings: for a terminal, and for programs."""
