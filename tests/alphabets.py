"""Characters for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

# All that can be in a text, as `st.text()` has by default. By its codec (`codec="utf-8"`) hypothesis tries each of a
# million characters, 1.5 s in each worker of a fresh clone.
CHARACTERS = st.characters(exclude_categories=["Cs"])
