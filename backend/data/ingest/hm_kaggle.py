"""The files of Kaggle's H&M competition."""

from typing import Final

from backend.data.archive import PICTURE_SUFFIXES, SourceFiles
from backend.data.ingest._base import IMPORT_FORMATS, ImportFormat, RawTable, RawTables
from backend.data.ingest._tables import read_table, require
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col
from models.config import Config

_INTERACTIONS: Final = {
    "customer_id": Col.USER_ID,
    "article_id": Col.ITEM_ID,
    "t_dat": Col.TIMESTAMP,
}
_ITEMS: Final = {
    "article_id": Col.ITEM_ID,
    "prod_name": Col.TITLE,
    "detail_desc": Col.TEXT,
    "product_type_name": Col.CATEGORY,
    "product_group_name": "product_group",
    "graphical_appearance_name": "appearance",
    "colour_group_name": "colour",
    "department_name": "department",
    "index_name": "index",
    "index_group_name": "index_group",
    "section_name": "section",
    "garment_group_name": "garment_group",
}


@IMPORT_FORMATS.register(
    "hm_kaggle",
    config=Config,
    title="H&M (Kaggle)",
    summary="transactions_train.csv, articles.csv and images/011/0111565001.jpg.",
)
class HMKaggleFormat(ImportFormat):
    """Prices of the transactions are scaled and change, so they are not those of the articles."""

    def recognises(self, source: SourceFiles) -> bool:
        return source.find("transactions_train.*") is not None

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        name = source.find("transactions_train.csv", "transactions_train.parquet")
        if name is None:
            raise InvalidInput(f"There is no transactions_train.csv; found: {source.listing()}.")
        interactions = read_table(source, name, log)
        require(interactions, *_INTERACTIONS)
        return RawTables(_articles(source, log), interactions.renamed(_INTERACTIONS))


def _articles(source: SourceFiles, log: ProblemLog) -> RawTable | None:
    name = source.find("articles.csv", "articles.parquet")
    if name is None:
        log.warn("There is no articles.csv, so items are known by their identifier only.")
        return None
    table = read_table(source, name, log)
    require(table, "article_id")
    found = table.renamed({column: str(role) for column, role in _ITEMS.items()})
    pictures = source.by_stem(PICTURE_SUFFIXES)
    return found.changed(
        (*found.columns, Col.IMAGE),
        lambda frame: frame.assign(image=frame[Col.ITEM_ID].map(pictures).fillna("")),
    )
