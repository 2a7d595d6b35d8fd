"""The browser interface: page frame, navigation, one error boundary."""

import streamlit as st

from pages.components import frame, pictures, sidebar
from pages.components.boundary import boundary

st.set_page_config(page_title="FusionLens", page_icon=pictures.emblem(), layout="wide")
page = frame.navigation()

with boundary():
    sidebar.draw()
    page.run()
