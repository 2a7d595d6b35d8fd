"""One walk through the product in a real browser: upload, train, compare, recommend, explain.

Server and worker are real, the workspace is new, the catalogue small. Nothing is faked.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.data.synthetic.generate import generate
from backend.data.synthetic.scenarios.shop.config import ShopConfig
from tests.e2e.conftest import FLAGS, MINUTE, Server

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
Page, BrowserContext, expect = playwright.Page, playwright.BrowserContext, playwright.expect


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve: Server) -> Iterator[str]:
    """Web server and worker on a new workspace, as `make run` starts them."""
    with serve(tmp_path_factory.mktemp("journey") / "workspace") as address:
        yield address


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ZIP of a small shop; one interaction names an item that does not exist."""
    folder = tmp_path_factory.mktemp("upload") / "shop"
    generate(ShopConfig(items=40, users=30, interactions_per_user=9, seed=3), folder)
    for table in folder.glob("interactions.csv"):
        with table.open("a", encoding="utf-8") as file:
            columns = table.read_text("utf-8").split("\n", 1)[0].count(",")
            file.write("U0001,NOSUCHITEM" + "," * (columns - 1) + "\n")
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


@pytest.fixture(scope="module")
def contexts(chromium: str) -> Iterator["Contexts"]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        yield Contexts(browser)
        browser.close()


class Contexts:
    """Browser windows that note every request to another machine."""

    def __init__(self, browser: object) -> None:
        self.browser = browser
        self.strangers: list[str] = []

    def open(self) -> "BrowserContext":
        context = self.browser.new_context(viewport={"width": 1440, "height": 1000})  # type: ignore[attr-defined]
        context.set_default_timeout(MINUTE)
        context.on("request", lambda request: self._note(request.url))
        return context

    def _note(self, url: str) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", url):
            self.strangers.append(url)


def _heading(page: "Page", text: str | re.Pattern[str], timeout: int = MINUTE) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(text, timeout=timeout)


@pytest.mark.browser
@pytest.mark.slow
def test_from_an_upload_to_an_explained_recommendation(
    address: str, upload: Path, contexts: Contexts
) -> None:
    context = contexts.open()
    page = context.new_page()
    page.goto(address)

    # A newcomer is told what this is and has one thing to do.
    _heading(page, "Find out what pictures and words add")
    expect(page.get_by_role("button", name="Prepare the demo")).to_be_visible()
    page.get_by_role("button", name="Import your own data").click()

    # Upload: the job runs in the worker, its progress and its end are seen here.
    page.locator('input[type="file"]').first.set_input_files(str(upload))
    page.get_by_label("Name of the data set").fill("Tiny *shop*")
    expect(page.get_by_text("shop.zip")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("button", name="Look at it").click(timeout=2 * MINUTE)
    _heading(page, "40 items, 30 people")
    expect(page.get_by_text("1 to 40 of 40 items")).to_be_visible()
    assert "dataset=" in page.url

    # What was refused is told with its reason.
    page.get_by_role("radio", name="Import").or_(
        page.get_by_role("button", name="Import", exact=True)
    ).first.click()
    expect(page.get_by_text("rows refused: 1")).to_be_visible()

    # Train two models; the browser is closed meanwhile.
    page.get_by_role("link", name="Train").first.click()
    _heading(page, "Nothing was trained on these data yet")
    train = page.url
    page.goto(f"{train}&models=ease,fused&fusions=late")
    expect(page.get_by_role("button", name="Start 2 runs")).to_be_visible()
    page.get_by_text("Expert settings").click()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("3")
    epochs.press("Enter")
    expect(page.get_by_text("Changed: Epochs")).to_be_visible()
    page.get_by_role("button", name="Start 2 runs").click()
    _heading(page, re.compile("under way|finished"))
    context.close()

    context = contexts.open()
    page = context.new_page()
    page.goto(train)
    _heading(page, "2 runs finished", timeout=2 * MINUTE)

    # Compare: the finding first, the leaderboard, one of the views.
    page.get_by_role("link", name="Compare the finished runs").click()
    _heading(page, "leads on NDCG@20")
    expect(page.get_by_text("NDCG@20 with 95 % intervals")).to_be_visible()
    page.get_by_text("For whom").click()
    expect(page.get_by_text("For whom each run works")).to_be_visible()
    assert "view=For" in page.url

    # Recommend: cards with their reasons.
    page.get_by_role("button", name="See what the leader recommends").click()
    expect(page.get_by_role("link", name="Why?").first).to_be_visible()
    expect(page.get_by_role("link", name="Why?")).to_have_count(12)
    expect(page.locator("img[alt*='Clicks ']")).to_have_count(12)
    page.get_by_role("link", name="Why?").first.click()

    # Explain: the link carries everything, so that a reload shows the same.
    expect(page.get_by_text("From the baseline to the score")).to_be_visible()
    first = page.get_by_role("heading", level=1).inner_text()
    assert {"dataset", "run", "user", "item"} <= set(re.findall(r"[?&](\w+)=", page.url))
    page.reload()
    expect(page.get_by_text("From the baseline to the score")).to_be_visible()
    _heading(page, first)

    # Back leads to the list again, and the keyboard reaches the navigation.
    page.go_back()
    expect(page.get_by_role("link", name="Why?")).to_have_count(12)
    page.get_by_role("link", name="Overview").focus()
    page.keyboard.press("Enter")
    _heading(page, "leads on NDCG@20")

    # A name with markup is shown as it was typed; nothing was fetched from another machine.
    expect(page.get_by_text("Tiny *shop*").first).to_be_visible()
    expect(page.locator('[data-testid="stException"]')).to_have_count(0)
    context.close()
    assert contexts.strangers == []
