"""Mapping rules: what marketers write, and the schema of their files (design: mapping files)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from connector.domain.durations import Duration
from connector.domain.names import normalise

MOST_IN_A_LIST = 100
MOST_OFFERS = 100  # that a rule can want for one send
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False, pattern=r"\S")]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SegmentId(_Written):
    """A Punchh segment by its id, where the name is not enough."""

    id: int = Field(
        description="The segment's id in Punchh, where two segments bear one name.",
        gt=0,
        examples=[1306383],
    )


class RedeemableUuid(_Written):
    """A Punchh redeemable by its uuid, where the name is not enough."""

    uuid: Text = Field(
        description="The redeemable's uuid in Punchh, where two redeemables bear one name.",
        examples=["15bd448ff26149edbe4c5ce666c1494e7691b06f"],
    )


SegmentRef = Text | SegmentId
RedeemableRef = Text | RedeemableUuid
_Segments = Annotated[tuple[SegmentRef, ...], Field(max_length=MOST_IN_A_LIST)]
_Redeemables = Annotated[tuple[RedeemableRef, ...], Field(max_length=MOST_IN_A_LIST)]


class Match(_Written):
    """Which sends a rule is about. All given keys must hold; * is any text, ? one character.

    Upper and lower case and doubled blanks make no difference.
    """

    source: Text | None = Field(
        None,
        description="The source's name in the configuration. Without it: any source.",
        examples=["braze_us", "sf_core"],
    )
    kind: Text | None = Field(
        None,
        description=(
            "The kind of send: campaign or canvas (Braze), list_email (a Salesforce List Email), "
            "flow (a segment-triggered flow of Marketing Cloud Next). Without it: any kind."
        ),
    )
    send: Text | None = Field(
        None,
        description="The send's name in its source. * stands for any text, ? for one character.",
        examples=["Friday Fries*", "*Newsletter*"],
    )
    id: Text | None = Field(
        None, description="The send's id in its source: for one send whose name may change."
    )
    tags: tuple[Text, ...] | None = Field(
        None,
        min_length=1,
        max_length=MOST_IN_A_LIST,
        description="Tags that the send must have, all of them (Braze).",
        examples=[["offer"]],
    )
    audience: Text | None = Field(
        None,
        description=(
            "An audience that the send must have. The rule then gives to the audiences that fit "
            "and leaves out the rest, which are reported."
        ),
        examples=["VIP*"],
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError('says nothing: give it a key, or `send: "*"` for every send')
        return self


class Rule(_Written):
    """One rule: the first that matches a send claims it. It has a redeemable, or ignore."""

    name: Text = Field(
        description="The rule's own name, unique over all files. People see it beside each offer.",
        examples=["friday-fries"],
    )
    match: Match = Field(description="Which sends the rule is about. All given keys must hold.")
    segment: SegmentRef | _Segments | None = Field(
        None,
        description=(
            "The Punchh segment that gets the offer: its name, {id: …}, or a list of these. "
            "Without it, each audience of the send is taken for a segment's name."
        ),
        examples=["VIP Guests"],
    )
    redeemable: RedeemableRef | _Redeemables | None = Field(
        None,
        description=(
            "The Punchh redeemable to give: its name, {uuid: …}, or a list of these. The name "
            "must be that of exactly one redeemable."
        ),
        examples=["Free Medium Fries"],
    )
    ignore: Text | None = Field(
        None,
        description="In place of a redeemable: why such sends bring no offer.",
        examples=["no offer goes with the newsletter"],
    )
    lead_time: Duration | None = Field(
        None,
        description=(
            "The offer starts so long before the first guest can read the message: more for a "
            "large segment. Without it: schedule.lead_time of the configuration (30m)."
        ),
    )
    min_lead: Duration | None = Field(
        None,
        description=(
            "The least lead that is good enough when a send appears late; with less, the offer "
            "is missed. Without it: schedule.min_lead of the configuration (5m)."
        ),
    )
    commit_ahead: Duration | None = Field(
        None,
        description=(
            "Committed in Punchh so long before the offer starts; until then it follows a send "
            "that moves. Without it: schedule.commit_ahead of the configuration (2h)."
        ),
    )
    approval: Literal["required"] | None = Field(
        None, description="required: each offer is held until a person approves it."
    )
    max_guests: int | None = Field(
        None,
        gt=0,
        description=(
            "An offer to a segment with more guests than that is held for a person; so is one to "
            "a segment that is empty or of unknown size."
        ),
        examples=[50000],
    )
    late: Literal["skip", "earliest"] = Field(
        "skip",
        description=(
            "For a send that is seen too late. skip: the offer is missed. earliest: it is given "
            "as early as Punchh allows, though the message may come first."
        ),
    )
    repeat: Literal["allow"] | None = Field(
        None,
        description=(
            "allow: the same offer may reach the same segment again within safety.same_offer_gap "
            "(24h). Without it, the second one is held for a person."
        ),
    )
    several: Literal["each"] | None = Field(
        None,
        description=(
            "each: give to each of several segments, though guests in two of them get two. "
            "Without it, such offers are held for a person."
        ),
    )

    @model_validator(mode="after")
    def _gives_or_ignores(self) -> Self:
        if (self.redeemable is None) == (self.ignore is None):
            has = "neither" if self.ignore is None else "both"
            raise ValueError(f"a rule has either `redeemable` or `ignore`, and this one has {has}")
        if self.ignore is not None and self.segment is not None:
            raise ValueError("a rule with `ignore` has no `segment`")
        for key in ("segment", "redeemable"):
            if getattr(self, key) == ():
                raise ValueError(f"`{key}` is an empty list")
        offers = len(self.segments) * len(self.redeemables)
        if offers > MOST_OFFERS:
            raise ValueError(f"a rule may want {MOST_OFFERS} offers for a send, not {offers:,}")
        return self

    @property
    def segments(self) -> tuple[SegmentRef, ...]:
        match self.segment:
            case None:
                return ()
            case tuple() as several:
                return several
            case one:
                return (one,)

    @property
    def redeemables(self) -> tuple[RedeemableRef, ...]:
        match self.redeemable:
            case None:
                return ()
            case tuple() as several:
                return several
            case one:
                return (one,)


class MappingFile(_Written):
    """A mapping file: which sends get which Punchh offer."""

    version: Literal[1] = Field(description="The form of this file: always 1.")
    segments: dict[Text, Text] = Field(
        default_factory=dict,
        description=(
            "Audience name in the source: segment name in Punchh, where the two differ. It is one "
            "table over all files."
        ),
        examples=[{"VIP - Email": "VIP Guests"}],
    )
    rules: tuple[Rule, ...] = Field(
        (),
        description=(
            "The first rule that matches a send claims it; files are read in the order of their "
            "names. A send that no rule matches gets no offer and is shown as unmapped."
        ),
    )


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All mapping files as one set; `digest` names the set, `places` says where each rule stands.

    `segments` maps a normalised audience name to the Punchh segment's name.
    """

    rules: tuple[Rule, ...]
    segments: Mapping[str, str]
    digest: str
    places: Mapping[str, str]

    def segment_for(self, audience: str) -> str:
        """Return the Punchh segment name for an audience or a rule's segment."""
        return self.segments.get(normalise(audience), audience)
