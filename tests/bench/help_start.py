"""How long `connector --help` takes from a shell: `python -m tests.bench.help_start`.

Prints the minimum and the median of ten starts in seconds; the bar is 0.3 on an idle machine.
"""

import subprocess
import time
from statistics import median

from tests.support.console import script


def main(times: int = 10) -> None:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run([script(), "--help"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        took.append(time.perf_counter() - began)
    print(f"connector --help   min {min(took):.3f} s   median {median(took):.3f} s")


if __name__ == "__main__":
    main()
