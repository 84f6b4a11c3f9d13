"""The engine: HTML to PDF. All that knows WeasyPrint; `choose` is where to begin."""
