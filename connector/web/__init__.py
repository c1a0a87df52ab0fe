"""The admins' pages: what is coming, what was given, and what needs a decision."""
