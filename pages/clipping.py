"""PPO: what the clip silences, and what it leaves alive."""

from rlviz.ui import lesson

page = lesson.page("clipping")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
