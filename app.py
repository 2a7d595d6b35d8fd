"""The browser interface: page frame, navigation, one error boundary."""

import streamlit as st

from pages.components import pictures, sidebar, state
from pages.components.boundary import boundary

st.set_page_config(page_title="FusionLens", page_icon=pictures.emblem(), layout="wide")

page = st.navigation(
    [
        st.Page(state.PAGES[name], title=title, icon=icon, default=name == "overview")
        for name, (title, icon) in sidebar.TITLES.items()
    ],
    # Links of our own keep data set, run and person in the URL; the built-in ones drop them.
    position="hidden",
)

with boundary():
    sidebar.draw()
    page.run()
