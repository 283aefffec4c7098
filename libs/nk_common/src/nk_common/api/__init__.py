"""Answers of the query API, shared with the web service that shows them."""
