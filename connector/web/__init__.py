"""The admins' pages, and the receiver of Punchh's webhook: served beside a running worker."""
