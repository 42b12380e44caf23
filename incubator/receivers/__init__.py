"""Reactions to events."""
