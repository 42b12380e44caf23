"""Reads: what other apps may see of this one."""
