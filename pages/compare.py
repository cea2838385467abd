"""Up to four runs, compared."""

from rlviz.ui import compare

page = compare.page()
page.head()
page.differences()
page.figure()
page.grids()
