"""How a corpus leaves for other programs: one module for each form, all made of what a package brings."""
