"""A report on paper, by a real browser where there is one."""

import shutil
from pathlib import Path

import pytest

from backend.errors import InvalidInput
from backend.report import printing
from backend.report.document import html_report
from backend.workflows.experiment_report import ReportContents


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(printing.browser() is None, reason="no Chromium or Chrome is installed")
def test_the_report_is_printed_with_its_figures(found: ReportContents) -> None:
    paper = printing.as_pdf(html_report(found))
    assert paper.startswith(b"%PDF-")
    assert paper.rstrip().endswith(b"%%EOF")
    assert len(paper) > 50_000


def test_without_a_browser_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InvalidInput, match="print it"):
        printing.as_pdf(b"<html></html>")


def test_a_browser_that_prints_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = tmp_path / "chromium"
    idle.write_text("#!/bin/sh\nexit 3\n")
    idle.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(idle))
    with pytest.raises(InvalidInput, match="'chromium' did not print"):
        printing.as_pdf(b"<html></html>")
