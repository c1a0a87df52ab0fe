"""Mapping rules: what marketers write, and the schema of their files (design: mapping files)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from connector.domain.durations import Duration
from connector.domain.names import normalise

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False, pattern=r"\S")]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SegmentId(_Written):
    """A Punchh segment by its id, where the name is not enough."""

    id: int = Field(description="The segment's id in Punchh.", gt=0)


class RedeemableUuid(_Written):
    """A Punchh redeemable by its uuid, where the name is not enough."""

    uuid: Text = Field(description="The redeemable's uuid in Punchh.")


SegmentRef = Text | SegmentId
RedeemableRef = Text | RedeemableUuid


class Match(_Written):
    """Which sends a rule is about: all given keys must hold; `*` and `?` are wildcards."""

    source: Text | None = Field(None, description="The source's name in the configuration.")
    kind: Text | None = Field(
        None, description="campaign, canvas, list_email or flow: the kind of send."
    )
    send: Text | None = Field(None, description="The send's name; * and ? are wildcards.")
    id: Text | None = Field(None, description="The send's id in its source.")
    tags: tuple[Text, ...] | None = Field(
        None, min_length=1, description="Tags that the send must have, all of them."
    )
    audience: Text | None = Field(
        None, description="An audience of the send; the rule then gives to these audiences only."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError('says nothing: give it a key, or `send: "*"` for every send')
        return self


class Rule(_Written):
    """One rule: the first that matches a send claims it."""

    name: Text = Field(description="The rule's own name, unique over all files.")
    match: Match = Field(description="Which sends the rule is about.")
    segment: SegmentRef | tuple[SegmentRef, ...] | None = Field(
        None,
        description="The Punchh segment (or a list); without it the send's audiences are taken.",
    )
    redeemable: RedeemableRef | tuple[RedeemableRef, ...] | None = Field(
        None, description="The Punchh redeemable to give (or a list)."
    )
    ignore: Text | None = Field(None, description="Why such sends bring no offer.")
    lead_time: Duration | None = Field(None, description="The offer is there so long before.")
    min_lead: Duration | None = Field(None, description="The least lead if a send comes late.")
    commit_ahead: Duration | None = Field(
        None, description="Committed so long before the offer starts."
    )
    approval: Literal["required"] | None = Field(None, description="A person must approve.")
    max_guests: int | None = Field(None, gt=0, description="Hold larger segments for a person.")
    late: Literal["skip", "earliest"] = Field(
        "skip", description="What to do when the message goes out before the offer could be there."
    )
    repeat: Literal["allow"] | None = Field(
        None, description="The same offer may reach the same segment again soon after."
    )
    several: Literal["each"] | None = Field(
        None, description="Give to each of several segments, though guests in both get two."
    )

    @model_validator(mode="after")
    def _gives_or_ignores(self) -> Self:
        if (self.redeemable is None) == (self.ignore is None):
            raise ValueError("a rule has either `redeemable` or `ignore`")
        if self.ignore is not None and self.segment is not None:
            raise ValueError("a rule with `ignore` has no `segment`")
        for key in ("segment", "redeemable"):
            if getattr(self, key) == ():
                raise ValueError(f"`{key}` is an empty list")
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
        description="Audience name in the source -> Punchh segment name, where they differ.",
    )
    rules: tuple[Rule, ...] = Field((), description="The first rule that matches a send claims it.")


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
