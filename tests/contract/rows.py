"""What a row of the fact tables holds: an exchange, and what our client must make of the reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Confidence = Literal["CONFIRMED", "INFERRED"]
Sign = Literal["sha1", "sha256", "base64", "wrong secret", "other body", "no query", "none"]
Shape = Mapping[str, Any]
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The literal request; `json`, `text` and `form` are bodies, `key` false sends a wrong one.

    A guest's call says how it is signed; `bearer` is the guest's token in its header. `host` is
    asked for in place of the usual one.
    """

    path: str
    method: str = "GET"
    params: Shape = field(default_factory=dict)
    json: Any = None
    text: str | None = None
    key: bool = True
    sign: Sign = "sha1"
    bearer: str | None = None
    form: Shape | None = None
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a commit comes to; `drift` is a part of what is said of the echo, "" for none."""

    verdict: str
    code: str
    campaign_id: int | None = None
    drift: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a catalog reads: ids and names, in order; `more` are the pages after the first."""

    items: tuple[tuple[int | str, str], ...]
    more: tuple[Any, ...] = ([],)
    requests: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What a poll reads: `(kind, id, name, first_delivery or None for a problem)` of each row."""

    sends: tuple[tuple[str, str, str, str | None], ...]
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a look at the details says: is the send still live?"""

    kind: str
    live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A RemoteError; `account` where asking again makes it worse. `of` names the call."""

    account: bool = False
    of: str = "poll"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applies:
    """What a look at applicable offers reads: reward id, name and discount of each."""

    offers: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What a look into an account reads: reward id, `gifted_for_type` and `gifted_for_id`."""

    rewards: tuple[tuple[int, str | None, int | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Whether a guest is in a segment."""

    member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A poll that reads everything but one kind of send."""

    kind: str


Ours = Made | Listed | Polled | Live | Failed | Applies | Holds | Member | LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact of a sheet.

    `world` is staged in the simulator before it is asked, `switches` are set. `body` is the
    literal reply; of the keys in `shaped` only the kind of value is a fact. Without `simulated`
    the simulator has no way to show it, without `ours` our client never asks. `also` is what our
    client is told when it asks on, by object.
    """

    id: str
    section: str
    confidence: Confidence
    told: str
    ask: Ask
    status: int = 200
    body: Any
    ours: Ours | None
    world: tuple[Shape, ...] = ()
    switches: Shape = field(default_factory=dict)
    shaped: frozenset[str] = frozenset()
    simulated: bool = True
    starts: str = ""
    also: Shape = field(default_factory=dict)


def differs(fact: Fact, told: Any, got: Any) -> str:
    """Say where a reply differs from the literal one, or "" where it does not."""
    if isinstance(told, dict) and isinstance(got, dict):
        if told.keys() != got.keys():
            return f"keys {sorted(told)} and {sorted(got)}"
        for key, value in told.items():
            if key in fact.shaped:
                if not (type(value) is type(got[key]) or None in (value, got[key])):
                    return f"{key} is a {type(got[key]).__name__}"
            elif found := differs(fact, value, got[key]):
                return f"{key}: {found}"
        return ""
    if isinstance(told, list) and isinstance(got, list) and len(told) == len(got):
        return next(
            (found for pair in zip(told, got, strict=True) if (found := differs(fact, *pair))), ""
        )
    return "" if type(told) is type(got) and told == got else f"{told!r} and {got!r}"
