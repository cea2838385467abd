"""The runs of this browser."""

from rlviz.ui import runs

page = runs.page()
page.head()
page.bring()
page.runs()
