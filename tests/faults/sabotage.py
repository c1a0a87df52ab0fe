"""Break the protocol on purpose and see which tests notice: `python -m tests.faults.sabotage`.

Each breaking is made in a copy of the tree, the parts of the default suite that should notice run
there, and `sabotage.md` in `PROOF_DIR` says which tests failed. A breaking that nobody notices is
an error: exit code 1. A word narrows it to the breakings that have it in their name.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.proof import write_table

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("connector", "tests", "mappings", "config", "README.md", "pyproject.toml", "LICENSE")
MOST_FAILED = 8
OPTIONS = ("-q", "-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=no")
SECONDS = 900
TESTS_FAILED = 1  # what pytest exits with; other codes say that nothing could be tested

COMMIT = ("tests/unit/test_commit.py", "tests/unit/test_commit_evidence.py")
CRASHES = ("tests/faults/test_crash_points.py",)
LEDGER = ("tests/integration/test_ledger_commits.py",)
LISTS = ("tests/unit/test_punchh_lists.py",)
LOST = ("tests/acceptance/test_lost_replies.py",)
MATRIX = ("tests/faults/test_matrix.py",)
OUTCOME = ("tests/unit/test_outcome.py",)
PLANNING = ("tests/integration/test_ledger_planning.py",)
RACES = ("tests/faults/test_races.py",)
RIGHT = ("tests/faults/test_right.py",)
WIRE = ("tests/integration/test_http_wire.py", "tests/integration/test_http_wire_retries.py")


@dataclass(frozen=True)
class Edit:
    """One text of one file, and what to put in its place."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Sabotage:
    """A broken promise: how it is broken, and which tests should notice."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def _one(name: str, path: str, before: str, after: str, *tests: tuple[str, ...]) -> Sabotage:
    files = tuple(file for group in tests for file in group)
    return Sabotage(name, (Edit(path, before, after),), files)


SABOTAGES = (
    Sabotage(
        "the intent is written after the POST",
        (
            Edit(
                "connector/worker/commit.py",
                "    try:\n        begun = work.ledger.begin(row, attempt)\n",
                "    outcome = work.loyalty.commit(order)\n"
                "    try:\n        begun = work.ledger.begin(row, attempt)\n",
            ),
            Edit(
                "connector/worker/commit.py",
                "    outcome = _unsent() if lost else work.loyalty.commit(order)\n",
                "",
            ),
        ),
        (*COMMIT, *CRASHES),
    ),
    _one(
        "a POST whose answer is lost is made again",
        "connector/http/wire.py",
        'attempts = self._line.limits.attempts if request.method == "GET" else 1',
        "attempts = self._line.limits.attempts",
        WIRE, LOST, MATRIX,
    ),
    _one(
        "no answer counts as not sent",
        "connector/punchh/outcome.py",
        "    if error.reach.may_have_acted:\n",
        "    if error.reach is Reach.BODY:\n",
        OUTCOME, LOST, MATRIX,
    ),
    _one(
        "a 5xx counts as not made",
        "connector/punchh/outcome.py",
        "        case status:\n",
        "        case status if status >= 500:\n"
        "            return _outcome(result, Verdict.THROTTLED, _throttled())\n"
        "        case status:\n",
        OUTCOME, MATRIX,
    ),
    Sabotage(
        "a redirect is followed",
        (
            Edit(
                "connector/http/client.py",
                '                headers={"Content-Type": "application/json"},\n'
                "                allow_redirects=False,\n",
                '                headers={"Content-Type": "application/json"},\n',
            ),
            Edit("connector/http/trouble.py", "    if not 300 <= status < 400", "    if True"),
        ),
        (*WIRE, *MATRIX),
    ),
    _one(
        "an informational answer passes for the answer itself",
        "connector/http/exchange.py",
        "            if status >= HTTPStatus.OK or status == HTTPStatus.SWITCHING_PROTOCOLS:\n",
        "            if status != HTTPStatus.CONTINUE:\n",
        ("tests/integration/test_http_informational.py",), MATRIX,
    ),
    _one(
        "a date that is no clock moves the plan",
        "connector/domain/clocks.py",
        "    return skew if abs(skew) <= FARTHEST_CLOCK else timedelta()\n",
        "    return skew\n",
        ("tests/unit/test_unusable_clock.py", "tests/acceptance/test_odd_answers.py"),
    ),
    _one(
        "an alert counts as sent by its status alone",
        "connector/alerts/address.py",
        "        if (no := refusal(reply.content)) is not None:\n",
        '        if (no := refusal(b"")) is not None:\n',
        ("tests/integration/test_alert_answers.py",),
    ),
    _one(
        "the cycle goes on after an unknown",
        "connector/worker/commit.py",
        "frozenset({Verdict.UNKNOWN, Verdict.ACCOUNT,",
        "frozenset({Verdict.ACCOUNT,",
        COMMIT, LOST, MATRIX,
    ),
    _one(
        "the ledger is not flushed at each commit",
        "connector/ledger/store.py",
        "synchronous = FULL",
        "synchronous = NORMAL",
        ("tests/integration/test_ledger_schema.py", "tests/faults/test_power_loss.py"),
    ),
    _one(
        "nobody holds the right to commit",
        "connector/ledger/committer.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        LEDGER, RACES,
    ),
    _one(
        "a row is moved without comparing its version",
        "connector/ledger/moves.py",
        'distribution.c.version == bindparam("at_version")',
        'distribution.c.version >= bindparam("at_version") - 1000',
        LEDGER, PLANNING,
    ),
    _one(
        "a row is moved without comparing its state",
        "connector/ledger/moves.py",
        'distribution.c.state == bindparam("at_state")',
        'distribution.c.state != bindparam("at_state") + "-"',
        LEDGER, PLANNING,
    ),
    _one(
        "the same offer of a send can be sealed twice",
        "connector/ledger/commits.py",
        "    if other is not None:\n",
        "    if other is None and triple is None:\n",
        LEDGER, ("tests/integration/test_ledger_recommit.py",),
    ),
    Sabotage(
        "an orphan goes back to waiting",
        (
            Edit(
                "connector/ledger/commits.py",
                "replace(intent, state=State.UNKNOWN, reason=reason)",
                "replace(intent, state=State.WAITING, reason=reason)",
            ),
            Edit(
                "connector/domain/distribution.py",
                "(before, after) == (State.INTENT, State.UNKNOWN)",
                "before is State.INTENT",
            ),
        ),
        (*LEDGER, *LOST, *CRASHES),
    ),
    _one(
        "an intent is not counted in the mark",
        "connector/ledger/ledger.py",
        "            write_mark(self._store.path, mark, self._store.mark)\n",
        "",
        LEDGER, ("tests/faults/test_power_loss.py", "tests/faults/test_hurt_ledger.py"),
    ),
    _one(
        "a rehearsal posts",
        "connector/ledger/commits.py",
        "update(ledger).where(ledger.c.rehearsal.is_(False))",
        "update(ledger)",
        LEDGER, ("tests/acceptance/test_modes.py",),
    ),
    _one(
        "a pause made after the plan does not count",
        "connector/ledger/pauses.py",
        "    if not in_force:\n",
        "    if in_force:\n",
        LEDGER, ("tests/acceptance/test_pauses.py",),
    ),
    _one(
        "a row that was changed after the plan is committed",
        "connector/worker/commit.py",
        "if _inputs(row) != _inputs(planned):",
        "if row.id != planned.id:",
        COMMIT,
    ),
    _one(
        "a catalog that was not read to its end is used",
        "connector/punchh/catalog.py",
        "                return rows\n        raise self._endless()\n\n    def _news(",
        "                return rows\n        return rows\n\n    def _news(",
        LISTS, ("tests/integration/test_punchh_client.py",), MATRIX,
    ),
    _one(
        "a partial list counts as whole: a page that does not fit the one before is taken",
        "connector/punchh/catalog.py",
        "            if self._keys(page[: len(known)]) != self._keys(known) or len(page) > size:\n"
        "                return None\n",
        "",
        LISTS, ("tests/acceptance/test_partial_remotes.py",),
    ),
    _one(
        "a partial list counts as whole: a short page ends it",
        "connector/punchh/catalog.py",
        "                return None if self._news(self._page(number + 1, size), known_rows)"
        " else rows\n",
        "                return rows\n",
        LISTS,
    ),
    _one(
        "a partial list counts as whole: a row that cannot be read is dropped",
        "connector/domain/resolve.py",
        "row.name is None or normalise(row.name) == name",
        "not name",
        ("tests/unit/test_resolve.py", "tests/acceptance/test_partial_remotes.py"),
    ),
    _one(
        "a poll counts before what it showed is written down",
        "connector/worker/cycle.py",
        "    plan = plan_of(work, book, observation)\n    point",
        "    work.ledger.note_remotes(observation.notes)\n"
        "    plan = plan_of(work, book, observation)\n    point",
        ("tests/unit/test_cycle.py",), CRASHES,
    ),
    _one(
        "the mark of a campaign says nothing of the attempt",
        "connector/worker/commit.py",
        "row.redeemable_uuid, row.attempts + 1\n",
        "row.redeemable_uuid, 1\n",
        COMMIT,
    ),
    _one(
        "evidence of an earlier attempt settles an unknown",
        "connector/domain/evidence.py",
        "    if any(one.mark != row.external_campaign_id for one in heard):\n",
        "    if row.state is State.INTENT:\n",
        ("tests/unit/test_evidence.py",),
    ),
    _one(
        "evidence of two campaigns settles an unknown",
        "connector/domain/evidence.py",
        "    if len(campaigns) > 1:\n",
        "    if len(campaigns) > 2:\n",
        ("tests/unit/test_evidence.py", "tests/integration/test_ledger_evidence.py"),
    ),
    _one(
        "evidence that an offer was given does not keep it from being given again",
        "connector/ledger/commits.py",
        "    refuse_given(tx, distribution)\n",
        "",
        ("tests/integration/test_ledger_evidence.py",),
    ),
    _one(
        "evidence is taken from anybody",
        "connector/punchh/webhook.py",
        "    return None if well_signed else Why.OTHER_SIGNATURE\n",
        "    return None\n",
        ("tests/unit/test_webhook.py", "tests/integration/test_webhook_receiver.py"),
    ),
    _one(
        "evidence of a canary by name alone counts for the gift",
        "connector/domain/canary.py",
        "        one.gifted_for_id == row.campaign_id for one in gifts\n",
        "        _alike(one, row, redeemable_id) for one in gifts\n",
        ("tests/unit/test_canary.py", "tests/integration/test_canaries.py"),
    ),
    Sabotage(
        "a log that cannot be written stops the work",
        (
            Edit(
                "connector/telemetry.py",
                "        except Exception as error:  # noqa: BLE001  whatever the stream does, "
                "the work goes on\n",
                "        except ZeroDivisionError as error:\n",
            ),
            Edit(
                "connector/telemetry.py",
                "            except Exception as error:  # noqa: BLE001\n"
                "                outlet.lose",
                "            except ZeroDivisionError as error:\n                outlet.lose",
            ),
        ),
        ("tests/unit/test_log_lost.py", "tests/acceptance/test_side_channels.py"),
    ),
    _one(
        "the right to commit is not proven before the POST",
        "connector/worker/commit.py",
        "    lost = lost or _right_lost(work)\n",
        "",
        COMMIT, RIGHT,
    ),
    _one(
        "a lock file that was removed counts as held",
        "connector/ledger/committer.py",
        "        return _same_file(descriptor, self._path)\n",
        "        return True\n",
        LEDGER, RIGHT,
    ),
    _one(
        "an answer that comes after the attempt was given up is refused",
        "connector/ledger/commits.py",
        "    if orphan is not None and distribution.state is State.COMMITTED:\n",
        "    if orphan is not None and distribution.state is State.INTENT:\n",
        LEDGER, RIGHT,
    ),
    _one(
        "an outcome that the disk did not take is forgotten",
        "connector/worker/commit.py",
        "    work.unwritten.append((row, ended))\n",
        "",
        COMMIT, ("tests/unit/test_cycle.py",),
    ),
    Sabotage(
        "signals are taken only when the worker is built",
        (
            Edit(
                "connector/cli/main.py",
                "    signals = Signals(clock.interrupt)  #",
                "    signals: Any = Signals  #",
            ),
            Edit(
                "connector/cli/verbs/run.py",
                "        signals.reload_by(daemon.reload)\n",
                "        signals(clock.interrupt).reload_by(daemon.reload)\n",
            ),
        ),
        ("tests/acceptance/test_signals.py",),
    ),
    Sabotage(
        "the monitoring port takes every caller",
        (
            Edit(
                "connector/worker/server.py",
                "len(self._calls) >= MOST_CALLS",
                "len(self._calls) < 0",
            ),
            Edit(
                "connector/worker/server.py",
                "line.fileno() >= self._highest",
                "line.fileno() < 0",
            ),
        ),
        ("tests/unit/test_small_server.py", "tests/acceptance/test_monitoring_port.py"),
    ),
    _one(
        "text of a remote comes in as it is",
        "connector/http/reply.py",
        "    return _clean(found) if _SUSPECT.search(text) else found\n",
        "    return found\n",
        ("tests/unit/test_text.py", "tests/acceptance/test_odd_rows.py"),
    ),
    _one(
        "a name that lost a character is taken for another that did",
        "connector/domain/offer.py",
        "    named = (item for item in items if not is_odd(item.name))\n",
        "    named = (item for item in items)\n",
        ("tests/unit/test_problems.py",),
    ),
    _one(
        "a send that cannot be decided is dropped",
        "connector/domain/planner.py",
        "                crashed[occurrence.key] = error\n",
        "                crashed[occurrence.key] = error\n                continue\n",
        ("tests/unit/test_planner.py", "tests/acceptance/test_own_faults.py"),
    ),
    _one(
        "one tag that is no text costs all of them",
        "connector/sources/braze/rows.py",
        "        kept = tuple(filter(is_text, tags[:MOST_TAGS])) if isinstance(tags, list)"
        " else ()\n",
        "        whole = isinstance(tags, list) and all(map(is_text, tags))\n"
        "        kept = tuple(tags) if whole else ()\n",
        ("tests/acceptance/test_odd_rows.py",),
    ),
    _one(
        "failed cycles are forgotten at a restart",
        "connector/worker/watch.py",
        "            found = self._work.ledger.failed_cycles()\n",
        "            found = None\n",
        ("tests/unit/test_failing_cycles.py",),
    ),
)  # fmt: skip


@contextmanager
def broken(tree: Path, sabotage: Sabotage) -> Iterator[None]:
    """Break the tree, and mend it afterwards."""
    kept = {edit.path: (tree / edit.path).read_text("utf-8") for edit in sabotage.edits}
    try:
        for edit in sabotage.edits:
            text = (tree / edit.path).read_text("utf-8")
            if edit.before not in text:
                raise SystemExit(f"{edit.path}: no longer has the text of “{sabotage.name}”")
            (tree / edit.path).write_text(text.replace(edit.before, edit.after, 1), "utf-8")
        yield
    finally:
        for path, text in kept.items():
            (tree / path).write_text(text, "utf-8")


def failures(tree: Path, sabotage: Sabotage) -> list[str]:
    """Return the tests that fail in the broken tree, the first few of them."""
    with broken(tree, sabotage):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, f"--maxfail={MOST_FAILED}", *sabotage.tests],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    if done.returncode not in (0, TESTS_FAILED):
        raise SystemExit(f"“{sabotage.name}” cannot be tested: {done.stdout[-600:]}{done.stderr}")
    lines = [line.split(" - ")[0] for line in done.stdout.splitlines()]
    return [line.removeprefix("FAILED ") for line in lines if line.startswith("FAILED ")]


def copy_tree(to: Path) -> None:
    for name in KEPT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to / name)


def main(wanted: str) -> int:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        copy_tree(Path(folder))
        for sabotage in (one for one in SABOTAGES if wanted in one.name):
            found = failures(Path(folder), sabotage)
            least = "at least " if len(found) == MOST_FAILED else ""
            print(f"{least}{len(found)} tests notice: {sabotage.name}", flush=True)
            names = "<br>".join(f"`{name}`" for name in found) or "**nobody**"
            rows.append((sabotage.name, f"{least}{len(found)}", names))
    unnoticed = sum(number == "0" for _, number, _ in rows)
    title = f"Which tests notice a broken protocol: {len(rows)} breakings, {unnoticed} unnoticed"
    write_table("sabotage", title, ("broken on purpose", "tests that fail", "which"), rows)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
