"""Tables as text and markdown: whatever stands in a cell, it stays a cell."""

import unicodedata
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from connector.render.table import LINE, NAME, WIDE, Table, brief, markdown, short, text

TABLE = Table("Offers", ("Send", "State"), (("Lunch", "committed"), ("[red]Fries|", "held")))


def test_as_plain_text() -> None:
    lines = [line.rstrip() for line in text(TABLE, width=60).splitlines()]
    assert [line for line in lines if line] == [
        "Offers",
        " Send          State",
        " ───────────────────────",
        " Lunch         committed",
        " [red]Fries|   held",
    ]


def test_a_narrow_page_folds_and_loses_nothing() -> None:
    long = Table("T", ("A", "Why"), (("x", "word " * 40),))
    assert text(long, width=50).count("word") == 40


def test_many_long_columns_on_a_narrow_page_lose_nothing() -> None:
    words = [chr(ord("A") + column) * 3 for column in range(6)]
    cells = tuple(" ".join([word] * 30) for word in words)
    for width in (50, 72, 100, 160):
        shown = text(Table("T", ("1", "2", "3", "4", "5", "Why"), (cells,)), width=width)
        assert {word: shown.count(word) for word in words} == dict.fromkeys(words, 30), width
        assert max(map(len, shown.splitlines())) <= width


def test_where_room_is_short_a_row_of_many_columns_is_a_paragraph() -> None:
    row = ("Lunch Push\nFries to VIP", "", "-", "held", "Say so, " * 9 + "then.")
    table = Table("Offers", ("Send", "Offer", "Id", "Action", "Why"), (row, row))
    lines = [line.rstrip() for line in text(table, width=60).splitlines()]
    paragraph = [
        "Send    Lunch Push",
        "        Fries to VIP",
        "Action  held",
        "Why     Say so, Say so, Say so, Say so, Say so, Say so, Say",
        "        so, Say so, Say so, then.",
        "",
    ]
    assert lines == ["", "Offers", "", *paragraph, *paragraph]
    assert text(table, width=WIDE).splitlines()[3].split() == list(table.columns)
    short = replace(table, rows=(("a", "b", "c", "d", "e"),))
    assert text(short, width=60).splitlines()[5].split() == ["a", "b", "c", "d", "e"]


def test_on_a_very_narrow_page_a_column_s_name_stands_above_its_cell() -> None:
    table = Table(
        "Offers", ("Send, and what it gives", "State", "Why"), (("Lunch", "-", "so " * 9),)
    )
    lines = [line.rstrip() for line in text(table, width=40).splitlines()]
    assert lines == [
        "",
        "Offers",
        "",
        "Send, and what it gives",
        "  Lunch",
        "Why",
        "  so so so so so so so so so",
        "",
    ]


def test_a_name_and_a_line_that_nobody_reads_are_shortened() -> None:
    assert short("x" * NAME) == "x" * NAME
    assert short("x" * NAME + "y") == "x" * NAME + "…"
    line = f"{'a' * LINE} Do this next."
    assert brief(line[:LINE]) == line[:LINE]
    assert (brief(line)[:9], brief(line)[-14:]) == ("aaaaaaaaa", " Do this next.")
    assert len(brief(line)) == LINE + 3
    shown = text(Table("T", ("A",), ((f"{'b' * 9000}\nsecond",),)), width=80)
    assert (shown.count("b"), shown.count("second")) == (LINE, 1)


def test_an_empty_table_says_so() -> None:
    empty = Table("Offers", ("Send",), (), empty="no offer is wanted")
    assert text(empty) == "\nOffers\n  no offer is wanted\n"
    assert markdown(empty) == "### Offers\n\nno offer is wanted\n"


def test_as_markdown() -> None:
    assert markdown(TABLE) == (
        "### Offers\n\n"
        "| Send | State |\n"
        "| --- | --- |\n"
        "| Lunch | committed |\n"
        "| \\[red]Fries\\| | held |\n"
    )


def test_markdown_shows_what_would_be_markup_as_it_is() -> None:
    shown = markdown(Table("T", ("A",), (("*News* <b>\n`x`",),)))
    assert shown.splitlines()[-1] == "| \\*News\\* &lt;b><br>`x` |"


def test_what_would_break_a_markdown_cell_is_escaped() -> None:
    table = Table("T", ("A", "B"), (("a|b\\", "one\r\ntwo\tthree"),))
    assert markdown(table).splitlines()[-1] == "| a\\|b\\\\ | one <br>two three |"


@given(st.text(max_size=20))
def test_no_name_from_outside_steers_a_terminal_or_breaks_a_row(name: str) -> None:
    table = Table("T", ("A", "B"), ((name, "end"),))
    shown = markdown(table)
    assert len(shown.splitlines()) == 5
    for told in (shown, text(table)):
        assert not [each for each in told if each != "\n" and _steers(each)]


def _steers(char: str) -> bool:
    direction = unicodedata.bidirectional(char)
    return (
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
        or direction[:2] in ("LR", "RL")
        or direction in ("PDF", "FSI", "PDI")
    )
