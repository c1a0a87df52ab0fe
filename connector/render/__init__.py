"""How a person sees it: a value becomes a table, a table becomes text or markdown or JSON."""
