"""The engine: HTML to PDF. All that knows WeasyPrint."""
