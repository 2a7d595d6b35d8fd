from backend.figures import theme


def test_modality_colours_are_those_of_the_style_guide() -> None:
    assert dict(theme.MODALITY_COLOURS) == {
        "image": "#0072B2",
        "text": "#E69F00",
        "audio": "#009E73",
        "video": "#CC79A7",
        "attributes": "#56B4E9",
        "reviews": "#D55E00",
        "collaborative": "#6B7280",
    }


def test_no_run_wears_the_colour_of_a_modality() -> None:
    assert not {theme.ACCENT, theme.BASELINE, *theme.RUN_COLOURS} & {
        *theme.MODALITY_COLOURS.values()
    }


def test_a_faded_colour_is_the_same_colour() -> None:
    assert theme.faded("#0072B2") == "rgba(0, 114, 178, 0.35)"


def test_markup_in_a_label_is_shown_and_not_read() -> None:
    assert theme.safe("<b>Sale</b> & more") == "&lt;b&gt;Sale&lt;/b&gt; &amp; more"


def test_the_empty_case_draws_its_sentence() -> None:
    figure = theme.sentence("Title", "Nothing <yet>.")
    assert figure.layout.title.text == "Title"
    assert figure.layout.annotations[0].text == "Nothing &lt;yet&gt;."
    assert not figure.data


def test_the_ground_is_transparent_so_that_both_themes_work() -> None:
    figure = theme.frame("Title", x="Time (s)")
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert figure.layout.xaxis.title.text == "Time (s)"


def test_a_range_has_room_on_both_sides_even_around_one_value() -> None:
    assert theme.padded([0.0, 10.0], 0.1) == [-1.0, 11.0]
    low, high = theme.padded([2.0])
    assert low < 2.0 < high
    low, high = theme.padded([0.0])
    assert low < 0.0 < high


def test_a_long_title_takes_two_lines_and_its_room() -> None:
    short = theme.frame("Costs")
    long = theme.frame("Do modalities complete each other? Fused, late fusion, seed 3")
    assert long.layout.title.text.count("<br>") == 1
    assert long.layout.height == short.layout.height + 20
    assert long.layout.margin.t == short.layout.margin.t + 20
    assert theme.title_of(long) == "Do modalities complete each other? Fused, late fusion, seed 3"


def test_names_of_cells_are_wrapped_and_stay_whole_in_the_data() -> None:
    names = ["Fused, early fusion, concatenated", "EASE"]
    figure = theme.frame("Cells")
    figure.add_trace(
        theme.cells([[1.0], [2.0]], ["x"], names, [["1"], ["2"]], hover="", dark=False)
    )
    theme.label_cells(figure, names)
    assert list(figure.data[0].y) == names[::-1]
    assert list(figure.layout.yaxis.tickvals) == names
    assert figure.layout.yaxis.ticktext[0] == "Fused, early fusion,<br>concatenated"
