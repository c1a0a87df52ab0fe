"""How long a cycle takes when nothing changed: `python -m tests.bench.no_change_cycle 10000`.

The sandbox shows so many Braze sends, none due yet; the first cycle opens them all, the next
ones find nothing to do. Prints seconds per phase, the minimum of five.
"""

import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from connector import telemetry
from connector.app import read_rules, read_settings, workplace
from connector.cli.examples import copy_mappings
from connector.cli.verbs.sandbox import configuration
from connector.clock import ShiftedClock, randomness
from connector.ledger import Committer, Ledger
from connector.sandbox import Sandbox, World
from connector.sandbox.workspace import Broadcast
from connector.worker.cycle import plan_of, run_cycle
from connector.worker.observe import observe


def fill(world: World, count: int) -> None:
    """Put plain campaigns into the simulated Braze, four days ahead, a second apart."""
    now = world.now().replace(second=0, microsecond=0)
    for number in range(count):
        at = now + timedelta(days=4, seconds=number)
        name = f"{('Lunch', 'Taco Tuesday', 'Holiday Shake', 'News')[number % 4]} {number}"
        tags = ("offer", f"punchh:segment={('VIP Guests', 'Taco Lovers')[number % 2]}")
        world.braze.put(
            Broadcast(world.ids.uuid(), "campaign", name, tags, "company", at, now, now)
        )


def main(count: int) -> None:
    telemetry.quiet()
    clock = ShiftedClock()
    world = World(clock)
    with tempfile.TemporaryDirectory() as folder, Sandbox(0, world=world) as box:
        with world.lock:
            fill(world, count)
        copy_mappings(Path(folder) / "mappings")
        config = Path(folder) / "connector.toml"
        text = configuration(box, "mappings") + '[safety]\nsame_offer_gap = "0h"\n'
        config.write_text(text, encoding="utf-8")
        settings = read_settings(config, {})
        Ledger.create(settings.ledger.url, ledger_id="bench", at=clock.now()).close()
        book = read_rules(settings)
        with (
            workplace(settings, clock, randomness()) as found,
            Committer.take(settings.ledger.url, clock=clock, pid=1, host="bench") as right,
        ):
            work = replace(found, right=right)
            began = time.perf_counter()
            run_cycle(work, book)
            print(f"{count} sends, first cycle      {time.perf_counter() - began:.3f} s")
            took: dict[str, list[float]] = {"observe": [], "plan": [], "record": []}
            for _ in range(5):
                marks = [time.perf_counter()]
                seen = observe(work)
                marks.append(time.perf_counter())
                plan = plan_of(work, book, seen)
                marks.append(time.perf_counter())
                work.ledger.record(plan, at=plan.generated_at)
                marks.append(time.perf_counter())
                for name, start, end in zip(took, marks, marks[1:], strict=False):
                    took[name].append(end - start)
            for name, seconds in took.items():
                print(f"{count} sends, unchanged {name:8} {min(seconds):.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
