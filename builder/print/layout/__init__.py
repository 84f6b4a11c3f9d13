"""Layout: columns, pages, contents, and the places of cards on a sheet."""
