"""Says what is wrong with what a cell came to; nothing wrong is an empty list."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.calls import ALL, FIRST, GONE, OF, PUNCHH, Post, Read
from tests.faults.matrix import Cell
from tests.support.cells import SECRETS, Ran, Seen

OPEN = {"blocked", "held", "waiting", "missed", "withdrawn"}
LONGEST_SENTENCE = 320


@dataclass(frozen=True)
class Judge:
    """Holds one cell's results against the matrix."""

    cell: Cell
    ran: Ran

    def problems(self) -> list[str]:
        own = self._post() if self.cell.call.is_post else self._read()
        return [*self._promise(), *own, *self._afterwards(), *self._silence()]

    def _promise(self) -> Iterator[str]:
        """At most once, always, and only with an attempt written down."""
        for name, seen in (("spoiled", self.ran.spoiled), ("clean", self.ran.clean)):
            for send, ids in seen.campaigns.items():
                if len(ids) > 1:
                    yield f"{name}: {send} has {len(ids)} campaigns"
            for send, (state, _, campaign) in seen.rows.items():
                made = seen.campaigns.get(send, [])
                if state == "committed" and made != [campaign]:
                    yield f"{name}: {send} is committed as {campaign}, Punchh holds {made}"
                if made and state not in ("committed", "unknown"):
                    yield f"{name}: {send} is {state}, and Punchh holds {made}"
        if not self.ran.hits:
            yield "the fault was never met"
        if self.ran.trapped:
            yield "a redirect was followed"

    def _silence(self) -> Iterator[str]:
        for secret in SECRETS:
            if secret in self.ran.written:
                at = self.ran.written.index(secret)
                yield f"a secret was written: …{self.ran.written[max(0, at - 120) : at + 40]!r}…"

    # --- a GET or a login

    def _read(self) -> Iterator[str]:
        call, read, seen = self.cell.call, self.cell.read, self.ran.spoiled
        dark = read is Read.DARK
        lost = OF[call.remote] if dark and not call.gone else call.hangs
        lost = frozenset() if read is Read.FINE else lost
        given = {send for send, (state, *_) in seen.rows.items() if state == "committed"}
        if missing := ALL - lost - given:
            yield f"not committed, though nothing was wrong with them: {sorted(missing)}"
        if dark and given & lost:
            yield f"committed in the dark: {sorted(given & lost)}"
        if read is Read.DIM and lost <= given:
            yield "committed, though their rows were odd"
        if {s for s, n in seen.posts.items() if n} != given:
            yield f"posts {dict(seen.posts)}, but committed {sorted(given)}"
        yield from self._said(dark=dark)
        if call.gone:
            yield from self._gone(seen, dark=dark)

    def _said(self, *, dark: bool) -> Iterator[str]:
        remote, seen = self.cell.call.remote, self.ran.spoiled
        told = seen.told.get(remote)
        if set(seen.told) - {remote}:
            yield f"told of others: {seen.told}"
        if not dark:
            if told is not None:
                yield f"told of a failure: {told}"
            return
        if told is None:
            yield "its failure was not told"
            return
        if self.cell.fault.told and not any(part in told for part in self._fragments()):
            yield f"told in other words: {told}"
        if "\n" in told or len(told) > LONGEST_SENTENCE:
            yield f"told in more than a line: {told}"
        if not self.cell.call.gone and not seen.steps.get(remote):
            yield "told without a next step"

    def _fragments(self) -> tuple[str, ...]:
        login = ("the login was refused",) if self.cell.call.name == "sf-login" else ()
        return (*self.cell.fault.told, *login)

    def _gone(self, seen: Seen, *, dark: bool) -> Iterator[str]:
        """A send that vanished is withdrawn on its source's word only."""
        for source, name in GONE.items():
            state = seen.rows[name][0]
            unsure = source == self.cell.call.remote and self.cell.read is not Read.FINE
            allowed = {"waiting"} if unsure and dark else {"withdrawn"}
            allowed = {"waiting", "withdrawn"} if unsure and not dark else allowed
            if state not in allowed:
                yield f"{name} is {state}"

    # --- the commit

    def _post(self) -> Iterator[str]:
        post, seen = self.cell.post, self.ran.spoiled
        state, code, _ = seen.rows[FIRST]
        if (state, code) != (post.state, post.code):
            yield f"{FIRST} is {state}: {code}, not {post.value}"
        others = {send: row[0] for send, row in seen.rows.items() if send != FIRST}
        wanted = "waiting" if post.ends_cycle else "committed"
        if set(others.values()) != {wanted} or len(others) != len(ALL) - 1:
            yield f"the others are {others}, not {wanted}"
        if seen.posts[FIRST] != (0 if self.cell.fault.door else 1):
            yield f"{seen.posts[FIRST]} posts came for {FIRST}"
        made = seen.campaigns.get(FIRST, [])
        if len(made) != int(bool(self.cell.call.effect)):
            yield f"Punchh holds {made} of {FIRST}"
        sentence = seen.sentences[FIRST]
        if "\n" in sentence or len(sentence) > LONGEST_SENTENCE:
            yield f"told in more than a line: {sentence}"
        if post is Post.UNKNOWN and "connector ledger resolve" not in sentence:
            yield f"unknown without a next step: {sentence}"
        if seen.told:
            yield f"told of a remote: {seen.told}"

    # --- the clean cycle an hour later

    def _afterwards(self) -> Iterator[str]:
        """Everything is committed exactly once, but for what waits for a person."""
        final = self._final()
        for send in sorted(ALL):
            if send not in self.ran.clean.rows:
                if not self._account:  # without a catalog ever, there are no offers yet
                    yield f"{send} is in no row"
                continue
            state = self.ran.clean.rows[send][0]
            if state not in final.get(send, {"committed"}):
                yield f"afterwards {send} is {state}: {self.ran.clean.sentences[send]}"
            posts = self.ran.clean.posts[send]
            if posts > self._most(send):
                yield f"afterwards {posts} posts came for {send}"
        for name in GONE.values() if self.cell.call.gone else ():
            if self.ran.clean.rows[name][0] != "withdrawn":
                yield f"afterwards {name} is {self.ran.clean.rows[name]}"

    def _final(self) -> dict[str, set[str]]:
        post = self.cell.post
        if not self.cell.call.is_post:
            return {} if not self._account else {send: {"committed", *OPEN} for send in ALL}
        if post is Post.UNKNOWN or post.state == "rejected":
            return {FIRST: {post.state}}
        if self._account:
            return {send: {"committed", *OPEN} for send in ALL}
        return {}

    @property
    def _account(self) -> bool:
        """A refused key or a missing right may stop Punchh until a person resumes it."""
        if self.cell.call.is_post:
            return self.cell.post in (Post.ACCOUNT, Post.FEATURE_OFF)
        accounts = (Post.ACCOUNT, Post.FEATURE_OFF)
        return self.cell.call.remote == PUNCHH and self.cell.fault.post in accounts

    def _most(self, send: str) -> int:
        if send != FIRST or not self.cell.call.is_post:
            return 1
        return 2 if self.cell.post.definitive and self.cell.post.state == "waiting" else 1
