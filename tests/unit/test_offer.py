from connector.domain.offer import Redeemable, Segment
from tests.support.planning import catalog


def test_names_are_found_in_whatever_spelling_and_all_of_them() -> None:
    lists = catalog([(1, "Vip Guests"), (2, " VIP  guests "), (3, "Other")], [("u", "Fries")])
    assert lists.segments_named("vip guests") == (
        Segment(1, "Vip Guests"),
        Segment(2, " VIP  guests "),
    )
    assert lists.segments_named("vip") == ()
    assert lists.redeemables_named("FRIES") == (Redeemable("u", "Fries"),)
    assert lists.redeemables_named("") == ()


def test_two_readings_of_the_same_lists_are_equal() -> None:
    assert catalog() == catalog()
    assert catalog() != catalog([(7, "Other")])
    assert "_by" not in repr(catalog())
