"""Lua 5.0 as the instrument speaks it, for a Lua 5.1.

*Lua 5.0 Reference Manual*, section 2.4.5: a table after ``in`` stands for ``next`` over it. Lua 5.1 calls what is
there, so the expression is given to a function that makes an iterator of a table.

The touchscreen family has operators besides (2461 reference manual, 2461-901-01 Rev. A, p. 7-15). The shifts bind as
``*`` does, the bitwise ones as ``+`` does, to the left (p. 7-17): each becomes that operator, a marker, and that
operator again, ``a + __or + b``, and the markers know what to do.
"""

from __future__ import annotations

import re

ITERATOR = "__iterator"
"""Name of that function; `boot.lua` has it."""

# Comments and strings, which are passed over, then names.
_TOKEN = re.compile(
    r"--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[.*?\]\2\]|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*", re.DOTALL
)
_OPERATORS = {
    "!=": "~=",
    "!": " not ",
    "^^": "+__xor+",
    "|": "+__or+",
    "&": "+__and+",
    "<<": "*__shift_left*",
    ">>": "*__shift_right*",
}
"""Of the touchscreen family and what Lua 5.1 is given; `boot.lua` has the markers."""
_OPERATOR = re.compile(
    r"--\[(=*)\[.*?\]\1\]|--[^\n]*|\[(=*)\[.*?\]\2\]|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
    r"|!=|!|\^\^|\||&|<<|>>",
    re.DOTALL,
)
_OPENS, _CLOSES = {"function", "if", "do", "repeat"}, {"end", "until"}


def translated(chunk: str) -> str:
    """Return a chunk with an iterator wherever a generic ``for`` may be given a table; lines stay where they are."""
    if "in" not in chunk:
        return chunk
    parts: list[str] = []
    done, blocks = 0, [""]
    for token in _TOKEN.finditer(chunk):
        word = token[0]
        if word == "in":
            parts.append(f"{chunk[done : token.end()]} {ITERATOR}(")
            done = token.end()
            blocks.append(word)
        elif word == "do" and blocks[-1] == "in":
            parts.append(f"{chunk[done : token.start()]}) ")
            done = token.start()
            blocks[-1] = word
        elif word in _OPENS:
            blocks.append(word)
        elif word in _CLOSES and len(blocks) > 1:
            blocks.pop()
    return "".join(parts) + chunk[done:]


def with_operators(chunk: str) -> str:
    """Return a chunk of the touchscreen family in the operators of Lua 5.1; lines stay where they are."""
    return _OPERATOR.sub(lambda token: _OPERATORS.get(token[0], token[0]), chunk)
