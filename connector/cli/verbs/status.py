"""`connector status`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connector.app import kinds_of, words_of
from connector.cli.verbs.shared import as_json, opened, tables
from connector.cli.verbs.unclaimed import ready_rules, rules_as_they_are, say_ready
from connector.clock import SystemClock
from connector.domain.attention import Attention
from connector.domain.attentions import LATELY, attentions, held_against
from connector.domain.landing import CanaryNote, of_canary
from connector.domain.left_out import LeftOut, left_out
from connector.domain.plan import Mode
from connector.domain.standing import RemoteNote
from connector.ledger import Ledger
from connector.ledger.committer import holder
from connector.ledger.store import path_of
from connector.render import contract, views
from connector.render.table import Table, short
from connector.render.words import Words, local


def run(config: Path, *, json: bool) -> int:
    """Show how things stand, from the ledger alone."""
    now = SystemClock().now()
    with opened(config) as (settings, ledger):
        standing = ledger.standing(since=now - LATELY)
        accepted, (book, problems) = ledger.last_mappings(), rules_as_they_are(settings, ledger)
        unread = left_out(standing.remotes, kinds_of(settings), book)
        found = attentions(standing, settings.schedule, now, problems, unread)
        nearest, words = standing.next_commit_by(now), words_of(settings)
        zone = words.zone
        rules = ready_rules([one.unclaimed for one in found if one.unclaimed], book, words)
        if json:
            _json(ledger, nearest, found, now, problems, rules, unread, words)
            return 0
        file = path_of(settings.ledger.url)
        facts = [
            ("mode", _mode(ledger.mode(), zone)),
            ("worker", words.sentence(holder(file)) or "none is at work now"),
            ("ledger", f"{ledger.ledger_id}, generation {ledger.generation}"),
            *((state, count) for state, count in sorted(ledger.counts().items())),
            ("next commit by", local(nearest, zone) if nearest else ""),
            ("mappings", f"accepted {local(accepted.accepted_at, zone)}" if accepted else ""),
            ("mapping trouble", _fallback(problems)),
            ("wants a person", sum(told.acknowledged_by is None for told in found)),
        ]
        paused = [_paused_table(ledger, zone, now)] if ledger.pauses(at=now) else []
        tables(
            *paused,
            views.fields("Status", facts),
            _remotes(ledger, words, now, unread),
            *([_canaries(ledger, words, now)] if ledger.canaries() else []),
            _attentions(found, words),
        )
        say_ready(rules)
    return 0


def _mode(mode: Mode, zone: ZoneInfo) -> str:
    if mode.rehearsal:
        return "rehearsal: nothing is posted (`connector live` ends it)"
    return f"live since {local(mode.live_at, zone)}"


def _fallback(problems: Sequence[str]) -> str:
    if not problems:
        return ""
    return (
        f"{problems[0]} ({len(problems)} in all); the set accepted last stays in force. "
        "`connector mappings check` names them"
    )


def _paused_table(ledger: Ledger, zone: ZoneInfo, now: datetime) -> Table:
    return Table(
        "Paused",
        ("What", "Who", "Since", "Until", "Why", "Ended by"),
        tuple(
            (
                one.of,
                one.who,
                local(one.at, zone),
                local(one.until, zone) if one.until else "-",
                one.why,
                f"connector resume{one.arguments} --reason …",
            )
            for one in ledger.pauses(at=now)
        ),
    )


def _remotes(ledger: Ledger, words: Words, now: datetime, unread: Sequence[LeftOut]) -> Table:
    hidden: dict[str, str] = {}
    for kind in unread:
        before = hidden.get(kind.source)
        hidden[kind.source] = f"{before}, {kind.kind}" if before else f"does not show: {kind.kind}"
    return Table(
        "Remotes",
        ("Remote", "Last asked", "Last read", "Trouble", "Left alone"),
        tuple(
            (
                name,
                views.ago(note.last_attempt_at, now),
                views.ago(note.last_good_at, now),
                words.whole(note.trouble) or hidden.get(name, "-"),
                words.whole(held_against(note, now)) or "-",
            )
            for name, note in sorted(ledger.remotes().items())
        ),
        empty="none was asked yet: `connector run --once`",
    )


def _canaries(ledger: Ledger, words: Words, now: datetime) -> Table:
    return Table(
        "Canaries",
        ("Canary", "Segment", "In it", "Checked", "Last looked into", "Trouble"),
        tuple(
            (
                note.name,
                note.segment,
                {True: "yes", False: "no", None: "not known"}[note.member],
                views.ago(note.member_at, now),
                views.ago(note.looked_at, now),
                words.sentence(of_canary(note)) or "-",
            )
            for note in ledger.canaries().values()
        ),
    )


def _attentions(found: Sequence[Attention], words: Words) -> Table:
    return Table(
        "What wants a person",
        ("Severity", "Id", "About", "What, and what to do", "Acknowledged"),
        tuple(
            (
                told.severity.value,
                told.subject,
                short(told.about),
                words.whole(told.reason, told.subject),
                f"by {told.acknowledged_by}" if told.acknowledged_by else "-",
            )
            for told in found
        ),
        empty="nothing",
    )


def _json(
    ledger: Ledger,
    nearest: datetime | None,
    found: Sequence[Attention],
    now: datetime,
    problems: Sequence[str],
    rules: str,
    unread: Sequence[LeftOut],
    words: Words,
) -> None:
    mode, accepted = ledger.mode(), ledger.last_mappings()
    as_json(
        {
            "rehearsal": mode.rehearsal,
            "live_at": contract.stamp(mode.live_at),
            "ledger_id": ledger.ledger_id,
            "generation": ledger.generation,
            "counts": dict(ledger.counts()),
            "next_commit_by": contract.stamp(nearest),
            "mappings": {
                "digest": accepted.digest if accepted else None,
                "accepted_at": contract.stamp(accepted.accepted_at if accepted else None),
                "problems": list(problems),
            },
            "pauses": [
                {
                    "scope": one.scope.value,
                    "name": one.name or None,
                    "at": contract.stamp(one.at),
                    "who": one.who,
                    "why": one.why,
                    "until": contract.stamp(one.until),
                }
                for one in ledger.pauses(at=now)
            ],
            "remotes": {
                name: _remote_json(note, words, now)
                | {
                    "left_out": {
                        kind.kind: list(kind.rules) for kind in unread if kind.source == name
                    }
                }
                for name, note in ledger.remotes().items()
            },
            "canaries": {
                name: _canary_json(note, words) for name, note in ledger.canaries().items()
            },
            "attentions": [contract.attention(told, words) for told in found],
            "ready_rules": rules or None,
        }
    )


def _canary_json(note: CanaryNote, words: Words) -> dict[str, Any]:
    return {
        "segment": note.segment,
        "member": note.member,
        "member_at": contract.stamp(note.member_at),
        "looked_at": contract.stamp(note.looked_at),
        "trouble": words.sentence(of_canary(note)) or None,
    }


def _remote_json(note: RemoteNote, words: Words, now: datetime) -> dict[str, Any]:
    """Return a remote as last met; `skew_seconds` is how far its clock is ahead of ours."""
    return {
        "last_attempt_at": contract.stamp(note.last_attempt_at),
        "last_good_at": contract.stamp(note.last_good_at),
        "trouble": words.whole(note.trouble) or None,
        "skew_seconds": note.skew_seconds,
        "breaker": _breaker_json(note, words, now),
    }


def _breaker_json(note: RemoteNote, words: Words, now: datetime) -> dict[str, Any]:
    """Return what is held against a remote; `told` is null where it may be asked."""
    breaker, told = note.breaker, held_against(note, now)
    return {
        "failed_reads": breaker.failed_reads,
        "unknown_commits": breaker.unknown_commits,
        "refused": breaker.refused_key is not None,
        "since": contract.stamp(breaker.since),
        "why": words.sentence(breaker.why) or None,
        "read_after": contract.stamp(breaker.read_after),
        "commit_after": contract.stamp(breaker.commit_after),
        "not_before": contract.stamp(breaker.not_before),
        "shrunk_at": contract.stamp(note.shrunk_at),
        "told": words.whole(told) or None,
    }
