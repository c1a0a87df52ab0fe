"""Templates, and the words of theirs: every text from outside is escaped."""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from connector.domain.reasons import span
from connector.render import contract, views
from connector.render.table import TONES

STATIC = Path(__file__).parent / "static"
_COMMAND = re.compile(r"`([^`]*)`")


def rendered(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("connector.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        prose=_prose,
        tone=lambda word: TONES.get(str(word), "quiet"),
        stamp=contract.stamp,
        ago=views.ago,
        span=span,
        local=views.local,
        near=views.near,
        date=_date,
    )
    environment.globals["asset"] = _asset
    return environment


def _prose(text: object) -> Markup:
    """Escape a sentence, and set the commands in it apart."""
    return Markup(_COMMAND.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped


def _date(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y}"


@lru_cache(maxsize=16)
def _asset(name: str) -> str:
    """Return a static file's address, which changes with the file: browsers keep it for good."""
    return f"/static/{name}?{sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"
