"""Whatever the loader is given, it loads or says what is wrong; nothing else is ever raised."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.domain.policy import Schedule
from connector.mapping.folder import MappingText
from connector.mapping.load import read_texts

SOURCES = frozenset({"braze_us", "sf_core"})
GOOD = "version: 1\nrules:\n  - name: a\n    match: {send: x}\n    redeemable: R\n"

_BITS = {
    "yaml": st.sampled_from(
        [*"\n\n  -:,[]{}#&*!|>'\"%@`?~<\t\\", "- ", ": ", "\n  ", "---", "...", "%YAML 1.1"]
    ),
    "words": st.sampled_from(
        [
            *("version", "1", "rules", "name", "match", "send", "segment", "redeemable", "id"),
            *("segments", "uuid", "lead_time", "1h", "SegmentId", "constrained-str"),
            "\\UFFFFFFFF",
        ]
    ),
    "any": st.text(max_size=3),
}


def _survives(data: bytes) -> None:
    text = MappingText("m.yaml", data, "m.yaml")
    reading = read_texts([text], schedule=Schedule(), sources=SOURCES)
    assert (reading.accepted is None) == bool(reading.findings)
    assert all(str(finding).startswith("m.yaml:") for finding in reading.findings)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(*_BITS.values()), max_size=30).map("".join))
@example("[" * 100_000)
@example("{" * 5_000)
@example("- " * 3_000)
@example("? " * 3_000)
@example('a: "\\UFFFFFFFF"')
@example('a: "\\ud800"')
@example("9" * 5000 + ": 1\nversion: " + "9" * 5000)
def test_any_text_loads_or_is_told_what_is_wrong(text: str) -> None:
    _survives(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_load_or_are_told_what_is_wrong(data: bytes) -> None:
    _survives(data)
    _survives(GOOD.encode() + data)


_plain = st.recursive(
    st.sampled_from(["x", "1", "", "2h", "no"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["id", "uuid", "send", "tags", "SegmentId", "constrained-str"]), inner
        ),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["name", "match", "segment", "redeemable", "ignore", "max_guests", "lead_time", "x"]
        ),
        _plain,
    )
)
def test_any_shape_of_rule_loads_or_is_told_what_is_wrong(rule: object) -> None:
    _survives(f"version: 1\nrules: [{rule!r}]\n".encode())
