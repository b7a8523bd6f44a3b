"""Locks on instruments, which all users of a computer see: one run has an instrument, and a search waits its turn."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from daq.locks import ATTEMPT_INTERVAL_S, ATTEMPTS, BRIEF_HOLDERS, Lock, LockHeldError
from daq.shared_folder import EVERYBODY, shared_folder
from drivers import InstrumentInUseError, canonical_resource, network_host
from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daq.locks import Role

# How the names of an instrument's files begin, and what stands between a holder and its instrument in a lock.
_PREFIX, _AT = "ionecho-", " at "
# The guardian's lock comes first, as in a run: whoever has it has the instrument.
_ROLES: tuple[Role, ...] = ("guardian", "runner")
# What a search for instruments calls itself, and how long (s) a run waits for it to be through with one: each greeting
# takes a second at most. Doubled: a run beside a search that hangs is refused 5 s later.
_SEARCH, _SEARCH_S = "a search for instruments", 5.0


@cache
def _name_of(resource: str) -> str:
    """Return the name of an instrument's files; looked up once, so that it stays the same while a network fails."""
    return hashlib.sha256(canonical_resource(resource).encode()).hexdigest()[:24]


def instrument_file(resource: str, suffix: str) -> Path:
    """Return a file of an instrument in the folder that all users of this computer share.

    Other spellings of the same VISA resource name give the same file.
    """
    return shared_folder() / f"{_PREFIX}{_name_of(resource)}.{suffix}"


def instrument_lock_path(resource: str, role: Role) -> Path:
    """Return the file whose lock stands for an instrument on this computer.

    Parameters
    ----------
    resource : str
        VISA resource name.
    role : str
        ``guardian`` or ``runner``: each has a lock of its own, since either may outlive the other.
    """
    return instrument_file(resource, f"{role}.lock")


def lock_instrument(resource: str, run_path: Path, role: Role) -> Lock:
    """Lock an instrument for one run, before anything is sent to it.

    Raises
    ------
    InstrumentInUseError
        If another run of this computer has it: says which.
    InstrumentError
        If this computer has no folder for such locks.
    """
    return _lock_instrument(resource, role, f"the run {run_path}")


def instrument_owner(resource: str, who: str) -> str:
    """Return what the lock of an instrument says of its holder, which is this process on behalf of somebody."""
    return f"{who} (process {os.getpid()}){_AT}{canonical_resource(resource)}"


def _lock_instrument(resource: str, role: Role, who: str) -> Lock:
    """Lock an instrument; a search for instruments that asks it just now is waited for."""
    owner = instrument_owner(resource, who)
    begun = time.monotonic()
    while True:
        try:
            # Any user of this computer must find the lock held.
            return Lock(instrument_lock_path(resource, role), owner, EVERYBODY)
        except LockHeldError as error:
            holder = str(error)
        is_brief = holder in BRIEF_HOLDERS or (holder.startswith(_SEARCH) and not who.startswith(_SEARCH))
        if time.monotonic() - begun > (_SEARCH_S if is_brief else ATTEMPTS * ATTEMPT_INTERVAL_S):
            raise InstrumentInUseError(
                f"{resource} is in use by {holder.partition(_AT)[0]}: stop that run or wait for its end. Nothing was "
                "sent."
            )
        time.sleep(ATTEMPT_INTERVAL_S)


@contextmanager
def instrument_held(resource: str, owner: str = _SEARCH) -> Iterator[None]:
    """Hold both locks of an instrument, so that no run can have it meanwhile.

    Parameters
    ----------
    resource : str
        VISA resource name.
    owner : str
        For whom, as others will read it.

    Raises
    ------
    InstrumentInUseError
        If a run of this computer has it: says which. Nothing was sent.
    """
    with ExitStack() as held:
        for role in _ROLES:
            held.callback(_lock_instrument(resource, role, owner).remove)
        yield


@contextmanager
def instrument_searched(resource: str) -> Iterator[None]:
    """Hold an instrument while a search greets it, unless a run has it or may have it under another address.

    An instrument on a network has several addresses (socket, HiSLIP, VXI-11), and a greeting over any of them ends the
    program of a 2600B. So no address of a host is asked while a run uses another one of it.

    Raises
    ------
    InstrumentInUseError
        If a run of this computer has it: says which. Nothing was sent.
    """
    host = network_host(resource)
    if host:
        for other, holder in _instruments_in_use():
            if network_host(other) == host and canonical_resource(other) != canonical_resource(resource):
                raise InstrumentInUseError(
                    f"{resource} was not asked: {other}, which may be the same instrument, is in use by {holder}"
                )
    with instrument_held(resource):
        yield


def _instruments_in_use() -> Iterator[tuple[str, str]]:
    """Yield resource and holder of each instrument of this computer that somebody has."""
    for path in shared_folder().glob(f"{_PREFIX}*.lock"):
        try:
            Lock(path, _SEARCH, EVERYBODY).remove()
        except LockHeldError as error:
            holder, _, resource = str(error).partition(_AT)
            if resource:
                yield resource, holder
        except RunFileError:  # what cannot be locked is nobody's lock
            continue
