"""Every sentence that a reason becomes: one table, by the reason's key.

`{fact}` stands for a fact of the reason: names are quoted when there are several, instants are
spelled in the business's zone, `{id}` is the row's id. `connector.render.words` explains the forms
behind a colon. A command stands between backticks.
"""

from collections.abc import Mapping

from connector.render.texts.doctor import DOCTOR
from connector.render.texts.gifts import GIFTS
from connector.render.texts.ledger import LEDGER
from connector.render.texts.offers import OFFERS
from connector.render.texts.people import PEOPLE
from connector.render.texts.remotes import REMOTES
from connector.render.texts.sources import SOURCES
from connector.render.texts.text import Text

__all__ = ["PARTS", "SAID", "TEXTS", "Text"]

_TABLES = (OFFERS, GIFTS, REMOTES, SOURCES, LEDGER, PEOPLE, DOCTOR)  # no key stands in two of them
TEXTS: Mapping[str, Text] = {key: text for table in _TABLES for key, text in table.items()}

# By variant, whatever the code: what is said elsewhere, and attempts that are made again.
SAID: Mapping[str, Text] = {
    "said": Text("{text}", "{step:?}"),
    "again": Text("{why}; tried again from {until}", "{why:step}"),
}

# Codes that only ever stand within another reason, an event, or an answer to a person.
PARTS = frozenset(
    {
        *("answer", "cause", "exchange", "failed", "failed-again", "mail", "reading", "time"),
        *("unanswered", "may-still-arrive", "too-early"),
        *("gift-heard", "gift-seen", "live", "back-to-rehearsal", "mappings-accepted"),
        *("restored", "world-met", "at-work", "right-held"),
        *("login", "login-failed", "login-ended", "approvers-only"),
    }
)
