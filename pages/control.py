"""Control: the family of temporal differences."""

from rlviz.ui import lesson

page = lesson.page("control")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
