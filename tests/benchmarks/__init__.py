"""Benchmarks: each prints one JSON line {name, value, unit, floor, ratio}."""
