"""The configuration: connector.toml, overridden by CONNECTOR_… variables, checked as a whole.

Secrets come from a variable, from systemd's credentials, from the file, or from a file of their
own named by `…_file`.
"""

from connector.settings.load import ledger_url, load, mapping_path
from connector.settings.model import (
    BrazeSettings,
    CanarySettings,
    PunchhSettings,
    RewardsSettings,
    SalesforceSettings,
    Settings,
)
from connector.settings.watch import (
    AlertsSettings,
    EmailSettings,
    HealthSettings,
    HeartbeatSettings,
    LogSettings,
    WebhookSettings,
)
from connector.settings.web import WebSettings, WebUser

__all__ = [
    "AlertsSettings",
    "BrazeSettings",
    "CanarySettings",
    "EmailSettings",
    "HealthSettings",
    "HeartbeatSettings",
    "LogSettings",
    "PunchhSettings",
    "RewardsSettings",
    "SalesforceSettings",
    "Settings",
    "WebSettings",
    "WebUser",
    "WebhookSettings",
    "ledger_url",
    "load",
    "mapping_path",
]
