"""Telling people on their channels, and giving a sign of life; bounded, and after all commits."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from connector.app import Work
from connector.clock import Clock
from connector.domain.attention import Attention, Severity
from connector.domain.channels import after_failing, after_sending, rests
from connector.domain.message import Message, News, Notice
from connector.domain.rules import RuleBook
from connector.domain.standing import ChannelNote
from connector.domain.telling import Memory, Telling, Told, tell
from connector.errors import LedgerError, RemoteError
from connector.mapping.suggest import Suggester
from connector.ports import Channel
from connector.render.words import Words
from connector.telemetry import Event, aside, log
from connector.worker.observe import Interrupted, side_by_side

HEARTBEAT = "[heartbeat]"  # among the channels, none of which can be named so
LONGEST = 10.0  # seconds


class Teller:
    """Tells what is new of that which wants a person, within half a poll."""

    def __init__(self, work: Work) -> None:
        self._ledger, self._clock, self._outlets = work.ledger, work.clock, work.outlets
        self._words = work.words
        self._seconds = min(LONGEST, work.schedule.poll_seconds / 2)
        self._memory: Memory | None = None
        self._kept = True

    def tell(
        self, found: Sequence[Attention], book: RuleBook, now: datetime, *, good: bool
    ) -> bool:
        """Tell every channel its news, and say whether the cycle was good.

        Who is told of a send that no rule claims gets one to paste. What a channel took is
        written down; one that fails is tried again after a rest. False where it could not be
        written down: it then is remembered until it can, lest all of it be told again.
        """
        outlets, before = self._outlets, self._before()
        tellings = [
            tell(
                name,
                found,
                before.told,
                outlets.routes,
                outlets.repeat_after,
                now,
                self._words.whole,
            )
            for name in outlets.channels
        ]
        notes = {name: before.channels.get(name, ChannelNote(name)) for name in outlets.channels}
        due = {
            one.channel: _with_rules(one.message, found, book, self._words)
            for one in tellings
            if one.message and not rests(notes[one.channel], now)
        }
        answers = self._answers(due, good=good)
        notes |= {name: _met(notes[name], answer, now) for name, answer in answers.items()}
        after = Memory(
            frozenset(row for one in tellings for row in _remembered(one, answers)),
            {name: note for name, note in notes.items() if note != ChannelNote(name)},
        )
        if after != before or not self._kept:
            self._keep(after)
        return self._kept

    def _before(self) -> Memory:
        """Return what was told: what the ledger keeps, else what is remembered here.

        LedgerError where neither is to be had.
        """
        try:
            if self._kept:
                self._memory = self._ledger.told()
        except LedgerError:
            if self._memory is None:
                raise
        return self._memory or Memory()

    def _keep(self, memory: Memory) -> None:
        self._memory = memory
        try:
            self._ledger.keep_told(memory)
            self._kept = True
        except LedgerError as error:
            self._kept = False
            log.error(Event.WATCH_FAILED, reason=str(error))

    def beat(self) -> None:
        """Give a sign of life alone: nobody could see what there is to tell."""
        with aside("heartbeat"), suppress(Interrupted):
            self._answers({}, good=False)

    def _answers(self, due: Mapping[str, Message], *, good: bool) -> dict[str, str | RemoteError]:
        """Send what is due, side by side with the sign of life; return what came of each sending.

        Interrupted if told to stop meanwhile.
        """
        tasks: dict[str, Callable[[], object]] = {
            name: partial(self._outlets.channels[name].send, message)
            for name, message in due.items()
        }
        if self._outlets.heartbeat:
            tasks[HEARTBEAT] = partial(self._outlets.heartbeat.beat, good=good)
        answers = side_by_side(tasks, self._clock, seconds=self._seconds)
        if isinstance(error := answers.pop(HEARTBEAT, None), RemoteError):
            log.warning(Event.HEARTBEAT_FAILED, reason=self._words.sentence(error.reason))
        for name, answer in answers.items():
            _log(name, due[name], answer, self._words)
        return answers


def try_out(
    channels: Mapping[str, Channel], clock: Clock, *, who: str, host: str
) -> dict[str, str | RemoteError]:
    """Send every channel a harmless message; return what came of each. Nothing is remembered."""
    told = f"{who} tried this channel; nothing is wrong"
    test = Notice(
        News.BEGAN, Severity.WARNING, "test", "test", f"a test from {host}", told, clock.now()
    )
    tasks = {name: partial(one.send, Message((test,))) for name, one in channels.items()}
    return side_by_side(tasks, clock, seconds=LONGEST)


def _with_rules(
    message: Message, found: Sequence[Attention], book: RuleBook, words: Words
) -> Message:
    """Add the rules for the sends that it tells of, where they want one."""
    told = {one.subject for one in message.notices if one.news is not News.OVER}
    sends = [one.unclaimed for one in found if one.unclaimed and one.subject in told]
    suggester = Suggester(book, None, words.local, words.whole)
    return replace(message, rules=suggester.ready(sends))


def _remembered(telling: Telling, answers: Mapping[str, object]) -> frozenset[Told]:
    taken = isinstance(answers.get(telling.channel), str)
    return telling.if_taken if taken else telling.if_not


def _met(note: ChannelNote, answer: str | RemoteError, now: datetime) -> ChannelNote:
    if isinstance(answer, RemoteError):
        return after_failing(note, answer.reason, now)
    return after_sending(note, now)


def _log(channel: str, message: Message, answer: str | RemoteError, words: Words) -> None:
    if isinstance(answer, RemoteError):
        log.error(Event.ALERT_FAILED, channel=channel, reason=words.sentence(answer.reason))
        return
    for one in message.notices:
        event = Event.ALERT_RECOVERED if one.news is News.OVER else Event.ALERT_SENT
        log.info(
            event,
            channel=channel,
            news=one.news.value,
            severity=one.severity.value,
            code=one.code,
            subject=one.subject,
            **({"note": answer} if answer else {}),
        )
