"""`connector mappings schema`."""

from pathlib import Path

from connector.cli.verbs.shared import as_json
from connector.mapping.schema import json_schema


def run(_config: Path) -> int:
    """Print the schema."""
    as_json(json_schema())
    return 0
