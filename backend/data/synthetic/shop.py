"""The generated shop as a folder in the plain import format, with its truth beside the data."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from backend.data.synthetic.catalogue import Catalogue, draw_catalogue, numbered
from backend.data.synthetic.choices import GROUP, choose
from backend.data.synthetic.config import ShopConfig
from backend.data.synthetic.pictures import draw_picture
from backend.data.synthetic.tastes import draw_tastes
from backend.data.synthetic.truth import Truth
from backend.data.synthetic.vocabulary import CATEGORIES, DEPARTMENTS, column
from backend.data.synthetic.wording import word_items
from backend.errors import InvalidInput
from backend.progress import Report, silent
from backend.schema import Col

PARQUET_ABOVE: Final = 200_000
"""Rows; a larger table is written as Parquet instead of CSV."""

ITEMS_AT_ONCE: Final = 20_000
GROUPS_AT_ONCE: Final = 200


def generate_shop(config: ShopConfig, folder: Path, report: Report = silent) -> None:
    """Write `items`, `interactions`, `images/`, `truth.npz` and `truth.json` to a new `folder`.

    Equal settings give equal bytes. The folder appears only when complete; InvalidInput if it
    exists and is not empty. `report` may raise Cancelled, which leaves nothing behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInput(f"'{folder}' exists already. Choose another place for the demo.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(config, unfinished, report)
        unfinished.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    report("Demo catalogue is ready", 1.0)


def _write(config: ShopConfig, folder: Path, report: Report) -> None:
    report("Inventing items and users", 0.0)
    catalogue = draw_catalogue(config)
    truth = Truth(config, catalogue, draw_tastes(config, catalogue, numbered("U", config.users)))
    _write_table(folder / "items", config.items, _item_tables(catalogue, config, report))
    _draw_pictures(catalogue, config, folder / "images", report)
    expected = config.users * config.interactions_per_user
    _write_table(folder / "interactions", expected, _choice_tables(truth, report))
    truth.save(folder)


def _write_table(stem: Path, rows: int, tables: Iterator[pd.DataFrame]) -> None:
    """CSV or Parquet by the expected number of rows; one table in memory at a time."""
    if rows <= PARQUET_ABOVE:
        with stem.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
            for place, table in enumerate(tables):
                table.to_csv(file, index=False, header=place == 0, lineterminator="\n")
        return
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            block = pa.Table.from_pandas(table, preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(stem.with_suffix(".parquet"), block.schema)
            writer.write_table(block)
    finally:
        if writer is not None:
            writer.close()


def _item_tables(
    catalogue: Catalogue, config: ShopConfig, report: Report
) -> Iterator[pd.DataFrame]:
    prices = _prices(catalogue, config.seed)
    for first in range(0, len(catalogue), ITEMS_AT_ONCE):
        report("Writing product texts", 0.05 + 0.1 * first / len(catalogue))
        rows = np.arange(first, min(first + ITEMS_AT_ONCE, len(catalogue)))
        wording = word_items(catalogue, rows, config.seed)
        images = [_image_name(catalogue, int(row)) for row in rows]
        yield pd.DataFrame(
            {
                Col.ITEM_ID: catalogue.item_ids[rows],
                Col.TITLE: [words.title for words in wording],
                Col.TEXT: [words.text for words in wording],
                Col.CATEGORY: [CATEGORIES[c].name for c in catalogue.category[rows]],
                Col.PRICE: prices[rows],
                Col.IMAGE: images,
                "department": [DEPARTMENTS[d] for d in catalogue.department[rows]],
            }
        )


def _prices(catalogue: Catalogue, seed: int) -> NDArray[np.float64]:
    """Around the price of the category, to the next .95; silk, leather and wool cost more."""
    rng = np.random.default_rng([seed, 5])
    usual = np.array([category.price for category in CATEGORIES])[catalogue.category]
    cloth = np.array([0.9, 1.05, 1.25, 1.5, 1.6, 1.2, 1.0, 1.15])
    factor = cloth[catalogue.codes[:, column("material")]]
    spread = np.exp(0.25 * rng.standard_normal(len(catalogue)))
    return np.asarray(np.ceil(usual * factor * spread) - 0.05)


def _image_name(catalogue: Catalogue, row: int) -> str:
    return f"images/{catalogue.item_ids[row]}.jpg" if catalogue.present[row, 0] else ""


def _draw_pictures(catalogue: Catalogue, config: ShopConfig, folder: Path, report: Report) -> None:
    rows = np.flatnonzero(catalogue.present[:, 0])
    if len(rows) == 0:
        return
    folder.mkdir()
    for done, row in enumerate(rows):
        if done % 50 == 0:
            report(f"Drawing picture {done + 1} of {len(rows)}", 0.15 + 0.6 * done / len(rows))
        picture = draw_picture(catalogue, int(row), config.seed)
        picture.save(folder / f"{catalogue.item_ids[row]}.jpg", quality=88, subsampling=0)


def _choice_tables(truth: Truth, report: Report) -> Iterator[pd.DataFrame]:
    groups = -(-len(truth.user_ids) // GROUP)
    waiting: list[pd.DataFrame] = []
    for done, choices in enumerate(choose(truth), start=1):
        waiting.append(choices.table(truth))
        if done % GROUPS_AT_ONCE == 0 or done == groups:
            report("Letting users choose", 0.75 + 0.24 * done / groups)
            yield pd.concat(waiting, ignore_index=True)
            waiting = []
