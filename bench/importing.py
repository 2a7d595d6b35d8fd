"""Time and memory of importing a large table of interactions through the command line.

    python -m bench.importing [--rows 10000000] [--users 1000000] [--items 200000] [--bytes 0]

Writes interactions.csv of so many rows (or so many bytes, where --bytes is given) with the four
columns user_id, item_id, rating, timestamp; every thousandth row is broken. Items are drawn with
weights 1/rank, users evenly. Then `import` runs in a process of its own, whose seconds and peak
resident memory are printed.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

_BLOCK: Final = 500_000
_BROKEN_EVERY: Final = 1_000


def main() -> None:
    """Write, import, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--bytes", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "source"
        folder.mkdir()
        rows = write(folder / "interactions.csv", given.rows, given.users, given.items, given.bytes)
        size = (folder / "interactions.csv").stat().st_size
        print(
            f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
            f"{rows:,} rows, {size / 1e9:.2f} GB",
            flush=True,
        )
        print(run(folder, Path(scratch) / "home"))


def write(path: Path, rows: int, users: int, items: int, size: int) -> int:
    """The number of rows written: `rows`, or as many as make `size` bytes."""
    draw = np.random.default_rng(0)
    weights = 1 / np.arange(1, items + 1)
    bounds = np.cumsum(weights / weights.sum())
    written = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("user_id,item_id,rating,timestamp\n")
        while file.tell() < size if size else written < rows:
            count = _BLOCK if size else min(_BLOCK, rows - written)
            who = draw.integers(0, users, count)
            what = np.searchsorted(bounds, draw.random(count))
            stars = draw.integers(1, 6, count).astype(str)
            stars[::_BROKEN_EVERY] = "many stars"
            when = 1_600_000_000 + draw.integers(0, 10**8, count)
            file.writelines(
                f"u{u},i{min(i, items - 1)},{s},{t}\n"
                for u, i, s, t in zip(who, what, stars, when, strict=True)
            )
            written += count
    return written


def run(folder: Path, home: Path) -> str:
    """What the import made, in how many seconds, with how much memory."""
    command = [sys.executable, "-m", "backend", "import", str(folder), "--name", "large", "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        [*command, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    made = json.loads(done.stdout)
    return (
        f"{made['interactions']:,} interactions of {made['users']:,} users and {made['items']:,} "
        f"items, {made['rejected']:,} rows rejected, in {seconds:.0f} s, peak {peak:.2f} GiB"
    )


if __name__ == "__main__":
    main()
