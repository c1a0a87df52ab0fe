"""Templates, and the words of theirs: every text from outside is escaped."""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from connector.domain.reasons import span
from connector.domain.text import printable
from connector.render import contract, views
from connector.render.table import TONES

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
        prose=_prose,
        commands=_commands,
        tone=lambda word: TONES.get(str(word), "quiet"),
        stamp=contract.stamp,
        ago=views.ago,
        span=span,
        local=views.local,
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
def _prose(context: Context, text: object) -> Markup:
    """Escape a sentence, set the commands in it apart, and tell its instants in the page's zone."""
    zone = context.get("zone")
    told = str(_commands(text))
    if isinstance(zone, ZoneInfo):
        told = views.respelled(told, lambda moment: _instant(moment, zone))
    if _WORD.match(told):  # and no name of anything
        told = told[0].upper() + told[1:]
    return Markup(told)  # noqa: S704  escaped


def _commands(text: object) -> Markup:
    """Escape a text, and set the commands in it apart."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped


def _instant(moment: datetime, zone: ZoneInfo) -> str:
    """Return an instant of a sentence by the business's clock."""
    stamp = contract.stamp(moment)
    return f'<time datetime="{stamp}" title="{stamp}">{views.local(moment, zone)}</time>'


def _date(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%A %d %B %Y, %H:%M %Z}"


@lru_cache(maxsize=16)
def _asset(name: str) -> str:
    """Return a static file's address, which changes with the file: browsers keep it for good."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
