"""Home: what this is, one run in motion, and the road ahead."""

import streamlit as st

from rlviz.ui import road

road.head()
stage, way = st.columns([19, 6])
with stage:
    road.in_motion()
with way:
    road.road()
road.texts()
road.in_stock()
