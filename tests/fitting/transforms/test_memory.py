from __future__ import annotations

import pytest

from fitting.transforms.memory import aligned_rows


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (2048, 48), (300, 81)])
def test_rows_begin_at_a_line_of_the_cache_and_follow_each_other(shape: tuple[int, int]) -> None:
    rows = aligned_rows(*shape)
    assert rows.shape == shape
    assert rows.ctypes.data % 64 == 0
    assert rows.flags.c_contiguous
    rows[:] = 1.0
    assert rows.sum() == shape[0] * shape[1]
