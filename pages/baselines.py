"""What is taken from every return: the trial of a baseline, and learning with and without."""

from rlviz.ui import lesson

page = lesson.page("baselines")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
