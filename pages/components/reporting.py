"""Take an experiment along: one file for people without FusionLens, and its tables."""

import streamlit as st

from backend.report import printing
from backend.report.document import html_report
from backend.report.export import archive, file_stem
from backend.workflows.experiment_report import contents
from backend.workflows.experiment_view import ExperimentView
from backend.workflows.workspace import open_workspace


def offer(found: ExperimentView) -> None:
    """The report as one HTML file, and a ZIP with the same file and all tables."""
    workspace, stem = open_workspace(), file_stem(found.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "Report (one file)",
            lambda: html_report(contents(workspace, found.id)),
            file_name=f"{stem}.html",
            mime="text/html",
            key="exp_report",
            on_click="ignore",
            type="primary",
            icon=":material/description:",
            help="Verdict, figures, protocol, limits and the commands to repeat it. Opens in any "
            "browser without network; printing it gives a PDF.",
        )
        if printing.browser():
            st.download_button(
                "On paper (PDF)",
                lambda: printing.as_pdf(html_report(contents(workspace, found.id))),
                file_name=f"{stem}.pdf",
                mime="application/pdf",
                key="exp_report_pdf",
                on_click="ignore",
                icon=":material/picture_as_pdf:",
                help="The same report printed to A4; takes some seconds.",
            )
        st.download_button(
            "With tables (ZIP)",
            lambda: archive(contents(workspace, found.id)),
            file_name=f"{stem}.zip",
            mime="application/zip",
            key="exp_report_zip",
            on_click="ignore",
            icon=":material/folder_zip:",
            help="The report, and every table as CSV, Parquet and LaTeX.",
        )
