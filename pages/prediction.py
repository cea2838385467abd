"""Monte Carlo, temporal difference, and all that lies between them."""

from rlviz.ui import lesson

page = lesson.page("prediction")
page.header()
page.board()
page.trays()
page.texts()
page.transport()
