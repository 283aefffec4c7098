"""Dimensions, built whole. Each holds one labelled unknown member."""
