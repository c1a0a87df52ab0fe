"""The configuration: connector.toml, overridden by CONNECTOR_… variables, checked as a whole.

Secrets come from a variable, from the file, or from a file of their own named by `…_file`.
"""

from connector.settings.load import ledger_url, load
from connector.settings.model import (
    BrazeSettings,
    CanarySettings,
    PunchhSettings,
    SalesforceSettings,
    Settings,
    WebhookSettings,
)

__all__ = [
    "BrazeSettings",
    "CanarySettings",
    "PunchhSettings",
    "SalesforceSettings",
    "Settings",
    "WebhookSettings",
    "ledger_url",
    "load",
]
