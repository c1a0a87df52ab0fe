"""Replay one seed, and shrink it if it fails: `python -m tests.simulation.run SEED`."""

import sys

from tests.simulation.draw import story
from tests.simulation.shrink import shrink
from tests.simulation.simulate import Result, simulate
from tests.simulation.story import Story
from tests.support.proof import commit_of_tree


def told(result: Result) -> str:
    """Say what broke, and how to see it again."""
    again = f"python -m tests.simulation.run {result.seed}"
    return f"seed {result.seed} at {commit_of_tree()}: {result.broken}\n  again: {again}"


def kind_of(broken: str) -> str:
    return broken.split(":", maxsplit=1)[0]


def main(seed: int) -> int:
    first = story(seed)
    result = simulate(first)
    if not result.broken:
        print(f"seed {seed} holds: {result}")  # noqa: T201
        return 0
    print(told(result))  # noqa: T201

    def fails(candidate: Story) -> bool:
        return kind_of(simulate(candidate).broken) == kind_of(result.broken)

    small = shrink(first, fails)
    print(f"  shrunk to {small.days} days and {len(small.items)} items:")  # noqa: T201
    for item in small.items:
        print(f"    {item.at:10.1f}  {item.what} {item.given}")  # noqa: T201
    print(f"  {simulate(small).broken}")  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
