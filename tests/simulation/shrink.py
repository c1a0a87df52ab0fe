"""From a failing story to a small one that fails in the same way."""

from collections.abc import Callable

from tests.simulation.story import DAY, Story

Fails = Callable[[Story], bool]


def shrink(story: Story, fails: Fails, tries: int = 150) -> Story:
    """Leave out days and items, halves first, as long as the story still fails; bounded."""
    left = [tries]

    def still(candidate: Story) -> bool:
        left[0] -= 1
        return left[0] >= 0 and fails(candidate)

    for days in range(1, story.days):
        shorter = story.without(frozenset(), days)
        if all(one.at < days * DAY for one in story.items[:1]) and still(shorter):
            story = shorter
            break
    late = frozenset(n for n, one in enumerate(story.items) if one.at >= story.days * DAY)
    story = story.without(late)
    size = max(1, len(story.items) // 2)
    while size >= 1 and left[0] > 0:
        place = 0
        while place < len(story.items) and left[0] > 0:
            fewer = story.without(frozenset(range(place, place + size)))
            if still(fewer):
                story = fewer
            else:
                place += size
        size //= 2
    return story
