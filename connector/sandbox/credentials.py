"""Keys that open the sandbox and nothing else."""

BRAZE_KEY = "sandbox-braze-key"
SALESFORCE_KEY = "sandbox-salesforce-key"
SALESFORCE_SECRET = "sandbox-salesforce-secret"  # noqa: S105  a fake, on purpose
SALESFORCE_REFRESH_TOKEN = "sandbox-salesforce-refresh-token"  # noqa: S105  a fake, on purpose
SALESFORCE_USERNAME = "robot@brand.example.com"
SALESFORCE_PASSWORD = "sandbox-salesforce-password"  # noqa: S105  a fake, on purpose
SALESFORCE_TOKEN = "sandbox-security-token"  # noqa: S105  a fake, on purpose
SALESFORCE_DOMAIN = "brand.my"
PUNCHH_KEY = "sandbox-punchh-key"
PUNCHH_CLIENT = "sandbox-punchh-client"
PUNCHH_SECRET = "sandbox-punchh-secret"  # noqa: S105  a fake, on purpose
CANARY_TOKEN = "sandbox-canary-token"  # noqa: S105  a fake, on purpose
CANARY_EMAIL = "canary.vip@example.com"
