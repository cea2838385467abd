"""Worlds, one file each: TITLE, SUMMARY, Config, MAP and `make(config)`; each has a time limit."""
