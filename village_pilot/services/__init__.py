"""Writes: one function per use case."""
