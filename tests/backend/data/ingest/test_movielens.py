"""The three layouts of GroupLens, down to their encodings."""

import zipfile
from pathlib import Path

import pytest

from backend.data.ingest import import_dataset

OLD = {
    "ml-100k/u.data": "196\t1\t3\t881250949\n186\t2\t3\t891717742\n196\t2\t1\t878887116\n",
    "ml-100k/u.item": (
        "1|Toy Story (1995)|01-Jan-1995||http://us.imdb.com/M/title-exact?Toy%20Story%20(1995)|"
        "0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
        "2|Misérables, Les (1995)|01-Jan-1995||http://us.imdb.com/|"
        "1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
    ).encode("latin-1"),
    "ml-100k/u.user": "1|24|M|technician|85711\n",
    "ml-100k/u.genre": "unknown|0\n",
    "ml-100k/README": "SUMMARY",
}
DAT = {
    "ml-1m/ratings.dat": "1::1::5::978300760\n2::2::3::978302109\n2::1::3::97830210\n2::1::3\n",
    "ml-1m/movies.dat": (
        "1::Toy Story (1995)::Animation|Children's|Comedy\n"
        '2::Misérables, Les: "A" film (1995)::Drama|Musical\n'
    ).encode("latin-1"),
    "ml-1m/users.dat": "1::F::1::10::48067\n",
}
CSV = {
    "ratings.csv": "userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,2,0.5,964981247\n",
    "movies.csv": (
        "movieId,title,genres\n"
        "1,Toy Story (1995),Adventure|Animation\n"
        '2,"Misérables, Les",(no genres listed)\n'
    ),
    "tags.csv": (
        "userId,movieId,tag,timestamp\n"
        "2,1,Pixar,1445714994\n3,1,fun,1445714996\n4,1,pixar,1445714992\n5,9,gone,1\n"
    ),
    "links.csv": "movieId,imdbId,tmdbId\n1,0114709,862\n",
}


def test_the_layout_of_100k(bring_in):
    imported = bring_in(OLD)
    items = imported.dataset.items
    assert items["title"].tolist() == ["Toy Story (1995)", "Misérables, Les (1995)"]
    assert items["category"].tolist() == ["Animation|Children|Comedy", ""]
    assert items["year"].tolist() == ["1995", "1995"]
    assert imported.dataset.user_ids.tolist() == ["196", "186"]
    assert imported.dataset.interactions["rating"].tolist() == [3, 3, 1]
    assert imported.validation.warnings == ()


def test_the_layout_of_1m(bring_in):
    imported = bring_in(DAT)
    assert imported.dataset.items["title"].tolist()[1] == 'Misérables, Les: "A" film (1995)'
    assert imported.dataset.items["category"].tolist()[0] == "Animation|Children's|Comedy"
    assert imported.dataset.interactions["timestamp"].tolist()[0] == 978300760
    assert [(p.file, p.row) for p in imported.validation.problems] == [("ratings.dat", 4)]
    assert imported.validation.warnings == ()


def test_the_layout_of_latest_with_posters_and_plots(bring_in, jpeg):
    extras = {"posters/2.jpg": jpeg, "plots.csv": "movieId,plot\n1,A cowboy doll is jealous.\n"}
    imported = bring_in(CSV | extras)
    items = imported.dataset.items
    assert items["text"].tolist() == ["A cowboy doll is jealous.", ""]
    assert items["category"].tolist() == ["Adventure|Animation", ""]
    assert items["tags"].tolist() == ["pixar|fun", ""]
    assert items["year"].tolist() == ["1995", ""]
    assert (items["image"] != "").tolist() == [False, True]
    assert imported.dataset.interactions["rating"].tolist() == [4, 0.5]
    assert imported.validation.problems == ()


@pytest.mark.parametrize("files", [OLD, DAT, CSV])
def test_a_zip_as_it_is_downloaded(tmp_path: Path, files):
    with zipfile.ZipFile(tmp_path / "ml.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    imported = import_dataset(tmp_path / "ml.zip", tmp_path / "datasets")
    assert imported.dataset.n_items == 2
    assert len(imported.validation.warnings) <= 1
