"""Design: the style sheets, the fonts, and the HTML of cards and pages."""
