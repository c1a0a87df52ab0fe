"""How many events of one campaign a second the receiver takes, over a real socket into a ledger.

`python -m tests.bench.webhook_events [COUNT]`: a mass gift brings one event for each guest.
"""

import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from connector.domain.distribution import State
from connector.domain.offer import Verdict
from connector.sandbox.hooks import Receiver
from tests.support.clocks import FixedClock
from tests.support.ledger import NOW, new_ledger, recorded, settled
from tests.support.receiver import SIGNED, receiving
from tests.unit.test_webhook import CLIENT, SECRET, body_of, changed


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder, new_ledger(Path(folder)) as ledger:
        row = settled(ledger, recorded(ledger), Verdict.UNKNOWN, State.UNKNOWN)
        name = f"Fries {row.external_campaign_id}"
        bodies = [body_of(changed(campaign_name=name, content_id=f"e-{n}")) for n in range(count)]
        with receiving(SIGNED, ledger, FixedClock(NOW)) as url:
            receiver, place = Receiver(url, CLIENT, SECRET), urlsplit(url)
            line = HTTPConnection(place.hostname or "", place.port)
            began = time.monotonic()
            for body in bodies:
                line.request("POST", receiver.target, body, receiver.proof(body))
                assert line.getresponse().read() == b"ok\n"
            seconds = time.monotonic() - began
        (heard,) = ledger.evidence([row.id])[row.id].heard
        assert heard.gifts == count
        print(f"{count} events in {seconds:.1f} s: {count / seconds:.0f} a second")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
