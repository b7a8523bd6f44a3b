"""Index of a campaign, `campaign.nxs`: one NeXus file whose entries are links to the runs that are done.

Viewers of NeXus files open it and show the current of each run over time (``default`` leads to the first one's), and
``/campaign`` lists all points with their state. The links are to the datasets: nexusformat 2.1, the reader of NeXpy,
opens no link to a group of another file, not even one that it has made itself. The index is made anew, and whole, when
a point ends; nothing of it is needed to go on.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import h5py
import numpy as np

from daq.campaign.states import PointState
from daq.campaign.view import read_points, read_status
from daq.execution.worker import Worker
from daq.files.durable import write_atomically
from daq.files.layout import GROWING
from protocols import IonechoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daq.campaign.folder import CampaignFolder
    from daq.campaign.view import PointStatus
    from daq.execution.worker import Job

_LAST_S = 10.0
"""How long (s) the last index may take on its way to a disk that hangs, before a campaign ends without it."""


def write_index(folder: CampaignFolder) -> None:
    """Write the index of a campaign as its points stand now.

    Raises
    ------
    IonechoError, OSError
        If its state cannot be read, or the file cannot be written.
    """
    name, points = read_status(folder).name, read_points(folder)
    done = [point for point in points if point.state is PointState.DONE]
    image = io.BytesIO()  # HDF5 would lock the file that is being made, which is locked already
    with h5py.File(image, "w") as file:
        file.attrs["NX_class"] = "NXroot"
        file.attrs["default"] = entry_name(done[0].file) if done else "campaign"
        campaign = file.create_group("campaign")
        campaign.attrs["NX_class"] = "NXentry"
        campaign["title"] = name
        _table(campaign, points)
        for point in done:
            _entry(file, point)
    with write_atomically(folder.index) as making:
        making.write_bytes(image.getvalue())


def _entry(file: h5py.File, point: PointStatus) -> None:
    """Write the entry of a run: what a viewer needs to plot it, with links to the samples."""
    entry = file.create_group(entry_name(point.file))
    entry.attrs["NX_class"] = "NXentry"
    entry.attrs["default"] = "data"
    entry["title"] = f"{point.number}: {point.label}"
    entry["run_file"] = point.file
    data = entry.create_group("data")
    data.attrs["NX_class"] = "NXdata"
    data.attrs["signal"] = "current"
    data.attrs["axes"] = ["time"]
    data.attrs["auxiliary_signals"] = ["voltage"]
    for name, (place, _) in GROWING.items():
        data[name] = h5py.ExternalLink(point.file, f"/{place}")


def entry_name(file: str) -> str:
    """Return under which name the index has a run: NeXus allows letters, digits and underscores, and no digit first."""
    return "point_" + "".join(one if one.isalnum() and one.isascii() else "_" for one in file.removesuffix(".nxs"))


def _table(campaign: h5py.Group, points: Sequence[PointStatus]) -> None:
    """Write which points there are, as a plot of samples over the points' numbers that any viewer can show."""
    table = campaign.create_group("points")
    table.attrs["NX_class"] = "NXdata"
    table.attrs["signal"] = "samples"
    table.attrs["axes"] = ["number"]
    campaign.attrs["default"] = "points"
    table["number"] = np.array([point.number for point in points], dtype=np.int64)
    table["samples"] = np.array([point.n_samples for point in points], dtype=np.int64)
    texts = h5py.string_dtype()
    for column in ("label", "state", "file", "reason"):
        table.create_dataset(column, data=[str(getattr(point, column)) for point in points], dtype=texts)


class IndexWriter:
    """Writer of the index beside a conductor's loop, which never waits for it.

    Parameters
    ----------
    folder : CampaignFolder
    """

    def __init__(self, folder: CampaignFolder) -> None:
        self._folder = folder
        self._worker = Worker("index of the campaign")
        self._job: Job[None] | None = None
        self._is_due = False

    def point_ended(self) -> None:
        """Have the index written anew, unless that is being done: then with the next point."""
        self._is_due = self._job is not None and not self._job.is_done
        if not self._is_due:
            self._job = self._worker.submit(self._write)

    def close(self) -> None:
        """Write what is due and wait for it, for some seconds at most."""
        if self._is_due:
            self._job = self._worker.submit(self._write)
        if self._job is not None:
            self._job.wait(_LAST_S)

    def _write(self) -> None:
        try:
            write_index(self._folder)
        except (IonechoError, OSError) as error:  # a full disk: the state has it all, and the next point tries again
            sys.stderr.write(f"{self._folder.index} could not be written: {error}\n")
