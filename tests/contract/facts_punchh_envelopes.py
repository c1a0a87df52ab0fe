"""Shapes of refusals seen on the siblings of the three calls (facts: punchh §11).

On the commit itself the tested bodies hold texts; that it may answer like its siblings is inferred.
What our client makes of each is asserted where the outcomes are.
"""

from functools import partial
from typing import Any

from tests.contract.punchh_world import (
    CAMPAIGNS,
    FEATURE_OFF,
    FRIES,
    REDEEMABLES,
    SEGMENTS,
    commit,
    order,
)
from tests.contract.rows import Ask, Fact

SENTENCE = "Invalid segment id."
_fact = partial(commit, section="punchh §11", confidence="INFERRED", ours=None)
_listed = partial(Fact, section="punchh §11", confidence="INFERRED", ours=None)


def _shape(shape: str, told: str, body: Any) -> Fact:
    return _fact(
        id=f"punchh-11-{shape.replace('_', '-')}",
        told=told,
        world=(FRIES,),
        switches={"punchh.refusal_shape": shape},
        ask=order(),
        status=422,
        body=body,
    )


SHAPES = (
    _shape(
        "key_list", "errors may hold a list of texts.", {"errors": {"invalid_segment": [SENTENCE]}}
    ),
    _shape("list", "errors may be a list of texts itself.", {"errors": [SENTENCE]}),
    _shape("base_list", "The key may be base.", {"errors": {"base": [SENTENCE]}}),
    _shape("bare_base", "base may stand alone.", {"base": [SENTENCE]}),
    _shape("bare_key_list", "So may any key with its list.", {"invalid_segment": [SENTENCE]}),
    _shape("message", "It may be a message.", {"message": SENTENCE}),
    _fact(
        id="punchh-11-bad-json",
        told="JSON that cannot be read may be answered with a status in the body.",
        switches={"punchh.bad_json": "status"},
        ask=Ask(method="POST", path=CAMPAIGNS, text="{"),
        status=400,
        body={"status": 400, "error": "data was not valid JSON"},
    ),
)


def _account(kind: str, path: str, status: int, body: Any) -> Fact:
    return _listed(
        id=f"punchh-11-{kind.replace('_', '-')}-{path.rsplit('/', 1)[1]}",
        told=f"An account may be refused by {status}.",
        switches={"punchh.account_refusal": kind},
        ask=Ask(path=path, method="POST" if path == CAMPAIGNS else "GET"),
        status=status,
        body=body,
        shaped=frozenset(body),
    )


ACCOUNTS = tuple(
    _account(kind, path, status, body)
    for kind, status, body in (
        ("not_available", 403, {"error": "Sorry, this functionality is not available. …"}),
        ("invalid_subscription", 406, {"invalid_subscription": "…"}),
    )
    for path in (SEGMENTS, REDEEMABLES, CAMPAIGNS)
)
FEATURE = (
    _listed(
        id="punchh-11-feature-off-as-base",
        told="A feature that is off may be told as base.",
        switches={"punchh.distribution": False, "punchh.refusal_shape": "base_list"},
        ask=Ask(path=REDEEMABLES),
        status=422,
        body={"errors": {"base": [FEATURE_OFF]}},
        shaped=frozenset(),
    ),
)
ENVELOPES = (*SHAPES, *ACCOUNTS, *FEATURE)
