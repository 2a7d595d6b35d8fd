import re

from backend.figures import theme, wording
from backend.report.document import html_report, pictures
from backend.report.tables import tables
from backend.workflows.experiment_report import ReportContents
from tests.backend.report.conftest import NAME


def _text(found: ReportContents) -> str:
    """The document without Plotly's own script."""
    page = html_report(found).decode()
    head, rest = page.split("<script>", 1)
    return head + rest.split("</script>", 1)[1]


def test_the_answer_stands_first_and_is_the_one_of_the_page(found: ReportContents) -> None:
    text = _text(found)
    first, rest = wording.headline(found.view.verdict.sentence)  # type: ignore[union-attr]
    assert f"<h1>{first}</h1>" in text
    assert rest in text
    order = [text.index(f'id="{name}"') for name in ("verdict", "question", "data", "protocol")]
    assert order == sorted(order)
    assert text.index('id="result"') < text.index('id="limits"') < text.index('id="repeat"')


def test_nothing_is_fetched_and_the_script_is_there_once(found: ReportContents) -> None:
    text = _text(found)
    assert not re.search(r"<(link|img|iframe|script)[^>]*(src|href)=", text)
    assert "default-src 'none'" in text
    assert html_report(found).count(b"plotly.js v") == 1


def test_names_from_data_are_text(found: ReportContents) -> None:
    text = _text(found)
    assert NAME not in text
    assert "Shop &lt;one&gt; &amp; 100 %" in text


def test_every_picture_has_axis_titles_and_an_explanation(found: ReportContents) -> None:
    shown = pictures(found)
    assert len(shown) >= 3
    for picture in shown:
        assert picture.title
        assert len(picture.explanation.split(". ")[0]) > 20
        axes = picture.figure.layout
        assert axes.xaxis.title.text or axes.polar.radialaxis.title is not None


def test_figures_say_the_numbers_of_the_tables(found: ReportContents) -> None:
    shown = {picture.title: picture.figure for picture in pictures(found)}
    words = next(t.words for t in tables(found) if t.name == "metrics").set_index("Strategy")
    names: list[str] = []
    rows = sorted(found.measures.rows, key=lambda r: -r.values[found.view.metric].mean)
    labels = [row.label for row in rows]
    whole = dict(zip(theme.distinct(labels, 26), labels, strict=True))
    for heat in shown["Every metric (a stronger colour is better within a column)"].data:
        names += heat.customdata[0]
        for label, titles, cells in zip(heat.y, heat.customdata, heat.text, strict=True):
            said = [cell or wording.NOT_SHOWN for cell in cells]
            assert said == [words.loc[whole[label], title] for title in titles]
    assert names == list(words.columns)
    radar = shown["Strengths at a glance (outside is best of these runs)"].data
    assert {line.name for line in radar} <= set(theme.distinct(labels))
    assert len(radar) == 4


def test_the_commands_make_the_data_and_the_experiment_again(found: ReportContents) -> None:
    source, again, report = found.commands
    assert source.startswith("python -m backend demo --scenario shop --name 'Shop <one> & 100 %'")
    assert "--set items=60" in source
    assert "--seeds 2" in again
    assert "--set epochs=1" in again
    assert report == f"python -m backend report {found.view.id} report"


def test_limits_are_those_of_this_experiment(found: ReportContents) -> None:
    said = " ".join(found.limits)
    assert "generated" in said
    assert "Defaults were compared" in said
    assert "One seed only" not in said
