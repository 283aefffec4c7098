"""Charts: answer models in, plotly figures out. No HTTP, no clock, no files.

Colours are the names of CSS custom properties, `var(--name)`; the browser puts in the values of the theme
that is on (`static/js/charts.js`). Texts are formatted here, so that plotly needs no locale.
"""
