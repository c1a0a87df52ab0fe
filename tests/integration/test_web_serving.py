"""The pages' socket."""

import socket
from contextlib import closing

from connector.web.serve import listening


def test_the_second_write_of_a_page_does_not_wait_for_the_receipt_of_the_first() -> None:
    with (
        listening("127.0.0.1", 0) as door,
        socket.create_connection(door.getsockname(), timeout=5),
        closing(door.accept()[0]) as taken,
    ):
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
