"""A record of time, voltage and current that can be fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fitting.transforms.laplace import Floats
    from protocols import PulseSequence


class Record(Protocol):
    """What the fit reads of a run; `daq.Run` is one."""

    @property
    def path(self) -> Path: ...  # noqa: D102
    @property
    def n_samples(self) -> int: ...  # noqa: D102
    @property
    def t_s(self) -> Floats: ...  # noqa: D102
    @property
    def voltage_V(self) -> Floats: ...  # noqa: D102
    @property
    def current_A(self) -> Floats: ...  # noqa: D102
    @property
    def status(self) -> NDArray[np.uint8]: ...  # noqa: D102
    @property
    def drive(self) -> PulseSequence | None: ...  # noqa: D102
    @property
    def aperture_s(self) -> float: ...  # noqa: D102
    @property
    def response_s(self) -> tuple[float, ...]: ...  # noqa: D102


@runtime_checkable
class _ChecksummedRecord(Protocol):
    """Record whose samples carry checksums; `daq.Run` is one."""

    def require_intact(self) -> None: ...


def require_intact(run: Record) -> None:
    """Raise unless the samples are what was written, as far as that can be told; for whoever uses a whole record.

    Raises
    ------
    RunFileError
        If blocks of a run file do not match their checksums.
    """
    if isinstance(run, _ChecksummedRecord):
        run.require_intact()
