"""From a corpus to its outputs: it is compiled once, then all outputs are made, or none."""
