"""Everything the fact sheets call unknown, as a named switch with the sheet's default."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = bool | int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """One unknown: its name, what we assume, what else it may be, and where the sheet says so."""

    name: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()


PUNCHH_ORDER = (
    "campaign_type", "category", "redeemable", "segment", "start_time", "status", "expiry", "name",
)  # fmt: skip

_OPTIONAL = ("archived", "draft", "enabled", "has_post_launch_draft", "tags")
_SLIDES = ("either", "taken", "added")

TABLE = (
    # Every remote
    Switch("wire.informational", (), "1xx statuses sent before every answer",
           ("100", "102", "103")),
    Switch("wire.pages_move_by", "either", "what moves a list between two of its pages: a row "
           "taken out of an earlier page, or added to one", _SLIDES),
    # Braze
    Switch("braze.roll", "nominal", "when a recurring row moves on (braze §8)",
           ("nominal", "last_zone", "delayed")),
    Switch("braze.roll_delay_minutes", 5, "minutes after the nominal time, for roll = delayed"),
    Switch("braze.lag_seconds", 0, "a read is up to so many seconds old, each anew (braze §4)"),
    Switch("braze.dropout_percent", 0, "how many rows a list lacks for one poll (braze §8)"),
    Switch("braze.copies_tags", True, "a duplicate has the tags of what it copies (braze §8)"),
    Switch("braze.moved_goes_again", False,
           "a one-off moved while it is queued goes at its new time too (braze §8)"),
    Switch("braze.zone_change", "wall", "what scheduled sends keep then: digits or instant (§6.1)",
           ("wall", "instant")),
    Switch("braze.end_time_date", "utc", "whose date counts when end_time has offset (braze §1)",
           ("utc", "literal")),
    Switch("braze.message_key", False, "scheduled_broadcasts carries message: success (braze §1)"),
    Switch("braze.order", "created", "order of scheduled_broadcasts (braze §1)",
           ("created", "reversed", "shuffled")),
    Switch("braze.row_cap", 0, "most rows scheduled_broadcasts returns, 0 is no cap (braze §1)"),
    Switch("braze.max_days_ahead", 0, "farthest end_time that is heeded, 0 is any (braze §1)"),
    Switch("braze.empty", "list", "how scheduled_broadcasts says that there is nothing (braze §1)",
           ("list", "null", "absent")),
    Switch("braze.also_shows", (), "what scheduled_broadcasts shows besides (braze §1, §11.4)",
           ("api", "draft", "stopped", "archived", "winner")),
    Switch("braze.null_tags", False, "every list of tags holds a null, too (braze §12)"),
    Switch("braze.details_null", (), "keys that are null in details (braze §12)", _OPTIONAL),
    Switch("braze.details_absent", (), "keys that details lack (braze §12)", _OPTIONAL),
    Switch("braze.pages_move_percent", 0, "how often a list moves between two pages (braze §2)"),
    Switch("braze.error_body", "message", "form of an error's body (braze §5)",
           ("message", "errors", "empty", "html")),
    Switch("braze.unknown_id_status", 400, "status of details for an unknown id (braze §5)"),
    Switch("braze.missing_permissions", (), "permissions that the key lacks (braze §3)"),
    Switch("braze.rate_limit", 250_000, "requests an hour in the shared bucket (braze §4)"),
    Switch("braze.rate_headers", True, "send the x-ratelimit headers (braze §4)"),
    Switch("braze.rate_reset", "epoch", "form of x-ratelimit-reset (braze §4)",
           ("epoch", "delta", "past", "junk")),
    Switch("braze.retry_after", "", "Retry-After of a 429, as written (braze §4)"),
    Switch("braze.rate_retry_after", "", "X-RateLimit-Retry-After of a 429, as written (braze §4)"),
    # Salesforce
    Switch("salesforce.page_size", 2000, "rows a page (salesforce §1.0)"),
    Switch("salesforce.invalid_types", (), "objects this user may not see (salesforce §1.0)"),
    Switch("salesforce.invalid_fields", (), "Object.Field that this user may not see (§1.0)"),
    Switch("salesforce.account_engagement", False, "ListEmail has SentVia (salesforce §1.1)"),
    Switch("salesforce.source_list_name", True, "SourceList.Name works in SOQL (salesforce §1.2)"),
    Switch("salesforce.session_calls", 0, "calls a session lives, 0 is for ever (salesforce §6.4)"),
    Switch("salesforce.single_session", False, "a login ends earlier sessions (salesforce §4.6)"),
    Switch("salesforce.session_error", "array", "form of the 401 body (salesforce §4.3)",
           ("array", "html", "object")),
    Switch("salesforce.addresses", "salesforce",
           "instance_url and id name My Domain, or the simulator by its own address",
           ("salesforce", "own")),
    Switch("salesforce.password_logins", False,
           "logins by user and password work: OAuth password, SOAP below 65 (salesforce §1.0b)"),
    Switch("salesforce.rotate_refresh_token", False, "a refresh brings a new refresh_token"),
    Switch("salesforce.wrong_secret_status", 400, "status for a wrong secret (salesforce §6.1)"),
    Switch("salesforce.error_description", True, "login errors say why (salesforce §1.0b)"),
    Switch("salesforce.jwt_public_key", "", "PEM to check a JWT's signature and expiry with"),
    Switch("salesforce.api_limit", 15_000, "calls a day before 403 (salesforce §1.0)"),
    Switch("salesforce.preparing_minutes", 10, "minutes a flow is PreparingData (salesforce §1.5)"),
    Switch("salesforce.lag_seconds", 0, "a read is up to so many seconds old, each anew"),
    Switch("salesforce.dropout_percent", 0, "how many rows a query lacks, once"),
    Switch("salesforce.start_moves", True,
           "a recurring flow's ScheduledStartDate moves to its next run (salesforce §7.8)"),
    Switch("salesforce.between_runs", "Scheduled",
           "ProgressStatus of a recurring flow between its runs (salesforce §8)",
           ("Scheduled", "InProgress")),
    Switch("salesforce.flow_trigger", "Segment", "Type of a segment-triggered flow (§7.8)"),
    Switch("salesforce.flow_list_emails", False,
           "a flow's mail is a ListEmail without a date, too (salesforce §1.5, §7.9)"),
    # Punchh
    Switch("punchh.strict", False, "every edge check on (punchh §9 A1)"),
    Switch("punchh.require_user_agent", False, "403 without User-Agent (punchh §9 A1)"),
    Switch("punchh.block_failed_logins", False, "10 failed logins in 10 min block 1 h (punchh §7)"),
    Switch("punchh.dashboard_access", True, "the admin may use the dashboard API (punchh §3)"),
    Switch("punchh.distribution", True, "external distribution is on (punchh §3)"),
    Switch("punchh.stray_space_key", False, "the feature-off key has a stray space (punchh §3)"),
    Switch("punchh.wins", "body", "which wins when query and body both name it (punchh §2)",
           ("body", "query")),
    Switch("punchh.case_sensitive", False, "list filter minds the case (punchh §2)"),
    Switch("punchh.clamp", 0, "largest per_page, silently, 0 is none (punchh §2)"),
    Switch("punchh.past_end", "empty", "what a page past the end shows (punchh §2)",
           ("empty", "repeat_last", "endless")),
    Switch("punchh.bad_numbers", "default", "page or per_page not a positive number (punchh §2)",
           ("default", "refuse")),
    Switch("punchh.bad_json", "error", "body of the 400 for unreadable JSON (punchh §9 C1)",
           ("error", "status", "empty", "html")),
    Switch("punchh.refusal_shape", "text", "envelope of a 422 (punchh §11)",
           ("text", "key_list", "list", "base_list", "bare_base", "bare_key_list", "message")),
    Switch("punchh.account_refusal", "none", "refusals of sibling calls, here too (punchh §11)",
           ("none", "not_available", "invalid_subscription")),
    Switch("punchh.pages_move_percent", 0, "how often a list moves between two pages (punchh §2)"),
    Switch("punchh.max_days_ahead", 0, "farthest start_time, 0 is any (punchh §4.4)"),
    Switch("punchh.quoted_segment_id", True, "segment_id may be quoted digits (punchh §4.1)"),
    Switch("punchh.lenient_time", False, "fractions, +0530, no seconds are fine (punchh §4.4)"),
    Switch("punchh.lead_inclusive", True, "exactly 15 min of lead is enough (punchh §4.4)"),
    Switch("punchh.expiry_shape", "object", "envelope of the expiry refusal (punchh §9 C8)",
           ("object", "text")),
    Switch("punchh.segment_count", False, "segments/ID/count tells a segment's size (punchh §5)"),
    Switch("punchh.name_limit", 0, "longest campaign name, 0 is none (punchh §4.1)"),
    Switch("punchh.check_order", PUNCHH_ORDER, "order of the 422 checks (punchh §9 C3-9)"),
    Switch("punchh.members_at", "start", "when membership is evaluated (punchh §9 C11)",
           ("start", "creation")),
    Switch("punchh.campaign_clock", "utc", "how start_time is read when it fires (punchh §4.4)",
           ("utc", "business")),
    Switch("punchh.timezone", "America/New_York", "the business's zone"),
    Switch("punchh.processing_seconds", 0, "how long the gifting job runs (punchh §4.4)"),
    Switch("punchh.gift_inactive", True, "gift what was deactivated since (punchh §4.5)"),
    Switch("punchh.skew_seconds", 0, "Punchh's clock minus the world's (punchh §10.5)"),
    Switch("punchh.strict_receipt", False, "a receipt needs all it is said to need (punchh §8.14)"),
    Switch("punchh.gifted_for", "campaign", "what gifted_for_id of a mass gift is (punchh §5)",
           ("campaign", "other", "null")),
    Switch("punchh.member_lag_seconds", 20, "how late in_segment knows a new member (punchh §5)"),
    Switch("punchh.webhook_lag_seconds", 60, "how late a gift is told of (punchh §5)"),
    Switch("punchh.webhook_copies", 1, "how often each event is sent (punchh §5)"),
    Switch("punchh.webhook_order", "made", "in which order events are sent (punchh §5)",
           ("made", "reversed", "shuffled")),
    Switch("punchh.webhook_probe_signed", True, "the GET that tries the URL is signed (§11)"),
    Switch("punchh.webhook_ping_minutes", 0, "how often the URL is tried again, 0 never (§11)"),
    Switch("punchh.webhook_timestamp", "seconds", "unit of an event's timestamp (punchh §11)",
           ("seconds", "milliseconds")),
    Switch("punchh.webhook_guests", 3, "other guests of a campaign whose gifts are told of, too"),
    Switch("punchh.webhook_campaign", "campaign", "what its campaign_id is (punchh §10.10)",
           ("campaign", "other")),
    Switch("punchh.extra_headers", True, "X-Request-Id and its like are sent (punchh §7)"),
)  # fmt: skip


class Switches:
    """The values in force; only names of the table, only values of the default's kind."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {switch.name: switch.default for switch in TABLE}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def set(self, values: Mapping[str, Any]) -> None:
        """Change several together, or none: ValueError says what is wrong."""
        known = {switch.name: switch for switch in TABLE}
        for name in values:
            if name not in known:
                raise ValueError(f"there is no switch {name}")
        self._values |= {name: _checked(known[name], value) for name, value in values.items()}

    def reset(self) -> None:
        self._values = {switch.name: switch.default for switch in TABLE}

    def lines(self) -> dict[str, str]:
        """Return every switch with one line: its meaning, its default and what else it may be."""
        return {
            switch.name: f"{switch.meaning}; default {json.dumps(switch.default)}"
            + (f" of {', '.join(switch.choices)}" if switch.choices else "")
            for switch in TABLE
        }

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return every switch with its value, default and meaning."""
        return {
            switch.name: {
                "value": self._values[switch.name],
                "default": switch.default,
                "meaning": switch.meaning,
                "choices": switch.choices,
            }
            for switch in TABLE
        }


def _checked(switch: Switch, value: Any) -> Value:
    if isinstance(switch.default, tuple):
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise ValueError(f"{switch.name} is a list of texts")
        if switch.choices and not set(value) <= set(switch.choices):
            raise ValueError(f"{switch.name} is a list of {', '.join(switch.choices)}")
        _check_order(switch, tuple(value))
        return tuple(value)
    if type(value) is not type(switch.default):
        raise ValueError(f"{switch.name} is of kind {type(switch.default).__name__}")
    if switch.choices and value not in switch.choices:
        raise ValueError(f"{switch.name} is one of {', '.join(switch.choices)}")
    if isinstance(value, bool | int | str):
        return value
    raise ValueError(f"{switch.name} cannot be {value!r}")


def _check_order(switch: Switch, value: tuple[str, ...]) -> None:
    if switch.default == PUNCHH_ORDER and sorted(value) != sorted(PUNCHH_ORDER):
        raise ValueError(f"{switch.name} names each of {', '.join(PUNCHH_ORDER)} once")
