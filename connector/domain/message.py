"""What people are told on a channel: the worst first, in one message a cycle."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.domain.attention import Severity
from connector.domain.text import one_line

MOST = 20  # notices spelled out in one message
PASTE = "Ready rules, to be pasted below `rules:` of a mapping file, each redeemable chosen"


class News(StrEnum):
    """What is new about an attention."""

    BEGAN = "began"
    STANDS = "stands"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Notice:
    """One attention in a message. `told` says what, and what to do; `since` is when it was first.

    `about` and `told` hold names from outside: whoever shows them keeps them to one line.
    """

    news: News
    severity: Severity
    code: str
    subject: str
    about: str
    told: str
    since: datetime

    @property
    def label(self) -> str:
        """`critical`, `warning` or `over`."""
        return News.OVER.value if self.news is News.OVER else self.severity.value


@dataclass(frozen=True, slots=True)
class Message:
    """Some notices, at least one; `rules` is a mapping file for those that want one ("" if none).

    Whoever writes `rules` keeps each name from outside quoted, and on one line.
    """

    notices: tuple[Notice, ...]
    rules: str = ""

    @property
    def label(self) -> str:
        """The gravest of what stands; `over` where nothing of it does."""
        return min((one.label for one in self.notices), key=_LABELS.index)

    @property
    def title(self) -> str:
        """One line: the only notice, or how many there are of each kind."""
        if len(self.notices) == 1:
            (one,) = self.notices
            return f"connector: {one.label}: {one_line(one.about)} ({one.code})"
        labels = [one.label for one in self.notices]
        counts = ((labels.count(label), label) for label in _LABELS)
        return f"connector: {', '.join(_counted(*each) for each in counts if each[0])}"

    @property
    def text(self) -> str:
        """The title, a paragraph for each notice, and the rules to paste."""
        shown = [_paragraph(one) for one in self.notices[:MOST]]
        if left := len(self.notices) - len(shown):
            shown.append(f"and {left} more: `connector status` shows all")
        if self.rules:
            shown.append(f"{PASTE}:\n```\n{self.rules}\n```")
        return "\n\n".join([self.title, *shown])


_LABELS = (Severity.CRITICAL.value, Severity.WARNING.value, News.OVER.value)


def _counted(count: int, label: str) -> str:
    return f"{count} {label}s" if count > 1 and label == Severity.WARNING else f"{count} {label}"


def _paragraph(notice: Notice) -> str:
    still = " (still)" if notice.news is News.STANDS else ""
    was = "it was: " if notice.news is News.OVER else ""
    head = f"{notice.label.upper()}{still}: {notice.about} [{notice.subject}, {notice.code}]"
    return f"{one_line(head)}\n{one_line(was + notice.told)}"
