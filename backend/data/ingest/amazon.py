"""Amazon reviews and metadata of 2014, 2018 and 2023: one object per line."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from backend.data.archive import SourceFiles
from backend.data.ingest._base import IMPORT_FORMATS, ImportFormat, RawTable, RawTables
from backend.data.ingest._blocks import first_line
from backend.data.ingest._jsonlines import Record, first_record, read_json_lines
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col
from models.config import Config

_REVIEW_COLUMNS: Final = (Col.USER_ID, Col.ITEM_ID, Col.RATING, Col.TIMESTAMP, Col.REVIEW)
_ITEM_COLUMNS: Final = (
    Col.ITEM_ID,
    Col.TITLE,
    Col.TEXT,
    Col.CATEGORY,
    Col.PRICE,
    Col.IMAGE,
    "brand",
    "main_category",
)
_AMOUNT: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")
_PICTURE_KEYS: Final = ("hi_res", "large", "thumb")


@IMPORT_FORMATS.register(
    "amazon",
    config=Config,
    title="Amazon reviews",
    summary="Reviews and meta_… of 2014, 2018 or 2023 as .json or .jsonl, also .gz.",
)
class AmazonFormat(ImportFormat):
    """A product is its `parent_asin` where there is one; reviews come along as text."""

    def recognises(self, source: SourceFiles) -> bool:
        return bool(_files(source)[0])

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        reviews, metadata = _files(source)
        if not reviews:
            raise InvalidInput(
                "There is no file of reviews with reviewerID, asin and overall, or user_id, "
                f"parent_asin and rating; found: {source.listing()}."
            )
        if len(reviews) > 1 or len(metadata) > 1:
            raise InvalidInput(
                f"There are several categories: {', '.join([*reviews, *metadata][:6])}. Import "
                "one at a time: its reviews and its metadata."
            )
        if not metadata:
            log.warn("There is no metadata, so items are known by their identifier only.")
        return RawTables(
            _read(source, metadata[0], log, _ITEM_COLUMNS, _item) if metadata else None,
            _read(source, reviews[0], log, _REVIEW_COLUMNS, _review),
        )


def _read(
    source: SourceFiles,
    name: str,
    log: ProblemLog,
    columns: Iterable[str],
    fields: Callable[[Record], tuple[str, ...]],
) -> RawTable:
    return read_json_lines(source, name, log, tuple(map(str, columns)), fields)


def _files(source: SourceFiles) -> tuple[list[str], list[str]]:
    """(reviews, metadata) by what their first lines hold."""
    reviews, metadata = [], []
    for name in sorted(source.files):
        if name.lower().endswith((".json", ".jsonl")):
            keys = first_record(first_line(source, name)).keys()
            if {"asin", "parent_asin"} & keys:
                if {"reviewerID", "overall"} <= keys or {"user_id", "rating"} <= keys:
                    reviews.append(name)
                elif {"reviewerID", "user_id"}.isdisjoint(keys):
                    metadata.append(name)
    return reviews, metadata


def _review(record: Record) -> tuple[str, ...]:
    headline = _text(record.get("summary") or record.get("title"))
    body = _text(record.get("reviewText") or record.get("text"))
    return (
        _text(record.get("reviewerID") or record.get("user_id")),
        _asin(record),
        _text(record.get("overall", record.get("rating"))),
        _text(record.get("unixReviewTime", record.get("timestamp"))),
        "\n".join(part for part in (headline, body) if part),
    )


def _item(record: Record) -> tuple[str, ...]:
    return (
        _asin(record),
        _text(record.get("title")),
        _paragraphs(record.get("description"), record.get("features", record.get("feature"))),
        _bars(record.get("categories") or record.get("category")),
        _price(record.get("price")),
        _picture(record),
        _text(record.get("brand") or record.get("store")),
        _text(record.get("main_category") or record.get("main_cat")),
    )


def _asin(record: Record) -> str:
    return _text(record.get("parent_asin") or record.get("asin"))


def _text(value: object) -> str:
    """A number or a text; anything else, a list or a missing value, is empty."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else ""


def _parts(value: object) -> list[str]:
    """The texts within lists within lists, in order."""
    if isinstance(value, list | tuple):
        return [text for part in value for text in _parts(part)]
    return [text] if (text := _text(value).strip()) else []


def _paragraphs(*values: object) -> str:
    return "\n".join(text for value in values for text in _parts(value))


def _bars(value: object) -> str:
    """The path of a category from the top, each step once."""
    return "|".join(dict.fromkeys(text.replace("|", "/") for text in _parts(value)))


def _price(value: object) -> str:
    """The first amount: "$1,234.50 - $2,000.00" and "from 1234.5" are 1234.50."""
    found = _AMOUNT.search(_text(value))
    return found.group().replace(",", "") if found else ""


def _picture(record: Record) -> str:
    """The address of the first picture, the largest of it."""
    for key in ("imageURLHighRes", "imageURL", "imUrl"):
        if addresses := _parts(record.get(key)):
            return addresses[0]
    images = record.get("images")
    if isinstance(images, Mapping):  # columns of one table each, as Parquet exports have them
        images = [{key: (_parts(value) or [""])[0] for key, value in images.items()}]
    for image in images if isinstance(images, list) else []:
        if isinstance(image, Mapping):
            for key in _PICTURE_KEYS:
                if address := _text(image.get(key)):
                    return address
    return ""
