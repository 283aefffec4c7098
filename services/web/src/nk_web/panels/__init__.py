"""Panels: the parts that pages are made of. docs/dashboard.md says how to add one.

A panel is one entry of a page's list: a title, the questions to the query API, and a pure function that makes a
`Body` of the answers. Loading, waiting, failing, emptiness, gaps, the data table and the downloads are the same for
all of them and are written once, in `routes.py` and `templates/partials/panel.html`.
"""
