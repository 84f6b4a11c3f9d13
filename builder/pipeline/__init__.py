"""From a corpus to its outputs: compiles it once, then makes all outputs or none."""
