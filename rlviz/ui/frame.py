"""The frame around every page, run anew for each: Streamlit's entry script."""

import streamlit as st

from rlviz.ui import chrome

SIDEBAR = 272  # pixels; leaves the stage 1,000 of 1,280
# Drawn here: Streamlit would fetch a named icon or an emoji from another machine.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='3' fill='%230072b2'/%3E"
    "%3Cpath d='M3 12V7h6V3' fill='none' stroke='white' stroke-width='2'/%3E"
    "%3Ccircle cx='12' cy='3.6' r='2' fill='%23e69f00'/%3E%3C/svg%3E"
)

st.set_page_config(page_title="rlviz", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR)
there = chrome.pages()
page = st.navigation(list(there.values()), position="hidden")
chrome.styles()
chrome.sidebar(next(name for name, other in there.items() if other.url_path == page.url_path))
page.run()
