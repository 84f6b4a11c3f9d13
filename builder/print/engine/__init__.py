"""The engine: HTML to PDF. Only this package knows WeasyPrint; `choose` is the entry point."""
