"""Runs: what a run is, what is said about it, and what makes it go."""
