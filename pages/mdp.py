"""What a return is, and what a value is."""

from rlviz.ui import lesson

page = lesson.page("mdp")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
