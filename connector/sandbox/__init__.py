"""The outside world for tests and demos: Braze, Salesforce core and Punchh on 127.0.0.1."""

from typing import TYPE_CHECKING, Any

from connector.sandbox.credentials import (
    BRAZE_KEY,
    CANARY_EMAIL,
    CANARY_TOKEN,
    PUNCHH_CLIENT,
    PUNCHH_KEY,
    PUNCHH_SECRET,
    SALESFORCE_DOMAIN,
    SALESFORCE_KEY,
    SALESFORCE_SECRET,
)

if TYPE_CHECKING:
    from connector.sandbox.box import Sandbox
    from connector.sandbox.world import World

__all__ = [
    "BRAZE_KEY",
    "CANARY_EMAIL",
    "CANARY_TOKEN",
    "PUNCHH_CLIENT",
    "PUNCHH_KEY",
    "PUNCHH_SECRET",
    "SALESFORCE_DOMAIN",
    "SALESFORCE_KEY",
    "SALESFORCE_SECRET",
    "Sandbox",
    "World",
]


def __getattr__(name: str) -> Any:
    """Load the servers only when somebody asks for them."""
    if name == "Sandbox":
        from connector.sandbox.box import Sandbox  # noqa: PLC0415

        return Sandbox
    if name == "World":
        from connector.sandbox.world import World  # noqa: PLC0415

        return World
    raise AttributeError(name)
