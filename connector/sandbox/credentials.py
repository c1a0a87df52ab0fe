"""Keys that open the sandbox and nothing else."""

BRAZE_KEY = "sandbox-braze-key"
SALESFORCE_KEY = "sandbox-salesforce-key"
SALESFORCE_SECRET = "sandbox-salesforce-secret"  # noqa: S105  a fake, on purpose
SALESFORCE_DOMAIN = "brand.my"
PUNCHH_KEY = "sandbox-punchh-key"
