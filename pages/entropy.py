"""Reward and chance: what a bonus for entropy makes of the best policy."""

from rlviz.ui import lesson

page = lesson.page("entropy")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
