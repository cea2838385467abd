"""Solving a known world, sweep by sweep."""

from rlviz.ui import lesson

page = lesson.page("planning")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
