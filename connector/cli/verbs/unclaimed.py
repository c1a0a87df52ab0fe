"""Ready rules beside what several verbs tell of a send that no rule claims."""

from collections.abc import Sequence

from connector.app import MappingSets, read_rules
from connector.cli.verbs.shared import say, verbatim
from connector.domain.message import PASTE
from connector.domain.rules import RuleBook
from connector.domain.send import Send
from connector.errors import ConfigError
from connector.ledger import Ledger
from connector.mapping.suggest import Suggester
from connector.render.words import Words
from connector.settings import Settings

_NO_RULES = RuleBook((), {}, "", {})


def rules_as_they_are(settings: Settings, ledger: Ledger) -> tuple[RuleBook, Sequence[str]]:
    """Return the rules of the mapping files as they are now.

    Where something is wrong with them, the set accepted last, and the problems.
    """
    try:
        return read_rules(settings), ()
    except ConfigError as error:
        return MappingSets(settings, ledger).accepted() or _NO_RULES, error.problems


def ready_rules(sends: Sequence[Send], book: RuleBook, words: Words) -> str:
    """Return a mapping file for those of some sends that no rule claims, "" if all are claimed.

    It is made without asking anybody, so Punchh's names are not in it.
    """
    return Suggester(book, None, words.local, words.whole).ready(sends)


def say_ready(rules: str) -> None:
    if rules:
        say(f"{PASTE}:\n")
        verbatim(rules)
