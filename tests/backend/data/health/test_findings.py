from backend.data.health.findings import Finding, Severity, counted, headline, ordered, percent


def _finding(severity: Severity, name: str = "x") -> Finding:
    return Finding(name, severity, "It is so.", "Because.", "Do this.")


def test_the_headline_counts_what_is_pressing() -> None:
    note, problem = _finding(Severity.NOTE), _finding(Severity.PROBLEM)
    attention = _finding(Severity.ATTENTION)
    assert headline([note, problem, attention]) == "2 things need attention before you train"
    assert headline([problem]) == "1 thing needs attention before you train"
    assert headline([note]) == "Nothing stands in the way of training; 1 thing to know"
    assert headline([]) == "Nothing in these data stands out as a problem"


def test_the_gravest_comes_first_and_equals_keep_their_order() -> None:
    found = [
        _finding(Severity.NOTE, "a"),
        _finding(Severity.PROBLEM, "b"),
        _finding(Severity.ATTENTION, "c"),
        _finding(Severity.PROBLEM, "d"),
    ]
    assert [f.name for f in ordered(found)] == ["b", "d", "c", "a"]


def test_shares_are_never_rounded_to_none_or_all() -> None:
    shares = (0, 0.0001, 0.0312, 0.3, 0.614, 0.99999, 1)
    assert [percent(share) for share in shares] == [
        "0 %",
        "under 0.1 %",
        "3.1 %",
        "30 %",
        "61 %",
        "over 99.9 %",
        "100 %",
    ]
    assert counted(1, "person", "people") == "1 person"
    assert counted(1204, "person", "people") == "1,204 people"
