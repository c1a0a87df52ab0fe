"""`connector sandbox`."""

from pathlib import Path

from connector.cli.signals import on_signals
from connector.cli.verbs.shared import say
from connector.clock import SystemClock
from connector.errors import ConfigError
from connector.sandbox import (
    BRAZE_KEY,
    CANARY_EMAIL,
    CANARY_TOKEN,
    PUNCHH_CLIENT,
    PUNCHH_KEY,
    PUNCHH_SECRET,
    SALESFORCE_DOMAIN,
    SALESFORCE_KEY,
    SALESFORCE_SECRET,
    Sandbox,
)


def run(_config: Path, *, port: int) -> int:
    """Serve the simulators until told to stop."""
    clock = SystemClock()
    on_signals(clock.interrupt)
    try:
        box = Sandbox(port)
        box.start()
    except (OSError, OverflowError) as error:
        raise ConfigError([f"--port {port}: {error}"]) from None
    try:
        say(f"Control API  {box.control_url}   (GET / lists its verbs)")
        say("A configuration for it:\n")
        say(configuration(box) + PROOF)
        say("\nCtrl-C stops it.")
        while not clock.wait(3600):
            pass
    finally:
        box.stop()
    return 0


# Stands after the last table: `punchh.…` are tables of their own.
PROOF = f"""
[punchh.canaries.vip]
segment = "VIP Guests"
token = "{CANARY_TOKEN}"
email = "{CANARY_EMAIL}"
"""


def configuration(box: Sandbox, mappings: str = "../mappings") -> str:
    """Return a connector.toml that points at a sandbox."""
    return f"""\
[mappings]
path = "{mappings}"

[punchh]
base_url = "{box.punchh_url}"
admin_key = "{PUNCHH_KEY}"
user_agent = "Sandbox/SystemIntegrator/1.0"
timezone = "America/New_York"
campaign_clock = "utc"
client = "{PUNCHH_CLIENT}"
secret = "{PUNCHH_SECRET}"

[sources.braze_us]
kind = "braze"
base_url = "{box.braze_url}"
api_key = "{BRAZE_KEY}"
timezone = "America/New_York"

[sources.sf_core]
kind = "salesforce"
domain = "{SALESFORCE_DOMAIN}"
consumer_key = "{SALESFORCE_KEY}"
consumer_secret = "{SALESFORCE_SECRET}"
endpoint = "{box.salesforce_url}"
"""
