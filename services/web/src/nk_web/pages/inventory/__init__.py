"""Inventory (`/inventory`): four pages under one title."""
