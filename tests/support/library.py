"""The real simple-salesforce, led to the sandbox."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from tests.support.sandbox import Outside


class ToSandbox(HTTPAdapter):
    """Send https://*.salesforce.com to the simulator, with the Host header it would have had."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self._endpoint = urlsplit(endpoint)

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
        parts = urlsplit(str(request.url))
        request.headers["Host"] = parts.netloc
        here = self._endpoint
        request.url = urlunsplit((here.scheme, here.netloc, parts.path, parts.query, ""))
        return super().send(request, *args, **more)


def client(outside: Outside, **how: Any) -> Any:
    """Log in by the arguments of one of the library's modes; its own types say too little."""
    outside.session.mount("https://", ToSandbox(outside.box.salesforce_url))
    told: dict[str, Any] = {"version": "61.0", "object_pairs_hook": dict, **how}
    return Salesforce(session=outside.session, **told)
