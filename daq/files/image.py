"""File in memory of which only what was written takes room.

HDF5 makes every file of ours in such an image and reads its description from one. So the library never meets a disk:
one that is full or fails while a file is made is an error of ours, not a crash inside the library at its end.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from daq.files.durable import write_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

# Bytes of a page: some descriptions of datasets; more only takes memory around small pieces.
_PAGE = 4096


class SparseImage(io.RawIOBase):
    """File in memory; what was never written reads as zeros.

    Parameters
    ----------
    size : int
        Length to begin with.
    """

    def __init__(self, size: int = 0) -> None:
        super().__init__()
        self._pages: dict[int, bytearray] = {}
        self._size = size
        self._position = 0

    @property
    def size(self) -> int:
        """Length (bytes)."""
        return self._size

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def truncate(self, size: int | None = None) -> int:
        """Set the length and return it; pages behind the end are kept, since HDF5 only ever cuts free space."""
        self._size = self._position if size is None else size
        return self._size

    def readinto(self, buffer: Buffer) -> int:
        """Read into a buffer; return how many bytes there were."""
        target = memoryview(buffer).cast("B")
        count = max(min(len(target), self._size - self._position), 0)
        done = 0
        while done < count:
            page, start = divmod(self._position + done, _PAGE)
            part = min(_PAGE - start, count - done)
            content = self._pages.get(page)
            target[done : done + part] = bytes(part) if content is None else content[start : start + part]
            done += part
        self._position += count
        return count

    def write(self, data: Buffer) -> int:
        """Write at the position; return how many bytes."""
        source = memoryview(data).cast("B")
        done = 0
        while done < len(source):
            page, start = divmod(self._position + done, _PAGE)
            part = min(_PAGE - start, len(source) - done)
            content = self._pages.setdefault(page, bytearray(_PAGE))
            content[start : start + part] = source[done : done + part]
            done += part
        self._position += done
        self._size = max(self._size, self._position)
        return done

    def put(self, offset: int, data: Buffer) -> None:
        """Write at an offset."""
        self.seek(offset)
        self.write(data)

    def get(self, offset: int, count: int) -> bytes:
        """Return bytes at an offset; fewer only at the end."""
        self.seek(offset)
        return self.read(count) or b""

    def runs(self) -> Iterator[tuple[int, bytes]]:
        """Yield what was written as offset and bytes, neighbouring pages together."""
        pages = sorted(page for page in self._pages if page * _PAGE < self._size)
        first = 0
        for place in range(1, len(pages) + 1):
            if place == len(pages) or pages[place] != pages[place - 1] + 1:
                run = b"".join(self._pages[page] for page in pages[first:place])
                offset = pages[first] * _PAGE
                yield offset, run[: self._size - offset]
                first = place

    def save(self, descriptor: int) -> None:
        """Write the image into an open file of at least its length."""
        for offset, run in self.runs():
            write_at(descriptor, offset, run)
