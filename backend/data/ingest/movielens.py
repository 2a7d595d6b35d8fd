"""GroupLens's MovieLens in its three layouts, with posters and plots where somebody added them."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from backend.data.archive import PICTURE_SUFFIXES, SourceFiles
from backend.data.ingest._base import IMPORT_FORMATS, ImportFormat, RawTable, RawTables
from backend.data.ingest._delimited import Layout
from backend.data.ingest._tables import read_table, require
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col
from models.config import Config

_RATING_COLUMNS: Final = (Col.USER_ID, Col.ITEM_ID, Col.RATING, Col.TIMESTAMP)
_GENRES: Final = (
    "unknown", "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip
_NO_GENRE: Final = ("unknown", "(no genres listed)")
_OLD_ITEM: Final = ("item_id", "title", "released", "on_video", "address", *_GENRES)
_CSV: Final = Layout(",")
_DOTS: Final = "::"
_TAGS_KEPT: Final = 20
_YEAR: Final = "year"
_TAGS: Final = "tags"


@dataclass(frozen=True)
class _Edition:
    """The names of the files and how they are written."""

    ratings: str
    rating_layout: Layout
    movies: str
    movie_layout: Layout
    tags: str
    tag_layout: Layout


_EDITIONS: Final = (
    _Edition("ratings.csv", _CSV, "movies.csv", _CSV, "tags.csv", _CSV),
    _Edition(
        "ratings.dat",
        Layout(_DOTS, _RATING_COLUMNS, quoted=False, legacy=True),
        "movies.dat",
        Layout(_DOTS, ("item_id", "title", "genres"), quoted=False, legacy=True),
        "tags.dat",
        Layout(_DOTS, ("user_id", "item_id", "tag", "timestamp"), quoted=False, legacy=True),
    ),
    _Edition(
        "u.data",
        Layout("\t", _RATING_COLUMNS, quoted=False, legacy=True),
        "u.item",
        Layout("|", _OLD_ITEM, quoted=False, legacy=True),
        "",
        _CSV,
    ),
)
_NAMES: Final = {"userId": Col.USER_ID, "movieId": Col.ITEM_ID}
_PLOTS: Final = ("plot", "overview", "text", "summary", "description")


@IMPORT_FORMATS.register(
    "movielens",
    config=Config,
    title="MovieLens",
    summary="100K (u.data), 1M and 10M (ratings.dat), latest, 20M, 25M and 32M (ratings.csv).",
)
class MovieLensFormat(ImportFormat):
    """`posters/<movieId>.jpg` and `plots.csv` (`movieId,plot`) beside the files come along."""

    def recognises(self, source: SourceFiles) -> bool:
        return _edition(source) is not None

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        edition = _edition(source)
        if edition is None:
            raise InvalidInput(
                "There are no ratings and movies (u.data and u.item, ratings.dat and movies.dat, "
                f"or ratings.csv and movies.csv); found: {source.listing()}."
            )
        ratings = _renamed(_table(source, edition.ratings, log, edition.rating_layout))
        require(ratings, Col.USER_ID, Col.ITEM_ID)
        kept = {str(column): str(column) for column in _RATING_COLUMNS}
        return RawTables(_movies(source, edition, log), ratings.renamed(kept))


def _edition(source: SourceFiles) -> _Edition | None:
    both = (e for e in _EDITIONS if source.find(e.ratings) and source.find(e.movies))
    return next(both, None)


def _table(source: SourceFiles, pattern: str, log: ProblemLog, layout: Layout) -> RawTable:
    name = source.find(pattern)
    assert name is not None
    return read_table(source, name, log, layout)


def _renamed(table: RawTable) -> RawTable:
    return table.renamed({column: _NAMES.get(column, column) for column in table.columns})


def _movies(source: SourceFiles, edition: _Edition, log: ProblemLog) -> RawTable:
    movies = _renamed(_table(source, edition.movies, log, edition.movie_layout))
    require(movies, Col.ITEM_ID)
    tags = _tags(source, edition, log)
    plots = _plots(source, log)
    posters = source.by_stem(PICTURE_SUFFIXES, "*poster*") | source.by_stem(
        PICTURE_SUFFIXES, "images"
    )

    def described(frame: pd.DataFrame) -> pd.DataFrame:
        ids = frame[Col.ITEM_ID].str.strip()
        found = pd.DataFrame(
            {
                Col.ITEM_ID: ids,
                Col.TITLE: frame.get("title", ""),
                Col.CATEGORY: _genres(frame),
                _YEAR: _years(frame),
                Col.IMAGE: ids.map(posters).fillna(""),
            }
        )
        if plots is not None:
            found[Col.TEXT] = ids.map(plots).fillna("")
        if tags is not None:
            found[_TAGS] = ids.map(tags).fillna("")
        return found

    columns = [Col.ITEM_ID, Col.TITLE, Col.CATEGORY, _YEAR, Col.IMAGE]
    columns += [Col.TEXT] if plots is not None else []
    return movies.changed((*map(str, columns), *([_TAGS] if tags is not None else [])), described)


def _genres(frame: pd.DataFrame) -> "pd.Series[str]":
    """Joined by bars; the oldest layout has a column of 0 and 1 per genre."""
    if "genres" in frame.columns:
        return frame["genres"].str.strip().replace(dict.fromkeys(_NO_GENRE, ""))
    joined = pd.Series("", index=frame.index, dtype=str)
    for genre in _GENRES:
        if genre in frame.columns and genre not in _NO_GENRE:
            joined += (frame[genre].str.strip() == "1").map({True: f"|{genre}", False: ""})
    return joined.str.removeprefix("|")


def _years(frame: pd.DataFrame) -> "pd.Series[str]":
    """The year of release, which stands at the end of a title."""
    if "title" not in frame.columns:
        return pd.Series("", index=frame.index, dtype=str)
    return frame["title"].str.extract(r"\((\d{4})\)\s*$", expand=False).fillna("")


def _tags(source: SourceFiles, edition: _Edition, log: ProblemLog) -> "pd.Series[str] | None":
    """By movie: what users called it, most frequent first, at most 20."""
    name = source.find(edition.tags) if edition.tags else None
    if name is None:
        return None
    frame = _renamed(read_table(source, name, log, edition.tag_layout)).whole().frame
    if not {Col.ITEM_ID, "tag"} <= set(frame.columns):
        log.warn(f"'{name}' has no columns movieId and tag; it is not used.")
        return None
    said = pd.DataFrame(
        {"item": frame[Col.ITEM_ID].str.strip(), "tag": frame["tag"].str.strip().str.lower()}
    )
    counts = said[said["tag"] != ""].groupby(["item", "tag"], sort=True).size()
    ranked = counts.sort_values(ascending=False, kind="stable").reset_index()
    best = ranked.groupby("item", sort=False).head(_TAGS_KEPT)
    return best.groupby("item", sort=False)["tag"].agg("|".join)


def _plots(source: SourceFiles, log: ProblemLog) -> "pd.Series[str] | None":
    name = source.find("plots.csv", "plots.tsv", "plots.parquet")
    if name is None:
        return None
    frame = _renamed(read_table(source, name, log)).whole().frame
    column = next((column for column in _PLOTS if column in frame.columns), None)
    if Col.ITEM_ID not in frame.columns or column is None:
        log.warn(f"'{name}' has no columns movieId and plot; it is not used.")
        return None
    return frame.drop_duplicates(Col.ITEM_ID).set_index(Col.ITEM_ID)[column]
