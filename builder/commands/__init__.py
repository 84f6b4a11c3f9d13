"""The commands, a module each. Only they print, exit, or read the clock and the environment."""
