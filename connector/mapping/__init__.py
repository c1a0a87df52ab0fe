"""Mapping files: from YAML to a RuleBook, with the place of everything that is wrong."""
