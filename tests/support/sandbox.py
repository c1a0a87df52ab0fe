"""A running sandbox and short ways to ask it things."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from connector.sandbox import (
    BRAZE_KEY,
    PUNCHH_KEY,
    SALESFORCE_KEY,
    SALESFORCE_SECRET,
    Sandbox,
)

FAR = "2099-01-01T00:00:00Z"
SEGMENTS = "/api2/dashboard/segments"
REDEEMABLES = "/api2/dashboard/redeemables"
CAMPAIGNS = "/api2/dashboard/campaigns"


@dataclass
class Outside:
    """One sandbox, one HTTP session."""

    box: Sandbox
    session: requests.Session

    def control(self, method: str, path: str, body: Any = None) -> Any:
        reply = self.session.request(method, self.box.control_url + path, json=body, timeout=5)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def switch(self, name: str, value: Any) -> None:
        self.control("POST", "/switches", {name: value})

    def fault(self, kind: str, **more: Any) -> None:
        self.control("POST", "/faults", {"kind": kind, **more})

    def advance(self, by: timedelta) -> None:
        self.control("POST", "/clock", {"advance": by.total_seconds()})

    def set_clock(self, text: str) -> None:
        self.control("POST", "/clock", {"set": text})

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("GET", "/clock")["now"])

    def send(self, **fields: Any) -> Any:
        return self.control("POST", "/sends", fields)

    def braze(self, path: str, key: str = BRAZE_KEY, **params: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return self.session.get(
            self.box.braze_url + path, params=params, headers=headers, timeout=5
        )

    def broadcasts(self, end_time: str = FAR) -> list[Any]:
        reply = self.braze("/messages/scheduled_broadcasts", end_time=end_time)
        assert reply.status_code == 200, reply.text
        rows: list[Any] = reply.json()["scheduled_broadcasts"]
        return rows

    def punchh(
        self, method: str, path: str, *, key: str = PUNCHH_KEY, timeout: float = 5, **more: Any
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return self.session.request(
            method, self.box.punchh_url + path, headers=headers, timeout=timeout, **more
        )

    def token(self) -> str:
        form = {"grant_type": "client_credentials"}
        reply = self.session.post(
            self.box.salesforce_url + "/services/oauth2/token",
            data=form,
            auth=(SALESFORCE_KEY, SALESFORCE_SECRET),
            timeout=5,
        )
        token: str = reply.json()["access_token"]
        return token

    def soql(
        self, query: str, *, version: int = 61, resource: str = "query", token: str = ""
    ) -> requests.Response:
        return self.session.get(
            f"{self.box.salesforce_url}/services/data/v{version}.0/{resource}/",
            params={"q": query},
            headers={"Authorization": f"Bearer {token or self.token()}"},
            timeout=5,
        )

    def segment(self, name: str, **more: Any) -> Any:
        return self.control("POST", "/segments", {"name": name, **more})

    def redeemable(self, name: str, **more: Any) -> Any:
        return self.control("POST", "/redeemables", {"name": name, **more})


@contextmanager
def opened(*, scenario: bool = False) -> Iterator[Outside]:
    with Sandbox(0, scenario=scenario) as box, requests.Session() as session:
        session.trust_env = False
        yield Outside(box, session)
        assert box.world.errors == []
