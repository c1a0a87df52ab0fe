"""The worker: observe, plan, record, commit; and the daemon around it."""
