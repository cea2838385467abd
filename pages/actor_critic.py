"""A critic beside the policy, and how far to trust it."""

from rlviz.ui import lesson

page = lesson.page("actor_critic")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
