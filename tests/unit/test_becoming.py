"""A value that does not change stays the very same one."""

from connector.domain.becoming import becoming
from tests.support.planning import hours, send


def test_what_changes_nothing_is_the_very_same_value() -> None:
    value = send(at=hours(6))
    assert becoming(value, name=str(value.name), tags=tuple(value.tags)) is value
    assert becoming(value) is value


def test_any_change_makes_a_new_value_with_all_of_them() -> None:
    value = send(at=hours(6))
    changed = becoming(value, name=value.name, tags=("new",))
    assert (changed.tags, changed.name, changed.when) == (("new",), value.name, value.when)
    assert value.tags != ("new",)
