"""The report of an experiment: one click in a real browser, then opened without network."""

from pathlib import Path

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.workflows.experiment import ExperimentPlan, create
from backend.workflows.experimenting import execute_experiment
from backend.workflows.importing import generate_demo
from backend.workflows.workspace import open_workspace
from tests.e2e.conftest import FLAGS, MINUTE, Server

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")

QUICK = {"epochs": 1, "dim": 4, "id_dim": 4, "feature_dim": 8}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a finished experiment."""
    home = tmp_path_factory.mktemp("reported") / "workspace"
    workspace = open_workspace(home)
    shop = generate_demo(
        workspace, ShopConfig(items=60, users=40, interactions_per_user=10, seed=1), "Shop <one>"
    )
    plan = ExperimentPlan(
        shop.id, name="Worth *it*?", models=("fused:late",), seeds=2, settings=QUICK
    )
    execute_experiment(workspace, create(workspace, plan).id, lambda what, fraction: None)
    return home


@pytest.mark.browser
@pytest.mark.slow
def test_one_click_gives_a_file_that_says_the_same_without_network(
    home: Path, serve: Server, chromium: str, tmp_path: Path
) -> None:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        with serve(home) as address:
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.set_default_timeout(MINUTE)
            page.goto(f"{address}/experiment")
            with page.expect_download() as download:
                page.get_by_role("button", name="Report (one file)").click()
            path = tmp_path / download.value.suggested_filename
            download.value.save_as(path)
            heading = page.get_by_role("heading", level=1).inner_text()
            said = page.locator('[data-testid="stMain"]').inner_text()
        assert path.name == "worth-it.html"

        context = browser.new_context(offline=True)
        requests: list[str] = []
        problems: list[str] = []
        report = context.new_page()
        report.on("request", lambda request: requests.append(request.url))
        report.on("pageerror", lambda error: problems.append(str(error)))
        report.on("console", lambda line: problems.append(line.text))
        report.goto(path.as_uri())
        assert report.get_by_role("heading", level=1).inner_text() == heading
        for sentence in (report.locator(".rest"), report.locator(".lead")):
            assert " ".join(sentence.inner_text().split()) in said
        drawn = report.locator(".js-plotly-plot .main-svg")
        playwright.expect(drawn.first).to_be_visible()
        assert report.locator(".js-plotly-plot").count() >= 3
        assert all(url.startswith(("file:", "data:", "blob:")) for url in requests)
        assert problems == []
        browser.close()
