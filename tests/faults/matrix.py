"""The table: every remote call of the worker, and everything that can go wrong with one exchange.

A *call* is one row of `calls.CALLS`, a *fault* one row of `FAULTS`. What must come of their cell is
read from three places, the first that knows wins: `EXCEPTIONS` (named cells), the fault's own
columns (`read` for a GET or a login, `post` for the commit), and these defaults:

- a GET or login that fails leaves its remote *dark*: nothing of it is planned anew or committed,
  its failure is told, everything else goes on, and the next clean cycle makes it good;
- a commit whose answer is lost or odd is `unknown`, ends the cycle's commits, and is never
  repeated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from tests.faults.calls import BRAZE, CALLS, NOW, PUNCHH, SALESFORCE, Call, Post, Read
from tests.support import spoils
from tests.support.spoils import Act

# --- faults --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: an act, or a door that is shut, and what must come of it.

    `told` are fragments of which the failure's sentence must hold one. `true` is the answer's
    own truth: it tells of a campaign, so it cannot stand before one was made. `slow` wants short
    limits. `of` makes the act for one call.
    """

    name: str
    act: Act | None = None
    read: Read = Read.DARK
    post: Post = Post.UNKNOWN
    told: tuple[str, ...] = ()
    door: str = ""
    true: bool = False
    slow: bool = False
    of: Callable[[Call], Act | None] | None = None

    def on(self, call: Call) -> Act | None:
        return self.of(call) if self.of else self.act


BROKE = ("the connection broke", "no connection")
LATE = ("no answer in time", "took too long")
LARGE = ("too large",)
NO_JSON = ("not the JSON", "no JSON object", "not a list", "holds no list", "holds no session")
NO_ROWS = ("none of its rows", "records of", "holds no session", "its answer has", *NO_JSON)

PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"

_WIRE = (
    Fault("refused", post=Post.NOT_SENT, told=("no connection",), door="refuse"),
    Fault("rst-on-accept", told=BROKE, door="reset"),
    Fault("rst-after-request", spoils.cut("start", rst=True), told=BROKE),
    Fault("rst-mid-status", spoils.cut("status", rst=True), told=BROKE),
    Fault("rst-mid-headers", spoils.cut("headers", rst=True), told=BROKE),
    Fault("rst-after-headers", spoils.cut("head", rst=True), told=BROKE),
    Fault("rst-mid-body", spoils.cut("body", rst=True), told=BROKE),
    Fault("close-after-request", spoils.cut("start", rst=False), told=BROKE),
    Fault("close-mid-headers", spoils.cut("headers", rst=False), told=(*BROKE, *NO_JSON)),
    Fault("close-after-headers", spoils.cut("head", rst=False), told=BROKE),
    Fault("truncated-length", spoils.cut("body", rst=False), told=BROKE),
    Fault("truncated-chunks", spoils.chunks("cut"), told=BROKE),
    Fault("chunks-without-end", spoils.chunks("no end"), told=BROKE),
    Fault("bad-chunk-size", spoils.chunks("bad size"), told=BROKE),
    Fault("negative-chunk-size", spoils.chunks("negative size"), told=BROKE),
    Fault("two-content-lengths", spoils.lengths("Content-Length: %d", "Content-Length: 1"),
          told=BROKE),
    Fault("negative-length", spoils.lengths("Content-Length: -1"), Read.FINE, Post.COMMITTED,
          true=True),
    Fault("silence", spoils.then_silence("start"), told=LATE, slow=True),
    Fault("headers-then-silence", spoils.then_silence("head"), told=LATE, slow=True),
    Fault("half-a-body-then-silence", spoils.then_silence("body"), told=LATE, slow=True),
    Fault("drip-of-headers", spoils.drip("status"), told=LATE, slow=True),
    Fault("drip-of-body", spoils.drip("head"), told=LATE, slow=True),
    Fault("endless-body", spoils.endless, told=LARGE),
    Fault("oversized-body", spoils.oversized, told=LARGE),
    Fault("gzip-bomb", spoils.bomb, told=LARGE),
    Fault("wrong-gzip", spoils.not_zipped, told=BROKE),
    Fault("cut-gzip", spoils.cut_zip(0.5), told=(*BROKE, *NO_JSON)),
    Fault("bad-status-line", spoils.swapped(b"HTTP/1.1 200 OK", b"HELLO"), told=BROKE),
    Fault("status-no-number", spoils.swapped(b" 200 ", b" abc "), told=BROKE),
    Fault("status-of-four-digits", spoils.swapped(b" 200 ", b" 2000 "), told=BROKE),
    Fault("endless-header", spoils.swapped(b"\r\n", b"\r\nX: " + b"x" * 70_000 + b"\r\n"),
          told=BROKE),
    Fault("too-many-headers", spoils.swapped(b"\r\n", b"\r\n" + b"X: y\r\n" * 150), told=BROKE),
    Fault("hints-without-an-answer", spoils.raw(lambda _: HINTS), told=BROKE),
    Fault("informational-for-ever", spoils.prefaced(PROCESSING * 1000), told=("informational",)),
    Fault("101-before-the-answer", spoils.prefaced(SWITCH), told=("changed the protocol",)),
    Fault("other-protocol", spoils.raw(lambda _: b"SSH-2.0-OpenSSH_9.2\r\n"), told=BROKE),
)  # fmt: skip

_HARMLESS = tuple(
    Fault(name, act, Read.FINE, Post.COMMITTED, true=True)
    for name, act in (
        ("http-1.0", spoils.swapped(b"HTTP/1.1", b"HTTP/1.0")),
        ("100-continue", spoils.prefaced(b"HTTP/1.1 100 Continue\r\n\r\n" * 3)),
        ("102-and-103", spoils.prefaced(PROCESSING * 3 + HINTS)),
        ("chunked", spoils.chunks("whole")),
        ("gzip", spoils.zipped),
        ("gzip-without-trailer", spoils.cut_zip(1)),
        ("no-length", spoils.lengths()),
        ("bytes-after-the-end", spoils.raw(lambda told: told.whole() + b"HTTP/1.1 500 No\r\n\r\n")),
        (
            "lower-case-headers",
            spoils.swapped(b"Content-", b"content-"),
        ),
        ("page-type", spoils.changed(lambda told, _: told.having(spoils.HTML))),
        ("date-hour-ahead", spoils.dated_off(timedelta(hours=1), NOW)),
        ("date-hour-behind", spoils.dated_off(-timedelta(hours=1), NOW)),
        ("date-day-ahead", spoils.dated_off(timedelta(days=1), NOW)),
        ("date-day-behind", spoils.dated_off(-timedelta(days=1), NOW)),
        ("date-century-ahead", spoils.dated_off(timedelta(days=36524), NOW)),
        ("date-century-behind", spoils.dated_off(-timedelta(days=36524), NOW)),
        (
            "date-from-a-cache",
            spoils.changed(
                lambda told, _: told.having(
                    ("Age", "7200"), ("Date", "Mon, 02 Mar 2026 10:00:00 GMT")
                )
            ),
        ),
        ("date-garbage", spoils.dated("the day after tomorrow")),
        ("date-missing", spoils.undated),
        (
            "retry-after-on-200",
            spoils.having("Retry-After", "3000"),
        ),
    )
)


def _with_a_huge_number(data: bytes) -> bytes:
    return data.replace(b"{", b'{"x":' + b"9" * 5000 + b",", 1)


_BODIES = (
    Fault("html-page", spoils.reply(200), told=NO_JSON),
    Fault("challenge-403", spoils.reply(403)),
    Fault("challenge-503", spoils.reply(503)),
    Fault("invalid-json", spoils.body(lambda data: data[:-1]), told=NO_JSON),
    Fault("two-jsons", spoils.body(lambda data: data + data), told=NO_JSON),
    Fault("duplicate-keys", spoils.body(lambda data: data.replace(b"{", b'{"x":1,"x":2,', 1)),
          told=NO_JSON),
    Fault("nan", spoils.body(lambda data: data.replace(b"{", b'{"x":NaN,', 1)), told=NO_JSON),
    Fault("infinity", spoils.body(lambda data: data.replace(b"{", b'{"x":-Infinity,', 1)),
          told=NO_JSON),
    Fault("bom", spoils.body(lambda data: b"\xef\xbb\xbf" + data), told=NO_JSON),
    Fault("utf-16", spoils.body(lambda data: data.decode().encode("utf-16")), told=NO_JSON),
    Fault("invalid-utf-8", spoils.body(lambda data: data.replace(b'"', b'"\xff\xfe', 1)),
          told=NO_JSON),
    Fault("deep-nesting", spoils.body(lambda _: b"[" * 9_000 + b"]" * 9_000),
          told=("nested too deep",)),
    Fault("huge-number", spoils.body(_with_a_huge_number), told=NO_JSON),
    Fault("empty-body", spoils.body(lambda _: b""), told=NO_JSON),
    Fault("wrong-root", spoils.root(lambda root: {} if isinstance(root, list) else [root]),
          told=NO_JSON),
    Fault("text-root", spoils.root(lambda _: "success"), told=NO_JSON),
    Fault("number-root", spoils.root(lambda _: 7), told=NO_JSON),
    Fault("null-root", spoils.root(lambda _: None), told=NO_JSON),
    Fault("missing-field", of=lambda call: spoils.rows(call.rows, spoils.without(call.value)),
          told=NO_ROWS),
    Fault("wrong-field-type",
          of=lambda call: spoils.rows(call.rows, spoils.of_odd_type(call.value)), told=NO_ROWS),
    Fault("id-of-another-type",
          of=lambda call: spoils.rows(call.rows, spoils.of_other_type(call.id)), told=NO_ROWS),
    Fault("null-list", of=lambda call: _emptied(call, None), told=NO_ROWS),
    Fault("empty-list", of=lambda call: _emptied(call, []), told=NO_ROWS, read=Read.LOST),
)  # fmt: skip


def _emptied(call: Call, value: Any) -> Act | None:
    """Put null or an empty list where the rows should be."""
    if not call.listed:
        return None
    if call.remote == PUNCHH:
        return spoils.root(lambda _: value)
    key = "scheduled_broadcasts" if call.remote == BRAZE else "records"
    more = {"totalSize": 0, "done": True} if call.remote == SALESFORCE and value == [] else {}
    return spoils.root(lambda root: {**root, key: value, **more})


_STATUSES_ODD = (
    *(Fault(f"{code}-true-body", spoils.status(code), told=(str(code), *NO_JSON))
      for code in (201, 202, 203, 206)),
    Fault("204", spoils.status(204), told=("204", *NO_JSON)),
    Fault("304", spoils.status(304), told=("304", *NO_JSON)),
    *(Fault(f"{code}-elsewhere", spoils.redirect(code), told=("redirects",))
      for code in (301, 302, 303, 307, 308)),
    Fault("300", spoils.reply(300), told=("redirects",)),
    *(Fault(f"{code}-page", spoils.reply(code), told=(str(code), *NO_JSON))
      for code in (400, 401, 404, 405, 408, 409, 410, 413, 418, 422, 431, 500, 501, 502, 503, 504,
                   520, 599)),
    Fault("500-json", spoils.reply(500, {"error": "Internal Server Error"}), told=("500",)),
    Fault("418-known-shape", spoils.reply(418, {"error": "no"}), told=("418",)),
    Fault("409-known-shape", spoils.reply(409, {"error": "no"}), told=("409",)),
)  # fmt: skip

SHAPES: Mapping[str, tuple[Any, Post]] = {
    "error": ({"error": "Required parameter missing"}, Post.REJECTED),
    "no-permission": ({"no_permission_error": "no"}, Post.REJECTED),
    "errors-text": ({"errors": "Name can't be blank"}, Post.REJECTED),
    "errors-segment": ({"errors": {"invalid_segment": "Invalid segment id."}}, Post.NO_SEGMENT),
    "errors-redeemable": (
        {"errors": {"invalid_redeemable": "Invalid redeemable uuid."}}, Post.NO_REDEEMABLE),
    "errors-new-key": ({"errors": {"something_new": "no"}}, Post.REJECTED),
    "feature-off": ({"errors": {"disabled_feature": "no"}}, Post.FEATURE_OFF),
    "errors-list": ({"errors": ["no"]}, Post.REJECTED),
    "errors-two-keys": ({"errors": {"a": "no", "b": "no"}}, Post.REJECTED),
    "errors-base": ({"errors": {"base": ["no"]}}, Post.REJECTED),
    "base": ({"base": ["no"]}, Post.REJECTED),
    "errors-null": ({"errors": None}, Post.UNKNOWN),
    "more-keys": ({"error": "no", "campaign_id": 7}, Post.UNKNOWN),
    "empty-object": ({}, Post.UNKNOWN),
    "empty-list": ([], Post.UNKNOWN),
}  # fmt: skip

_ENVELOPES = (
    *(Fault(f"{code}-{name}", spoils.reply(code, shape), post=post)
      for code in (400, 422) for name, (shape, post) in SHAPES.items()),
    Fault("422-too-soon", spoils.reply(422, {"errors": {"invalid_start_time": "15 ahead"}}),
          post=Post.TOO_SOON),
    Fault("422-after-expiry", spoils.reply(422, {"errors": {"invalid_start_time": "the expiry"}}),
          post=Post.EXPIRED),
    Fault("401-known", spoils.reply(401, {"error": "You need to sign in"}), post=Post.ACCOUNT),
    Fault("401-unknown-shape", spoils.reply(401, {"result": "no"})),
    Fault("403-known", spoils.reply(403, {"no_permission_error": "no"}), post=Post.ACCOUNT),
    Fault("403-unknown-shape", spoils.reply(403, {"result": "no"})),
    Fault("403-empty", spoils.reply(403, b"")),
)  # fmt: skip

_LIMIT = {"error": "Too many requests"}
_WAITS = {
    "bare": (),
    "seconds": (("Retry-After", "20"),),
    "hour": (("Retry-After", "3000"),),
    "date": (("Retry-After", format_datetime(NOW + timedelta(seconds=20), usegmt=True)),),
    "past": (("Retry-After", format_datetime(NOW - timedelta(days=1), usegmt=True)),),
    "huge": (("Retry-After", "99999999"),),
    "negative": (("Retry-After", "-5"),),
    "fraction": (("Retry-After", "1.5"),),
    "garbage": (("Retry-After", "soon"),),
    "reset": (("X-RateLimit-Reset", str(int(NOW.timestamp()) + 20)),),
    "reset-past": (("X-RateLimit-Reset", str(int(NOW.timestamp()) - 20)),),
    "reset-delta": (("X-RateLimit-Reset", "20"),),
    "garbage-and-reset": (("Retry-After", "soon"), ("X-RateLimit-Reset", "20")),
}

_THROTTLED = (
    *(Fault(f"429-{name}", spoils.reply(429, _LIMIT, *headers), post=Post.THROTTLED)
      for name, headers in _WAITS.items()),
    Fault("429-page", spoils.reply(429)),
    *(Fault(f"503-{name}", spoils.reply(503, spoils.PAGE, *headers))
      for name, headers in _WAITS.items() if name != "bare"),
)  # fmt: skip


def _on_later_pages(act: Act) -> Callable[[Call], Act | None]:
    return lambda call: act if call.name.endswith("-n") else None


_PAGES = (
    Fault("first-page-for-ever", of=_on_later_pages(spoils.pages(lambda one, _, __: one)),
          read=Read.LOST),
    Fault("overlapping-pages", read=Read.FINE,
          of=_on_later_pages(spoils.pages(lambda one, this, _: one[-1:] + this if this else []))),
    Fault("list-shrinks-between-pages", read=Read.LOST,
          of=_on_later_pages(spoils.pages(lambda _, this, __: this[1:]))),
    Fault("new-pages-for-ever", told=("does not end",),
          of=_on_later_pages(spoils.pages(
              lambda one, _, number: [spoils.renumbered(one[0], number)]))),
)  # fmt: skip

_ECHOES = (
    *(Fault(f"echo-{code}-{shape.replace(' ', '-')}", spoils.echo(code, shape), post=post)
      for code, shape, post in (
          (400, "error", Post.REJECTED), (400, "errors", Post.REJECTED),
          (400, "code", Post.UNKNOWN),
          (400, "array", Post.UNKNOWN), (400, "array code", Post.UNKNOWN),
          (401, "error", Post.ACCOUNT), (401, "array", Post.UNKNOWN), (403, "errors", Post.ACCOUNT),
          (422, "errors", Post.REJECTED), (429, "error", Post.THROTTLED),
          (200, "page", Post.UNKNOWN), (200, "error", Post.UNKNOWN), (500, "page", Post.UNKNOWN),
          (302, "location", Post.UNKNOWN))),
    Fault("echo-200-header", spoils.echo(200, "header"), Read.FINE, Post.COMMITTED, true=True),
)  # fmt: skip

FAULTS = {
    fault.name: fault
    for fault in (
        *_WIRE, *_HARMLESS, *_BODIES, *_STATUSES_ODD, *_ENVELOPES, *_THROTTLED, *_PAGES, *_ECHOES,
    )
}  # fmt: skip


# --- named cells, and which cells there are ------------------------------------------------------

_ROW_BY_ROW = (
    "braze-scheduled", "sf-list-emails", "sf-next-page", "sf-recipients", "sf-names", "sf-flows",
)  # fmt: skip
_LATER_PAGES = ("punchh-segments-n", "punchh-redeemables-n")
_ROW_FAULTS = ("missing-field", "wrong-field-type", "id-of-another-type")
EXCEPTIONS: Mapping[tuple[str, str], Read] = {
    # a bad row becomes a send with a problem, or a note
    **{(call, fault): Read.DIM for call in _ROW_BY_ROW for fault in _ROW_FAULTS},
    # rows of Punchh that cannot be read keep their names, and may bear any where they have none
    **{(call, fault): Read.DIM for call in _LATER_PAGES for fault in _ROW_FAULTS},
    # the first page promised another count
    ("sf-next-page", "empty-list"): Read.DARK,
}


@dataclass(frozen=True)
class Cell:
    """One call with one fault, and what must come of it."""

    call: Call
    fault: Fault

    @property
    def id(self) -> str:
        return f"{self.call.name}/{self.fault.name}"

    @property
    def on_429(self) -> str:
        """Punchh made the campaign and says 429: only the careful setting survives that."""
        return "unknown" if self.call.effect else "wait"

    @property
    def read(self) -> Read:
        return EXCEPTIONS.get((self.call.name, self.fault.name), self.fault.read)

    @property
    def post(self) -> Post:
        throttled = self.fault.post is Post.THROTTLED
        return Post.UNKNOWN if throttled and self.call.effect else self.fault.post

    @property
    def possible(self) -> bool:
        """False where the cell would say what cannot be, or what the promise excludes.

        That is a true answer without a campaign; a door that was shut before the campaign was
        made; and a definitive refusal from a Punchh that made the campaign all the same.
        """
        if not self.fault.door and self.fault.on(self.call) is None:
            return False
        if self.call.effect is None:
            return True
        if not self.call.effect:
            return not self.fault.true
        return not self.fault.door and not self.post.definitive


CELLS = tuple(
    cell
    for call in CALLS.values()
    for fault in FAULTS.values()
    if (cell := Cell(call, fault)).possible
)


def sample(least: int) -> tuple[Cell, ...]:
    """Return cells that hold every call and every fault at least once, the same ones each time.

    Faults are dealt out to the calls in turn, in an order that no two calls share; the commit,
    where a fault costs most, gets more than its turn.
    """
    by_id = {cell.id: cell for cell in CELLS}
    names = [*CALLS, "punchh-post/after", "punchh-post/before"]
    chosen: dict[str, Cell] = {}
    for number, fault in enumerate(FAULTS):
        for turn in range(len(names)):
            name = f"{names[(number * 7 + turn) % len(names)]}/{fault}"
            if name in by_id:
                chosen[name] = by_id[name]
                break
    for step, name in enumerate(by_id):
        if len(chosen) >= least:
            break
        if step % 11 == 0:
            chosen.setdefault(name, by_id[name])
    return tuple(chosen.values())
