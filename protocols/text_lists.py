"""Lists of short texts as fields of a protocol, such as tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protocols.fields import FieldSpec, TextSpec, read_each
from protocols.units import described


@dataclass(frozen=True)
class TextsSpec(FieldSpec):
    """A list of different short texts, each on one line, without commas.

    Attributes
    ----------
    most : int
        Longest text, in characters.
    at_most : int
        How many there may be.
    """

    most: int = 0
    at_most: int = 0

    @property
    def expected(self) -> str:
        """What belongs here, for messages."""
        return f'a list of at most {self.at_most} texts, such as ["first", "second"]'

    @property
    def one(self) -> TextSpec:
        """What each of them is."""
        return TextSpec("One of them.", filled=True, most=self.most)

    def read(self, value: object) -> tuple[str, ...]:
        """Return the texts without blanks around them, in their order, each once."""
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise ValueError(f"expected {self.expected}, not {described(value)}")  # noqa: TRY004 - a problem
        texts = tuple(dict.fromkeys(one.strip() for one in read_each(value, self.one.read)))
        if len(texts) > self.at_most:
            raise ValueError(f"has {len(texts)} texts; at most {self.at_most} are taken")
        if wrong := next((one for one in texts if "," in one or one.startswith("-")), None):
            raise ValueError(f"{wrong!r} has a comma, or begins with a minus: give each as a text of its own")
        return texts

    def write(self, value: tuple[str, ...]) -> list[str]:
        """Return a list."""
        return list(value)

    def schema(self) -> dict[str, Any]:
        """Return its entry in the JSON schema."""
        return {"description": self.doc, "type": "array", "items": self.one.schema(), "maxItems": self.at_most}
