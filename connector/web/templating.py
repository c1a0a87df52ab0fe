"""Templates, and the words of theirs: every text from outside is escaped."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from connector.domain.reasons import Reason, span
from connector.domain.text import printable
from connector.render import contract, views
from connector.render.table import TONES
from connector.render.words import ANY_ID, Kind, Piece, Pieces, Words, local

STATIC = Path(__file__).parent / "static"
_COMMAND = re.compile(r"`([^`]*)`")
_WORD = re.compile(r"[a-z]+(?=[ ,;.]|$)")


def rendered(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("connector.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        said=_said,
        step=_step,
        whole=_whole,
        pieces=_spoken,
        commands=_commands,
        tone=lambda word: TONES.get(str(word), "quiet"),
        stamp=contract.stamp,
        ago=views.ago,
        span=span,
        local=local,
        near=views.near,
        date=_date,
        moment=views.kept,
    )
    environment.globals["asset"] = _asset
    return environment


def _shown(value: Any) -> Any:
    """Take out of every text what would reorder or break a page: a file may hold it, say."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return Markup(text) if isinstance(value, Markup) else text  # noqa: S704  escaped already


@pass_context
def _said(context: Context, reason: Reason | None, id: str = ANY_ID) -> Markup:
    """Show what happened and why, without a full stop."""
    return _spoken(_words(context).sentence_pieces(reason, id))


@pass_context
def _step(context: Context, reason: Reason | None, id: str = ANY_ID) -> Markup:
    """Show what to do about it, without a full stop."""
    return _spoken(_words(context).step_pieces(reason, id))


@pass_context
def _whole(context: Context, reason: Reason | str | None, id: str | None = None) -> Markup:
    """Show a reason in full sentences, or what a person typed."""
    if isinstance(reason, str):
        return escape(reason)
    return _spoken(_words(context).whole_pieces(reason, id or ANY_ID))


def _words(context: Context) -> Words:
    found: Words = context["words"]
    return found


def _spoken(pieces: Iterable[Piece]) -> Markup:
    """Escape a sentence, and set its commands and its instants apart."""
    return Markup("").join(map(_piece, _begun(tuple(pieces))))


def _begun(pieces: Pieces) -> Pieces:
    """Let a sentence begin with a capital, unless it begins with the name of something."""
    if not pieces or pieces[0].kind is not Kind.PLAIN or not _WORD.match(pieces[0].text):
        return pieces
    text = pieces[0].text
    return (replace(pieces[0], text=text[0].upper() + text[1:]), *pieces[1:])


def _piece(piece: Piece) -> Markup:
    if piece.kind is Kind.COMMAND:
        return Markup("<code>{}</code>").format(piece.text)
    if piece.at is not None:
        stamp = contract.stamp(piece.at)
        return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(stamp, piece.text)
    return escape(piece.text)


def _commands(text: object) -> Markup:
    """Escape a text that is no reason's, and set the commands in it apart."""
    told = str(escape(text))
    if _WORD.match(told):  # and no name of anything
        told = told[0].upper() + told[1:]
    return Markup(_COMMAND.sub(r"<code>\1</code>", told))  # noqa: S704  escaped


def _date(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%A %d %B %Y, %H:%M %Z}"


@lru_cache(maxsize=16)
def _asset(name: str) -> str:
    """Return a static file's address, which changes with the file: browsers keep it for good."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
