"""Telling by a POST of JSON, made from a template; the default one is what Slack takes."""

import json
from random import Random
from re import Match
from typing import Any

from connector.alerts.address import HiddenAddress
from connector.clock import Clock
from connector.domain.message import Message
from connector.domain.text import one_line, without_calls
from connector.settings import WebhookSettings
from connector.settings.types import PLACEHOLDER


class Webhook:
    """One address that takes messages."""

    def __init__(self, name: str, template: str, address: HiddenAddress) -> None:
        self.name = name
        self._template, self._address = template, address

    def close(self) -> None:
        self._address.close()

    def send(self, message: Message) -> str:
        """Post it, once; RemoteError unless the answer says that it was taken."""
        self._address.call("POST", body=filled(self._template, message))
        return ""


def connect(
    name: str,
    settings: WebhookSettings,
    *,
    clock: Clock,
    random: Random,
    proxy: str | None,
    ca_bundle: str | None,
) -> Webhook:
    headers = {"Content-Type": "application/json"}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
    address = HiddenAddress(
        f"channel:{name}",
        settings.url,
        headers,
        clock=clock,
        random=random,
        proxy=proxy,
        ca_bundle=ca_bundle,
    )
    return Webhook(name, settings.body, address)


def filled(template: str, message: Message) -> bytes:
    """Put the message into a template: every placeholder becomes a JSON value.

    Names come from outside: none may call people, in Slack, Discord or Teams.
    """
    values: dict[str, Any] = {
        "text": without_calls(message.text),
        "slack": without_calls(_for_slack(message.text)),
        "title": without_calls(message.title),
        "severity": message.label,
        "notices": [
            {
                "news": one.news.value,
                "severity": one.severity.value,
                "code": one.code,
                "subject": one.subject,
                "about": without_calls(one_line(one.about)),
                "told": without_calls(one_line(one.told)),
                "since": f"{one.since:%Y-%m-%dT%H:%M:%SZ}",
            }
            for one in message.notices
        ],
    }

    def value(found: Match[str]) -> str:
        return json.dumps(values[found[1]], ensure_ascii=False)

    return PLACEHOLDER.sub(value, template).encode()


def _for_slack(text: str) -> str:
    """Take from Slack's three signs their meaning: a send's name may not call a whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
