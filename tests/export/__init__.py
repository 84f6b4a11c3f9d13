"""What other programs get of a corpus."""
