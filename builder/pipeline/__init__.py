"""From a corpus to its outputs: compiled once, then all of them made, or none."""
