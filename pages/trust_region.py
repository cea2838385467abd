"""How far a step may go, for the parameters and for the policy."""

from rlviz.ui import lesson

page = lesson.page("trust_region")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
