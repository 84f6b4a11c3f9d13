"""Layout: columns, pages, contents, and where cards stand on a sheet."""
