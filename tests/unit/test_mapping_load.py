import os
from pathlib import Path

import pytest

from connector.domain.policy import Schedule
from connector.domain.rules import RuleBook
from connector.errors import ConfigError
from connector.mapping import folder
from connector.mapping.folder import MappingText
from connector.mapping.load import read, read_texts

EXAMPLE = Path(__file__).parents[2] / "mappings"
SOURCES = frozenset({"braze_us", "sf_core"})
TOP = "version: 1\nrules:\n"
RULE = "  - name: a\n    match: {send: x}\n    redeemable: R\n"  # lines 3 to 5
GOOD = TOP + RULE


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(files: dict[str, str | bytes], into: Path = Path("maps")) -> Path:
    into.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (into / name).write_bytes(data)
    return into


def _load(path: Path) -> RuleBook:
    return read(path, schedule=Schedule(), sources=SOURCES).book


def _problems(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _load(path)
    return list(caught.value.problems)


def _of(content: str) -> list[str]:
    text = MappingText("m.yaml", content.encode(), "m.yaml")
    with pytest.raises(ConfigError) as caught:
        read_texts([text], schedule=Schedule(), sources=SOURCES).book  # noqa: B018
    return list(caught.value.problems)


# --- what loads --------------------------------------------------------------------------------


def test_the_worked_example() -> None:
    book = _load(EXAMPLE)
    assert book.rules[0].name == "friday-fries"
    assert book.rules[-1].ignore == "no offer goes with the newsletter"
    assert book.segment_for("lunch crowd (braze)") == "Lunch Regulars"
    lines = (EXAMPLE / "restaurant.yaml").read_text().splitlines()
    for rule in book.rules:
        _, line, column = book.places[rule.name].rsplit(":", 2)
        assert lines[int(line) - 1][int(column) - 1 :] == f"name: {rule.name}"


def test_everything_is_the_text_that_was_typed(home: Path) -> None:
    text = (
        "version: 1\nsegments: {no: 0123, 12:30: 2026-01-01, \"null\": '~'}\nrules:\n"
        "  - name: yes\n    match: {id: 0x1F, tags: [1_000, on]}\n    redeemable: 1.50\n"
        "    segment: {id: 012}\n    max_guests: '5'\n"
    )
    book = _load(_write({"m.yaml": text}))
    rule = book.rules[0]
    assert dict(book.segments) == {"no": "0123", "12:30": "2026-01-01", "null": "~"}
    assert (rule.name, rule.redeemable, rule.max_guests) == ("yes", "1.50", 5)
    assert (rule.match.id, rule.match.tags) == ("0x1F", ("1_000", "on"))
    assert rule.segment == next(iter(rule.segments))
    assert str(rule.segment) == "id=12"


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"---\n", b"# only a comment\n\n"])
def test_a_byte_order_mark_and_a_first_line_of_dashes_do_no_harm(home: Path, mark: bytes) -> None:
    assert len(_load(_write({"m.yaml": mark + GOOD.replace("\n", "\r\n").encode()})).rules) == 1


def test_files_are_one_set_in_name_order_and_others_are_left_alone(home: Path) -> None:
    path = _write(
        {
            "b.yaml": GOOD.replace("name: a", "name: two"),
            "a.yaml": "version: 1\nsegments: {VIP: Gold}\n" + GOOD.split("\n", 1)[1],
            "c.yaml": "version: 1\nsegments: {vip: GOLD}\n",
            ".hidden.yaml": "[",
            ".#a.yaml": "[",
            "#a.yaml#": "[",
            "#b.yaml": "[",
            "a.yaml~": "[",
            "a.yaml.bak": "[",
            ".a.yaml.swp": "[",
            "notes.txt": "[",
            "mapping.schema.json": "[",
        }
    )
    (path / "folder.yaml").mkdir()
    book = _load(path)
    assert [rule.name for rule in book.rules] == ["a", "two"]
    assert book.places == {"a": "maps/a.yaml:4:5", "two": "maps/b.yaml:3:5"}
    assert book.segment_for("VIP") == "Gold"


def test_one_file_by_name_whatever_its_suffix(home: Path) -> None:
    path = _write({"m.yaml": GOOD, "m.conf": GOOD})
    assert _load(path / "m.yaml").places == {"a": "maps/m.yaml:3:5"}
    assert _load(path / "m.conf").places == {"a": "maps/m.conf:3:5"}


def test_the_digest_names_the_set(home: Path) -> None:
    path = _write({"a.yaml": GOOD, "b.yaml": "version: 1\n"})
    before = _load(path)
    assert before.digest == folder.fingerprint(path) == _load(path).digest
    assert read_texts(folder.read(path), schedule=Schedule()).book == before
    (path / "b.yaml").rename(path / "c.yaml")
    renamed = folder.fingerprint(path)
    _write({"c.yaml": "version: 1 \n"})
    assert len({before.digest, renamed, folder.fingerprint(path)}) == 3


def test_without_sources_none_is_unknown(home: Path) -> None:
    path = _write({"m.yaml": GOOD.replace("{send: x}", "{source: anything}")})
    assert read(path, schedule=Schedule()).book.rules[0].match.source == "anything"


@pytest.mark.parametrize("source", ["braze_us", "BRAZE_US", '"braze*"', '"nothing?"'])
def test_known_sources_and_patterns(home: Path, source: str) -> None:
    _load(_write({"m.yaml": GOOD.replace("{send: x}", f"{{source: {source}}}")}))


# --- what does not: the folder -----------------------------------------------------------------


def test_a_missing_path(home: Path) -> None:
    assert _problems(Path("maps")) == ["maps: cannot be read (No such file or directory)"]
    with pytest.raises(ConfigError, match="maps: cannot be read"):
        folder.fingerprint(Path("maps"))


def test_an_empty_folder(home: Path) -> None:
    assert _problems(_write({".a.yaml": GOOD})) == ["maps: holds no mapping file (*.yaml)"]


def test_a_set_without_a_rule(home: Path) -> None:
    path = _write({"a.yaml": "version: 1\n", "b.yaml": "version: 1\nrules: []\n"})
    assert _problems(path) == ["maps/a.yaml:1:1: there is no rule in any mapping file"]
    with pytest.raises(ConfigError, match="there is no mapping file"):
        read_texts([], schedule=Schedule()).book  # noqa: B018


def test_other_spellings_of_the_suffix(home: Path) -> None:
    path = _write({"a.yaml": GOOD, "b.yml": GOOD, "c.YAML": GOOD})
    assert _problems(path) == [
        "maps/b.yml: only *.yaml is read; rename it to b.yaml",
        "maps/c.YAML: only *.yaml is read; rename it to c.yaml",
    ]
    assert _problems(path / "b.yml") == ["maps/b.yml: only *.yaml is read; rename it to b.yaml"]


def test_a_file_that_cannot_be_read(home: Path) -> None:
    path = _write({"a.yaml": GOOD})
    (path / "b.yaml").symlink_to("gone")
    os.mkfifo(path / "c.yaml")
    assert _problems(path) == [
        "maps/b.yaml: cannot be read (No such file or directory)",
        "maps/c.yaml: cannot be read (it is not a file)",
    ]


def test_a_file_that_is_too_large(home: Path) -> None:
    path = _write({"a.yaml": GOOD + "#" * folder.LARGEST})
    assert _problems(path) == ["maps/a.yaml: is larger than 5 MB"]


def test_a_path_outside_the_working_folder_is_told_as_it_was_given(home: Path) -> None:
    _write({"a.yaml": "["})
    (home / "elsewhere").mkdir()
    os.chdir(home / "elsewhere")
    assert _problems(Path("../maps"))[0].startswith("../maps/a.yaml:1:2: ")
    assert _problems(home / "maps")[0].startswith(f"{home}/maps/a.yaml:1:2: ")
    os.chdir(home)
    assert _problems(home / "maps")[0].startswith("maps/a.yaml:1:2: ")


def test_all_problems_of_all_files_at_once(home: Path) -> None:
    path = _write(
        {
            "a.yaml": TOP + "  - name: one\n    redeemable: R\n",
            "b.yaml": "version: 1\nsegments: {VIP: Gold}\nrules: [\n",
            "c.yaml": "version: 1\nsegments: {VIP: Gold}\n",
            "d.yaml": "version: 1\nsegments: {vip: Silver}\n",
            "e.yaml": TOP + "  - name: ONE\n    match: {source: braze_s}\n    redeemable: R\n",
        }
    )
    assert _problems(path) == [
        'maps/a.yaml:3:5: missing key "match"',
        "maps/b.yaml:4:1: a value is missing here",
        (
            'maps/d.yaml:2:12: "vip" is "Silver" here, but "Gold" at maps/c.yaml:2:12; '
            "keep one of the two"
        ),
        (
            'maps/e.yaml:3:11: the rule name "ONE" is taken already at maps/a.yaml:3:11; '
            "give one another name"
        ),
        'maps/e.yaml:4:21: no source is named "braze_s"; did you mean "braze_us" (93 % alike)?',
    ]


# --- what does not: what stands in a file --------------------------------------------------------

MODEL = {
    "rules: []\n": ['1:1: missing key "version": a mapping file begins with "version: 1"'],
    "- a\n": ["1:1: a mapping file must be keys with values, not a list"],
    "text\n": ["1:1: a mapping file must be keys with values, not text"],
    "version: 2\n" + GOOD[11:]: ['1:10: "version" must be 1, not "2"'],
    "version: one\n" + GOOD[11:]: ['1:10: "version" must be a whole number, not "one"'],
    "version: [1]\n" + GOOD[11:]: ['1:10: "version" must be 1, not a list'],
    "version: 1.0\n" + GOOD[11:]: ['1:10: "version" must be a whole number, not "1.0"'],
    "version: 1\nrules: {a: b}\n": [
        (
            '2:8: "rules" must be a list, not a group of keys; '
            'begin each rule with "- name:", indented below "rules:"'
        )
    ],
    "version: 1\nrules: [a]\n": ["2:9: rule 1 must be keys with values, not text"],
    "version: 1\nsegments: [a]\n": ['2:11: "segments" must be keys with values, not a list'],
    "version: 1\nsegments: {a: [b]}\n": ['2:15: "a" must be text, not a list'],
    'version: 1\nsegments: {" ": b}\n': ['2:17: " " is empty'],
    "version: 1\nrule: []\n": ['2:1: unknown key "rule"; did you mean "rules"?'],
    GOOD + "    redeemible: x\n": ['6:5: unknown key "redeemible"; did you mean "redeemable"?'],
    GOOD + "    leadtime: 1h\n": ['6:5: unknown key "leadtime"; did you mean "lead_time"?'],
    GOOD + "    send: x\n": ['6:5: unknown key "send"; it belongs under "match"'],
    GOOD.replace("send: x", "send: x, several: each"): [
        '4:22: unknown key "several"; it belongs beside "match", not under it'
    ],
    GOOD.replace("send: x", "zzz: x"): [
        '4:13: unknown key "zzz"; known here: source, kind, send, id, tags, audience'
    ],
    TOP + "  - match: {send: x}\n    redeemable: R\n": ['3:5: missing key "name"'],
    TOP + "  - name: a\n    match: {send: x}\n": [
        "3:5: a rule has either `redeemable` or `ignore`, and this one has neither"
    ],
    GOOD + "    ignore: why\n": [
        "3:5: a rule has either `redeemable` or `ignore`, and this one has both"
    ],
    GOOD.replace("redeemable: R", "ignore: why\n    segment: S"): [
        "3:5: a rule with `ignore` has no `segment`"
    ],
    GOOD.replace("{send: x}", "{}"): [
        '4:12: "match" says nothing: give it a key, or `send: "*"` for every send'
    ],
    GOOD.replace("{send: x}", "x"): [
        '4:12: "match" must be keys with values, not text; write {send: "the name of the send"}'
    ],
    GOOD.replace("send: x", "send: [x]"): ['4:19: "send" must be text, not a list'],
    GOOD.replace("send: x", "tags: x"): ['4:19: "tags" must be a list, not text; write ["x"]'],
    GOOD.replace("send: x", "tags: []"): ['4:19: "tags" is an empty list'],
    GOOD.replace("send: x", "tags: [x, {a: b}]"): [
        '4:23: item 2 of "tags" must be text, not a group of keys'
    ],
    GOOD.replace("send: x", "source: mail"): [
        '4:21: no source is named "mail"; configured: braze_us, sf_core'
    ],
    GOOD + "    segment: []\n": ["3:5: `segment` is an empty list"],
    GOOD + "    segment: {id: VIP}\n": ['6:19: "id" must be a whole number, not "VIP"'],
    GOOD + "    segment: {id: 0}\n": ['6:19: "id" must be more than 0'],
    GOOD + "    segment: {idd: 5}\n": [
        '6:14: missing key "id"',
        '6:15: unknown key "idd"; did you mean "id"?',
    ],
    GOOD + "    segment: {id: 5, name: VIP}\n": ['6:22: unknown key "name"; known here: id'],
    GOOD + "    segment: [S, {zz: x}, [S]]\n": [
        '6:18: missing key "id"',
        '6:19: unknown key "zz"; known here: id',
        '6:27: item 3 of "segment" must be a name or {id: …}, not a list',
    ],
    GOOD.replace(" R\n", " [[R], {uuid: [1]}, '']\n"): [
        '5:18: item 1 of "redeemable" must be a name or {uuid: …}, not a list',
        '5:30: "uuid" must be text, not a list',
        '5:36: item 3 of "redeemable" is empty',
    ],
    GOOD + "    segment:\n": ['6:5: "segment" is empty; write a value, or take it out'],
    GOOD + "    segment: ''\n": ['6:14: "segment" is empty'],
    GOOD + "    segment: null\n": [
        '6:5: "segment" is empty: put null in quotes if that text is meant'
    ],
    GOOD + "    segment: [a, ~]\n": [
        '6:18: item 2 of "segment" is empty: put ~ in quotes if that text is meant'
    ],
    "version:\n" + GOOD[11:]: ['1:1: "version" is empty; write a value, or take it out'],
    GOOD + "    lead_time: soon\n": [
        '6:16: "lead_time": a duration is written like 30m, 2h, 1h30m or 7d, not "soon"'
    ],
    GOOD + "    lead_time: [1h]\n": [
        '6:16: "lead_time": a duration is written like 30m, 2h, 1h30m or 7d'
    ],
    GOOD + "    lead_time: 9999d\n": [
        '6:16: "lead_time": a duration is at most 3650d, not "9999d"'
    ],
    GOOD + "    lead_time: 1m\n": ["6:5: min_lead (5m) must not be longer than lead_time (1m)"],
    GOOD + "    lead_time: 1h\n    min_lead: 2h\n": [
        "7:5: min_lead (2h) must not be longer than lead_time (1h)"
    ],
    GOOD + "    min_lead: 31m\n": ["6:5: min_lead (31m) must not be longer than lead_time (30m)"],
    GOOD + "    commit_ahead: 18m\n": [
        "6:5: commit_ahead (18m) must be at least 17m + 2 polls (19m)"
    ],
    GOOD + "    lead_time: 7d\n": [
        "6:5: schedule.horizon (7d) must be at least lead_time + commit_ahead + 1d (8d2h)"
    ],
    GOOD + "    max_guests: many\n": ['6:17: "max_guests" must be a whole number, not "many"'],
    GOOD + "    max_guests: 1_000\n": ['6:17: "max_guests" must be a whole number, not "1_000"'],
    GOOD + "    max_guests: -1\n": ['6:17: "max_guests" must be a whole number, not "-1"'],
    GOOD + "    max_guests: [1]\n": ['6:17: "max_guests" must be a whole number, not a list'],
    GOOD + "    max_guests: 0\n": ['6:17: "max_guests" must be more than 0'],
    GOOD + "    late: never\n": ['6:11: "late" must be "skip" or "earliest", not "never"'],
    GOOD + "    approval: yes\n": ['6:15: "approval" must be "required", not "yes"'],
    GOOD + "    several: {a: b}\n": ['6:14: "several" must be "each", not a group of keys'],
    GOOD + RULE: ['6:11: the rule name "a" is taken already at m.yaml:3:11; give one another name'],
    "version: 1\nsegments:\n  VIP: Gold\n  vip: Silver\n": [
        '4:3: "vip" is "Silver" here, but "Gold" at m.yaml:3:3; keep one of the two'
    ],
}


@pytest.mark.parametrize("text", MODEL)
def test_what_is_wrong_with_what_it_says(text: str) -> None:
    assert _of(text) == [f"m.yaml:{line}" for line in MODEL[text]]


def test_no_source_is_configured() -> None:
    text = MappingText("m.yaml", GOOD.replace("send", "source").encode(), "m.yaml")
    with pytest.raises(ConfigError) as caught:
        read_texts([text], schedule=Schedule(), sources=frozenset()).book  # noqa: B018
    assert caught.value.problems == ('m.yaml:4:21: no source is named "x"; none is configured',)
