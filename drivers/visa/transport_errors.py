"""Errors of transports, in words: what each raises for a lost link, a silence or a refusal."""

from __future__ import annotations


def reason_in_words(error: Exception, timeout_s: float) -> str:
    """Return what happened to a link.

    Parameters
    ----------
    error : Exception
        Of pyvisa, a socket, a serial port or whatever carries the link.
    timeout_s : float
        How long the instrument could be silent.
    """
    from pyvisa.constants import StatusCode
    from pyvisa.errors import VisaIOError

    timed_out = isinstance(error, VisaIOError) and error.error_code == StatusCode.error_timeout
    if timed_out or isinstance(error, TimeoutError):
        return (
            str(error)
            if error.args and not timed_out and error.args[0] != "timed out"
            else (f"no answer within {timeout_s:g} s")
        )
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens at that address (is the instrument on, is the port right?)"
    if isinstance(error, ConnectionResetError | BlockingIOError) and error.errno is None:
        return str(error)
    if str(error) == f"could not connect: {StatusCode.error_timeout.value}":
        # pyvisa-py's words. Windows tells a refused connection in a way that pyvisa-py does not hear.
        return (
            f"no connection within {timeout_s:g} s: nothing listens at that address, or it cannot be reached (is the "
            "instrument on, are address and port right?)"
        )
    return f"{type(error).__name__}: {error}"
