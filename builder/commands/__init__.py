"""The commands, one module each. Only they print, exit, or read the clock and the environment."""
