"""Samples that a run file is without: what is to be known of them where they were left out on purpose.

Such a file has all of a run but its samples: protocol, plan, drive, sample, events, temperatures, state. With a kept
reduction beside it the run can be fitted again, and it counts as the run that it was made of.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LeftOut:
    """Samples that are not in a run file.

    Attributes
    ----------
    sha256 : str
        Of the run file that has them.
    n_samples : int
    first_s, before_last_s, last_s : float
        Times of the first, the last but one and the last of them.
    """

    sha256: str
    n_samples: int
    first_s: float
    before_last_s: float
    last_s: float

    @classmethod
    def from_seal(cls, about: dict[str, Any] | None) -> LeftOut | None:
        """Return what a seal says of samples that are not there; None for a file that has its samples."""
        found = (about or {}).get("left_out_samples")
        return None if found is None else cls(**{name: found[name] for name in cls.__dataclass_fields__})

    def to_seal(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"its {self.n_samples:,} samples were left out when it was published: they are in the run file with the"
            f" SHA-256 {self.sha256}"
        )
