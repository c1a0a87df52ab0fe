"""A person's word said on a page: the very methods of the ledger that the verbs call."""

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from connector.domain.durations import parse_duration
from connector.domain.pause import Pause, Scope
from connector.errors import RefusedError
from connector.web.guard import Ask, Draft
from connector.web.sends import send
from connector.web.today import today

NO_REASON = "Say why: it is kept with the event."
_CHOICES = ("committed", "not-committed", "abandon")
UNTIL = ("", "2h", "8h", "1d", "7d")


def approve(ask: Ask) -> Response | Draft:
    return _of_send(
        ask,
        lambda subject, reason: ask.ledger.approve(
            [subject], at=ask.now, who=ask.visitor.name, reason=reason
        ),
    )


def resolve(ask: Ask) -> Response | Draft:
    def said(subject: str, reason: str) -> object:
        became = ask.form.get("became", "")
        if became not in _CHOICES:
            raise RefusedError("Say what became of it: one of the three.")
        return ask.ledger.resolve(
            subject,
            at=ask.now,
            who=ask.visitor.name,
            reason=reason,
            committed=_number(ask.form.get("campaign_id", "")) if became == "committed" else None,
            abandon=became == "abandon",
        )

    return _of_send(ask, said)


def retry(ask: Ask) -> Response | Draft:
    return _of_send(
        ask,
        lambda subject, reason: ask.ledger.retry(
            subject,
            at=ask.now,
            who=ask.visitor.name,
            reason=reason,
            although_it_may_exist=ask.form.get("although") == "yes",
        ),
    )


def acknowledge(ask: Ask) -> Response | Draft:
    return _of_send(
        ask,
        lambda subject, reason: ask.ledger.acknowledge(
            subject, at=ask.now, who=ask.visitor.name, reason=reason
        ),
    )


def recommit(ask: Ask) -> Response | Draft:
    def said(subject: str, reason: str) -> object:
        if ask.form.get("cancelled") != "yes":
            raise RefusedError("Else guests get two: cancel its campaign in Punchh, then say so.")
        return ask.ledger.recommit(subject, at=ask.now, who=ask.visitor.name, reason=reason)

    return _of_send(ask, said)


def approve_held(ask: Ask) -> Response | Draft:
    """Approve all that a cap holds."""
    return _of_day(
        ask,
        "approved",
        lambda reason: ask.ledger.approve_held_by(
            "cap", at=ask.now, who=ask.visitor.name, reason=reason
        ),
    )


def pause(ask: Ask) -> Response | Draft:
    def said(reason: str) -> None:
        scope, name = _scope(ask)
        length = ask.form.get("until", "")
        if length not in UNTIL:
            raise RefusedError(f"“{length}” is not one of the lengths offered.")
        until = ask.now + parse_duration(length) if length else None
        ask.ledger.pause(Pause(scope, name, ask.now, ask.visitor.name, reason, until))

    return _of_day(ask, "paused", said)


def resume(ask: Ask) -> Response | Draft:
    def said(reason: str) -> object:
        scope, name = _scope(ask, known_only=False)
        return ask.ledger.resume(scope, name, at=ask.now, who=ask.visitor.name, reason=reason)

    return _of_day(ask, "resumed", said)


def _of_send(ask: Ask, say: Callable[[str, str], object]) -> Response | Draft:
    """Say a word of one line; what is refused is told on the send's page, with the form kept."""
    subject, reason = ask.path("id"), ask.form.get("reason", "")
    if not reason:
        return send(ask, refused=NO_REASON, status=422)
    try:
        say(subject, reason)
    except RefusedError as error:
        return send(ask, refused=refused(ask, error), status=409)
    word = ask.request.url.path.rpartition("/")[2]
    return RedirectResponse(f"/sends/{subject}?said={word}", 303)


def refused(ask: Ask, error: RefusedError) -> str:
    return ask.site.words.whole(error.reason) if error.reason else str(error)


def _of_day(ask: Ask, code: str, say: Callable[[str], object]) -> Response | Draft:
    reason = ask.form.get("reason", "")
    if not reason:
        return today(ask, refused=NO_REASON, status=422)
    try:
        say(reason)
    except RefusedError as error:
        return today(ask, refused=refused(ask, error), status=409)
    return RedirectResponse(f"/?said={code}", 303)


def _scope(ask: Ask, *, known_only: bool = True) -> tuple[Scope, str]:
    """Return what a form names: `all`, `punchh`, `source:NAME` or `rule:NAME`."""
    kind, _, name = ask.form.get("what", "").partition(":")
    try:
        scope = Scope(kind)
    except ValueError:
        raise RefusedError("Say what is to be stopped or to go on.") from None
    if (scope in (Scope.ALL, Scope.PUNCHH)) != (not name):
        raise RefusedError("Say what is to be stopped or to go on.")
    if known_only and not _is_known(ask, scope, name):
        raise RefusedError(f"There is no {scope.value} “{name}”: such a pause would stop nothing.")
    return scope, name


def _is_known(ask: Ask, scope: Scope, name: str) -> bool:
    match scope:
        case Scope.SOURCE:
            return name in ask.site.settings.sources
        case Scope.RULE:
            book = ask.site.rules_in_force()
            return book is None or name in {rule.name for rule in book.rules}
        case _:
            return True


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise RefusedError("Give the campaign's number, as Punchh's dashboard shows it.")
    return int(text)
