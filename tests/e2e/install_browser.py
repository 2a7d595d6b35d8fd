"""Make sure that a Chromium is there for the browser tests, or say what to do."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Path of a Chromium on this machine: FUSIONLENS_CHROMIUM, the PATH, or Playwright's own."""
    chosen = os.environ.get("FUSIONLENS_CHROMIUM")
    if chosen:
        return chosen
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
        return path if os.path.exists(path) else None


def main() -> int:
    """Find a browser, else install one: as root on Debian by apt-get, elsewhere by Playwright."""
    if find_chromium():
        return 0
    attempts = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        attempts += [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    attempts.append([sys.executable, "-m", "playwright", "install", "chromium"])
    for command in attempts:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, timeout=600)
        if find_chromium():
            return 0
    sys.stderr.write(
        "No Chromium for the browser tests, which will be skipped. "
        "Install the package 'chromium' or set FUSIONLENS_CHROMIUM.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
