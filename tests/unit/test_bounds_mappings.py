"""Mapping files of any size and form cost no more than a small multiple of their size."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain import shadow
from connector.domain.findings import Code, Finding, Severity
from connector.domain.policy import Schedule
from connector.domain.rules import Match
from connector.domain.shadow import Earlier, covers
from connector.errors import MOST_PROBLEMS, ConfigError
from connector.mapping import check as checking
from connector.mapping import checks, folder, load, tree
from connector.mapping.check import check
from connector.mapping.checks import Written
from connector.mapping.folder import MappingText
from connector.mapping.lint import lint
from connector.mapping.load import Reading
from connector.render.findings import report
from connector.web.listing import LINES, WIDTH, listed
from tests.support.steps import Counted, grows

GROWTH = 2.3  # twice the input may take so much more work


def _reading(*files: str) -> Reading:
    texts = [
        MappingText(f"{number}.yaml", text.encode(), f"{number}.yaml")
        for number, text in enumerate(files)
    ]
    return load.read_texts(texts, schedule=Schedule(), sources=frozenset({"braze_us"}))


def _rules(count: int, one: Callable[[int], str]) -> str:
    lines = (
        f"  - name: r{number}\n    match: {{{one(number)}}}\n    redeemable: Fries\n"
        for number in range(count)
    )
    return "version: 1\nrules:\n" + "".join(lines)


# --- the work ---------------------------------------------------------------------------------

MATCHES: dict[str, Callable[[int], str]] = {
    "names": lambda number: f"send: 'name {number:06}'",
    "beginnings": lambda number: f"send: 'name {number:06}*'",
    "ids": lambda number: f"id: 'x{number:06}', send: '*'",
    "tags": lambda number: f"tags: ['a*', 'b?', 't{number:06}']",
    "audiences": lambda number: f"audience: 'a{number:06}', send: '*x*'",
    "the same": lambda number: "send: '*'",  # noqa: ARG005
}


@pytest.mark.parametrize("form", MATCHES)
def test_twice_the_rules_are_twice_the_work(form: str) -> None:
    def work(count: int) -> Callable[[], object]:
        found = _reading(_rules(count, MATCHES[form]))
        return lambda: check(found, {"braze_us"})

    assert grows(work, 60) < GROWTH


def test_rules_that_all_begin_with_a_wildcard_are_compared_no_further_than_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = _reading(_rules(60, lambda number: f"send: '*x{number:06}*'"))
    assert check(found, {"braze_us"}) == []

    monkeypatch.setattr(shadow, "MOST_TRIALS", 1000)
    [note] = check(found, {"braze_us"})
    assert (note.code, note.severity) == (Code.SHADOWED, Severity.NOTE)
    assert note.place is not None
    assert note.place.line > 100  # the rules before it were compared


_match = st.builds(
    lambda given: Match.model_validate(given or {"send": "*"}),
    st.fixed_dictionaries(
        {},
        optional={
            "send": st.text("ab*?", min_size=1, max_size=4),
            "id": st.text("ab*", min_size=1, max_size=3),
            "source": st.sampled_from(["s", "t", "s*"]),
            "tags": st.lists(st.text("ab*?", min_size=1, max_size=3), min_size=1, max_size=2),
            "audience": st.text("ab*?", min_size=1, max_size=3),
        },
    ),
)


@given(st.lists(_match, max_size=8), _match)
def test_the_first_rule_that_covers_another_is_found_as_if_each_were_tried(
    before: list[Match], one: Match
) -> None:
    earlier = Earlier(("s", "t"))
    for match in before:
        earlier.add(match)
    tried = (number for number, other in enumerate(before) if covers(other, one, ("s", "t")))
    assert earlier.first_covering(one) == next(tried, None)


def test_a_line_that_holds_everything_is_not_copied_for_each_of_its_texts() -> None:
    text = "version: 1\nrules: [" + ", ".join(["a b"] * 500) + "]"
    read = tree.read(text.encode())
    read.lines = tuple(map(Counted, read.lines))
    assert list(lint([Written("a.yaml", read)])) == []
    assert sum(line.copied for line in read.lines if isinstance(line, Counted)) < 20 * len(text)


def test_a_long_line_is_not_read_whole_for_each_of_its_mistakes() -> None:
    def work(count: int) -> Callable[[], object]:
        found = check(_reading("version: 1\nrules: [" + "a," * count + "]"), {"braze_us"})
        return lambda: report(found)

    assert grows(work, 100) < GROWTH


def test_the_page_of_twice_the_lines_is_twice_the_work() -> None:
    def work(count: int) -> Callable[[], object]:
        text = _rules(count, lambda number: "send: '*'")  # noqa: ARG005
        found = _reading(text)
        findings = check(found, {"braze_us"})
        return lambda: listed(found.texts, found.accepted, findings)

    assert grows(work, 100) < GROWTH


@pytest.mark.timeout(30)  # one such line took 42 seconds
@pytest.mark.parametrize("line", [" #" * 2_000_000 + '"', " # '" * 1_000_000, "a" * 4_000_000])
def test_a_line_of_any_length_is_shown_in_part(line: str) -> None:
    found = listed([MappingText("a.yaml", line.encode(), "a.yaml")], None, [])
    [shown] = found.files[0].lines
    assert len(shown.text + shown.comment) == WIDTH + 1


def test_a_page_shows_so_many_lines_and_says_how_many_more_there_are() -> None:
    texts = [MappingText(name, b"#\n" * (LINES - 5), name) for name in ("a.yaml", "b.yaml")]
    first, second = listed(texts, None, []).files
    assert (len(first.lines), first.left) == (LINES - 5, 0)
    assert (len(second.lines), second.left) == (5, LINES - 10)


@pytest.mark.parametrize(
    ("line", "comment"),
    [
        ("a: b # c", "# c"),
        ("# c", "# c"),
        ('a: "b # c"', ""),
        ("a: 'b # c' # d", "# d"),
        ("a: b#c", ""),
        ("a: b\t# it's", ""),
        ('a: b # "c" d', '# "c" d'),
        ("", ""),
    ],
)
def test_the_comment_of_a_line_is_told_apart(line: str, comment: str) -> None:
    [file] = listed([MappingText("a.yaml", line.encode(), "a.yaml")], None, []).files
    assert [(one.text, one.comment) for one in file.lines] == [
        (line.removesuffix(comment) if comment else line, comment)
    ]


# --- what is too much -------------------------------------------------------------------------


def _told(found: Reading) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        assert found.book
    return list(refused.value.problems)


def test_too_many_rules_are_one_line_at_the_first_that_is_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "MOST_RULES", 50)
    count = checks.MOST_RULES + 2
    rules = ",".join(f"{{name: r{n}, match: {{id: i{n}}}, ignore: x}}" for n in range(count))
    [line] = _told(_reading(f"version: 1\nrules: [{rules}]"))
    column = len("rules: [") + rules.index(f"{{name: r{checks.MOST_RULES},") + 1
    assert line.startswith(f"0.yaml:2:{column}: there are too many rules: at most 50 ")


@pytest.mark.parametrize(
    "text",
    ["rules: [" + "{}," * 300 + "]", "rules: [" + "*a," * 300 + "]", "a:\n" * 300, "- a\n" * 300],
)
def test_too_many_values_are_one_line_and_nothing_behind_them_is_read(
    text: str,
) -> None:
    found = tree.read(text.encode(), most=250)
    assert found.problems[-1].message.startswith("there are too many keys and values: at most 250")
    assert found.value is None
    assert found.size == 251


def test_the_values_of_all_files_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST", 100)
    texts = [f"version: 1\nrules: [{{name: r{n}, match: {{id: i}}, ignore: x}}]" for n in range(9)]
    found = _reading(*texts)
    assert len(found.files) == 8  # of 14 each
    [line] = _told(found)
    assert line.startswith("7.yaml:")


def test_a_text_that_is_too_long_is_one_line_and_is_not_repeated() -> None:
    name = "a" * (tree.LONGEST + 1)
    for text in (f"{name}: 1", f"version: 1\nrules: [{{{name}: b}}]", f"version: {name}"):
        lines = _told(_reading(text))
        assert sum("1,001 characters" in line for line in lines) == 1
        assert max(map(len, lines)) < 2 * tree.LONGEST


def test_a_rule_has_no_more_offers_for_a_send_than_can_be_meant() -> None:
    rule = "version: 1\nrules: [{{name: a, match: {{send: a}}, redeemable: {}, segment: {}}}]"
    many, ten = [f"n{n}" for n in range(101)], [f"n{n}" for n in range(11)]
    [line] = _told(_reading(rule.format(many, "a")))
    assert '"redeemable" has more than 100 entries' in line
    [line] = _told(_reading(rule.format(ten, ten)))
    assert line.endswith("a rule may want 100 offers for a send, not 121")
    assert _reading(rule.format(ten, ten[:9])).book


def test_a_folder_holds_no_more_files_than_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.yaml").write_text("version: 1\n", encoding="utf-8")

    def unread() -> list[Finding]:
        texts, found = folder.collect(tmp_path)
        assert len(texts) < 4
        return list(found)

    monkeypatch.setattr(folder, "MOST_FILES", 3)
    [finding] = unread()
    assert "more than 3 mapping files" in finding.message
    monkeypatch.setattr(folder, "MOST_FILES", 9)
    monkeypatch.setattr(folder, "LARGEST", 40)
    [finding] = unread()
    assert finding.file.endswith("d.yaml")
    monkeypatch.setattr(folder, "MOST_ENTRIES", 3)
    [finding] = unread()
    assert "more than 3 entries" in finding.message


def test_of_very_many_mistakes_the_first_are_listed_and_the_rest_are_counted() -> None:
    found = _reading("".join(f"k{number:05}: a\n" for number in range(1000)))
    lines = _told(found)
    assert len(lines) == MOST_PROBLEMS + 1
    assert lines[1].startswith("0.yaml:1:1: unknown key")
    assert lines[-1].startswith("901 more problems")


def test_of_very_many_findings_no_mistake_gives_way_to_a_note() -> None:
    odd = "".join(
        f"  - name: r{n}\n    match: {{send: ' x{n}'}}\n    ignore: x\n" for n in range(600)
    )
    found = _reading(f"version: 1\nrules:\n{odd}  - nmae: last\n")
    listed_findings = check(found, {"braze_us"})
    assert len(listed_findings) == checking.MOST + 1
    errors = [one for one in listed_findings if one.severity is Severity.ERROR]
    assert {one.place.line for one in errors if one.place} == {1803}
    assert "more findings are not shown" in "".join(one.message for one in listed_findings)
