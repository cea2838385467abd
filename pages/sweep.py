"""One or two knobs at many values, and what comes of each."""

from rlviz.ui import sweep

page = sweep.page()
page.head()
page.form()
page.found()
