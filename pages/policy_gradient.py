"""The exact policy gradient, its estimates, and what they leave out."""

from rlviz.ui import lesson

page = lesson.page("policy_gradient")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
