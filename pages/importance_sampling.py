"""Data of another policy: what weights mend, and what they cost."""

from rlviz.ui import lesson

page = lesson.page("importance_sampling")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
