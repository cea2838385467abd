"""Three ways to explore, and what each costs."""

from rlviz.ui import lesson

page = lesson.page("bandits")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
