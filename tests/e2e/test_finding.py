"""Search, made-up people and changed lists in a real browser, on a small shop with two runs."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.workflows.execution import execute_run
from backend.workflows.importing import generate_demo
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import open_workspace
from db.repositories import Runs
from tests.e2e.install_browser import find_chromium

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
Page, Locator, expect = playwright.Page, playwright.Locator, playwright.expect

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finding")
    workspace = open_workspace(folder)
    shop = generate_demo(
        workspace, ShopConfig(items=60, users=40, interactions_per_user=8, seed=2), "shop"
    )
    plan = Plan(shop.id, ("ease", "fused"), fusions=("late",), settings={"epochs": 2})
    for run in prepare(workspace, plan):
        with workspace.database.write() as session:
            Runs(session).add(run)
        execute_run(workspace, run.id, lambda what, fraction: None)
    return folder


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    server = subprocess.Popen(
        [sys.executable, *command, "--server.port", str(port)],
        cwd=ROOT,
        env={**os.environ, "FUSIONLENS_HOME": str(home), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(30)


@pytest.fixture
def page(address: str) -> Iterator["Page"]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("No Chromium on this machine: run 'make browser' or set FUSIONLENS_CHROMIUM.")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(chromium), args=FLAGS)
        opened = browser.new_page(viewport={"width": 1440, "height": 1000})
        opened.set_default_timeout(60_000)
        for _ in range(120):
            try:
                opened.goto(address)
                break
            except playwright.Error:
                opened.wait_for_timeout(500)
        yield opened
        browser.close()


def _heading(page: "Page", text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text, timeout=60_000)


def _visible(what: "Locator") -> None:
    expect(what).to_be_visible(timeout=60_000)


@pytest.mark.browser
@pytest.mark.slow
def test_from_a_search_to_a_made_up_person_and_a_changed_list(page: "Page", address: str) -> None:
    # Words of the catalogue are one click away; what was found is on the cards and in the address.
    page.goto(f"{address}/search")
    _heading(page, "Find items by words")
    page.locator(".st-key-example_0 button").click()
    _heading(page, "Nearest to")
    assert "words=" in page.url
    _visible(page.get_by_text("Words find descriptions, not pictures yet."))

    # More like one, less like another; a reload shows the same.
    page.locator(".st-key-like_1 button").first.click()
    _visible(page.get_by_text("More like", exact=True))
    page.locator(".st-key-unlike_2 button").first.click()
    _visible(page.get_by_text("Less like", exact=True))
    page.reload()
    _heading(page, "and the chosen item")
    link = page.url
    page.goto(f"{link}&view=sides")
    _visible(page.get_by_text("All together"))
    page.goto(f"{link}&view=map")
    _visible(page.locator(".js-plotly-plot"))

    # Somebody who does not exist: two clicks, two models, what they agree on.
    page.goto(f"{address}/recommend?mode=like")
    page.locator(".st-key-choose_0 button").click()
    _heading(page, "1 choice")
    page.locator(".st-key-choose_1 button").click()
    _heading(page, "2 choices")
    _visible(page.get_by_text("Mostly").or_(page.get_by_text("First of all")).first)

    # A person's list, made more varied, with an item that is never shown again.
    page.goto(f"{address}/recommend?variety=0.8")
    _visible(page.get_by_text(re.compile("^Was [0-9]+$")).first)
    page.locator(".st-key-rule_0_0 button").first.click()
    page.get_by_role("button", name="Never show").click()
    expect(page).to_have_url(re.compile("exclude="), timeout=60_000)
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
