"""Which scheduled sends the rules claim, and what follows from that for the rules."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.domain import resolve
from connector.domain.findings import Code, Finding, Place, Severity
from connector.domain.match import Match, match, trace
from connector.domain.names import Names, fits, normalise
from connector.domain.offer import Catalog
from connector.domain.reasons import Reason, few
from connector.domain.rules import Rule, RuleBook
from connector.domain.send import Send
from connector.mapping.checks import Written, rules_of, translations_of
from connector.mapping.hints import alike
from connector.mapping.load import Reading
from connector.mapping.places import Problem

MOST_TRIALS = 100_000  # of idle rules on sends: to say which comes nearest


@dataclass(frozen=True, slots=True)
class Claims:
    """What the rules say of each scheduled send, and where each rule stands."""

    reading: Reading
    book: RuleBook
    found: Sequence[tuple[Send, Match]]
    rules: Mapping[str, tuple[Written, Place]]

    def at(self, rule: str, code: Code, severity: Severity, message: str, fix: str) -> Finding:
        file, place = self.rules[rule]
        return file.found(Problem(place, code, message, fix=fix, severity=severity))

    def place(self, rule: str) -> str:
        file, place = self.rules[rule]
        return file.told(place)


Say = Callable[[Reason], tuple[str, str]]


def claims(reading: Reading, sends: Sequence[Send]) -> Claims:
    """Match all sends; ConfigError where the files are no set of rules."""
    book = reading.book
    rules = {
        str(rule["name"]): (file, file.tree.place((*path, "name")))
        for file in reading.files
        for path, rule in rules_of(file.tree)
    }
    return Claims(reading, book, [(send, match(send, book)) for send in sends], rules)


def audiences(made: Claims, catalog: Catalog) -> Iterator[Finding]:
    """Find audiences of claimed sends that are not one segment's name, once for each rule."""
    told: set[tuple[str, str]] = set()
    for send, found in made.found:
        if found.rule is None or found.rule.segments:
            continue
        for wanted in found.wanted:
            key = (found.rule.name, wanted.wanted_segment)
            if key not in told and isinstance(wanted.segment, str):
                told.add(key)
                if (why := _no_segment(wanted.segment, catalog)) is not None:
                    said, fix = why
                    message = f"it claims “{send.name}”, whose audience “{wanted.audience}” {said}"
                    yield made.at(found.rule.name, Code.AUDIENCE, Severity.WARNING, message, fix)


def _no_segment(name: str, catalog: Catalog) -> tuple[str, str] | None:
    """Say why a name is not one segment's, and what to do; None where it is."""
    several, unread = resolve.segments(name, catalog), resolve.unread_segments(name, catalog)
    if len(several) > 1:
        ids = " or ".join(few([f"`segment: {{id: {one.segment_id}}}`" for one in several]))
        said = f"is the name of {len(several)} segments in Punchh"
        return said, f"rename all but one there, or give the rule {ids}"
    if unread:
        said = "may be the name of a segment that cannot be read in Punchh's list"
        return said, f"correct it there, or give the rule `segment: {{id: …}}` ({unread[0].shown})"
    if several:
        return None
    said = alike(name, catalog.segment_names, "Or translate it under `segments`")
    return "is no segment in Punchh", said


def problems(sends: Sequence[Send], say: Say) -> Iterator[Finding]:
    """Find what is wrong with the scheduled sends themselves; it stands in their source."""
    for send in sends:
        if send.problem is not None:
            sentence, fix = say(send.problem)
            message = f"“{send.name}”: {sentence}"
            yield Finding(send.source, None, Code.SEND, message, fix, Severity.WARNING)


def idle_rules(made: Claims) -> Iterator[Finding]:
    """Find rules that claim no scheduled send now, which need not be wrong."""
    busy = {found.rule.name for _, found in made.found if found.rule}
    idle = [rule for rule in made.book.rules if rule.name not in busy]
    names, left = Names(send.name for send, _ in made.found), MOST_TRIALS
    for rule in idle:
        left -= len(made.found)
        near = _nearest(rule, made, names) if left >= 0 else ""
        message = "no scheduled send is claimed by this rule now"
        yield made.at(rule.name, Code.IDLE, Severity.NOTE, message, near)


def _nearest(rule: Rule, made: Claims, names: Names) -> str:
    """Name the send that comes nearest to a rule, and what keeps it from it."""
    alone = RuleBook((rule,), {}, "", {})
    wanted = rule.match.send
    named = [(send, found) for send, found in made.found if wanted and fits(wanted, send.name)]
    tried = [(trace(send, alone)[0].why_not, send, found) for send, found in named or made.found]
    tried.sort(key=_misses)
    for why_not, send, found in tried[:1]:
        if not why_not and found.rule is not None:
            other = found.rule.name
            return f"“{send.name}” fits it, but rule “{other}” comes first ({made.place(other)})"
        if named or (wanted is None and len(why_not) == 1 < len(rule.match.model_fields_set)):
            return f"the nearest is “{send.name}” in {send.source}: {'; '.join(why_not)}"
    near = names.ranked((wanted or "").strip("*?"), 1)
    return f"the nearest name is “{near[0][0]}” ({near[0][1]} % alike)" if near else ""


def _misses(one: tuple[tuple[str, ...], Send, Match]) -> int:
    return len(one[0])


def idle_translations(made: Claims) -> Iterator[Finding]:
    """Find entries of `segments` that neither a scheduled send nor a rule makes use of now."""
    used = {normalise(audience) for send, _ in made.found for audience in send.audiences}
    for rule in made.book.rules:
        used |= {normalise(one) for one in rule.segments if isinstance(one, str)}
    for file in made.reading.files:
        for audience, _ in translations_of(file.tree):
            if normalise(audience) not in used:
                place = file.tree.key_place(("segments", audience))
                message = f"no scheduled send and no rule names “{audience}” now"
                yield file.found(Problem(place, Code.IDLE, message, severity=Severity.NOTE))
