"""Characters for hypothesis: those that no border takes out of a text."""

from hypothesis import strategies as st

ORDINARY = st.characters(
    exclude_categories=["Cs", "Cc", "Zl", "Zp"],
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
