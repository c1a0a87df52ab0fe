"""SOQL as real clients write it: names in any case, AND, OR, NOT, LIKE, parentheses, offsets."""

from collections.abc import Iterator
from typing import Any

import pytest

from connector.sandbox.ids import eighteen
from tests.support.sandbox import Outside, opened

AT = "2026-03-03T15:00:00Z"


@pytest.fixture(scope="module")
def org() -> Iterator[Outside]:
    with opened() as running:
        running.set_clock("2026-03-02T18:00:00Z")
        for name, draft in (("Alpha 10%", False), ("alpha_2", False), ("Beta", True)):
            running.send(source="salesforce", kind="list_email", name=name, at=AT, draft=draft)
        running.send(source="salesforce", kind="flow", name="Win-back", at=AT, segment="Lapsed")
        yield running


def names(org: Outside, where: str) -> list[str]:
    reply = org.soql(f"SELECT Name FROM ListEmail {where}")  # noqa: S608  our own
    assert reply.status_code == 200, reply.text
    return [row["Name"] for row in reply.json()["records"]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("WHERE Name = 'BETA' OR Name = 'alpha 10%'", ["Alpha 10%", "Beta"]),
        ("WHERE (Name = 'Beta' OR Name = 'alpha_2') AND Status = 'Draft'", ["Beta"]),
        ("WHERE Status = 'Scheduled' AND (Name LIKE 'alpha%' OR Name LIKE 'b%')",
         ["Alpha 10%", "alpha_2"]),
        ("WHERE ((Name = 'Beta'))", ["Beta"]),
        ("WHERE NOT Name LIKE 'ALPHA%'", ["Beta"]),
        ("WHERE Status = 'Scheduled' AND (NOT Name LIKE '%2')", ["Alpha 10%"]),
        ("WHERE (NOT (Name = 'Beta' OR Name = 'alpha_2'))", ["Alpha 10%"]),
        (r"WHERE Name LIKE '%10\%'", ["Alpha 10%"]),
        (r"WHERE Name LIKE 'alpha\_2'", ["alpha_2"]),
        ("WHERE Name LIKE 'alpha_2'", ["alpha_2"]),
        ("WHERE Name LIKE 'B__a'", ["Beta"]),
        ("WHERE Name LIKE 'eta'", []),
        ("ORDER BY Name LIMIT 1 OFFSET 1", ["alpha_2"]),
        ("ORDER BY Name OFFSET 2", ["Beta"]),
        ("where name = 'beta' or name = 'none'", ["Beta"]),
    ],
)  # fmt: skip
def test_conditions(org: Outside, where: str, expected: list[str]) -> None:
    assert sorted(names(org, where)) == sorted(expected)


def test_names_are_read_in_any_case_and_written_as_the_org_writes_them(org: Outside) -> None:
    query = (
        "select ID, progressstatus, SEGMENT.name from flowrecord where type = 'segment' "
        "and SCHEDULEDSTARTDATE > 2026-01-01T00:00:00Z order by NAME asc nulls last"
    )
    (row,) = org.soql(query).json()["records"]
    assert list(row) == ["attributes", "Id", "ProgressStatus", "Segment"]
    assert row["Segment"]["Name"] == "Lapsed"
    assert row["attributes"]["type"] == "FlowRecord"
    assert org.soql("select COUNT( ) from LISTEMAIL").json()["totalSize"] == 3


def test_an_id_is_found_by_its_short_form_and_ends_in_its_checksum(org: Outside) -> None:
    (row,) = org.soql("SELECT Id FROM ListEmail WHERE Name = 'Beta'").json()["records"]
    id_ = row["Id"]
    assert names(org, f"WHERE Id = '{id_[:15]}'") == ["Beta"]
    assert names(org, f"WHERE Id IN ('{id_[:15]}', '{id_}')") == ["Beta"]
    assert names(org, f"WHERE Id = '{id_[:15].swapcase()}'") == []
    assert id_[15:] == checksum(id_)
    assert eighteen("001D000000IqhSL") == "001D000000IqhSLIAZ"  # from Salesforce's own pages


def checksum(id_: str) -> str:
    """Work the checksum out once more, the long way (facts: salesforce §8)."""
    letters = ""
    for start in (0, 5, 10):
        bits = "".join("1" if char.isupper() else "0" for char in reversed(id_[start : start + 5]))
        letters += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[int(bits, 2)]
    return letters


def every_id(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith("Id") and isinstance(inner, str):
                yield inner
            yield from every_id(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_id(inner)


def test_every_long_id_of_the_org_has_the_right_checksum() -> None:
    with opened(scenario=True) as outside:
        outside.send(source="salesforce", name="Two", at=AT, individual_only=True)
        daily = outside.send(source="salesforce", kind="flow", name="Daily", at=AT,
                             recurring="daily", segment="S", campaign="C")  # fmt: skip
        outside.set_clock("2026-03-05T16:00:00Z")
        outside.control("POST", f"/sends/{daily['id']}/duplicate", {})
        described = outside.soql("", resource="sobjects").json()["sobjects"]
        found: set[str] = set()
        for object_ in described:
            fields = [
                field["name"]
                for field in outside.soql(
                    "", resource=f"sobjects/{object_['name']}/describe"
                ).json()["fields"]
            ]
            query = f"SELECT {', '.join(fields)} FROM {object_['name']}"  # noqa: S608  our own
            rows = outside.soql(query).json()["records"]
            found |= {id_ for id_ in every_id(rows) if id_ != "default"}
        assert len(found) >= 40
        assert {id_ for id_ in found if len(id_) != 18 or id_[15:] != checksum(id_)} == set()
