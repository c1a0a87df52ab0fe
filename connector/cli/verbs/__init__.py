"""One module a verb: a small function that fetches objects from `app` and shows a value."""
