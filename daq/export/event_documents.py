"""Documents of the event model (bluesky) of a run: start, descriptors, pages of events, stop.

https://blueskyproject.io/event-model/main/explanations/data-model.html has what each is. Identifiers are made from the
run's own, so that a run has the same ones whenever its documents are made, and whoever stores them twice notices.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from daq.export.facts import facts_of, remarks_on, started_s
from daq.state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from daq.files.run import Run

_PAGE = 10_000
"""Events of a page: a line of 1 MB in a file. Doubled, whoever reads line by line needs twice the memory."""
_SPACE = uuid.UUID("8b0cf1de-61c1-5f10-9d1c-9a0a4d1d8a62")
"""Space of names of our identifiers; any will do, as long as it stays."""

Document = tuple[str, dict[str, Any]]


def documents_of(run: Run) -> Iterator[Document]:
    """Yield the documents of a run in their order, each with its name.

    Streams are ``primary`` with voltage, current and status, and ``temperature`` where that was read. Values are lists;
    a current beyond the range is NaN. Times are those of the samples, in seconds since 1970.
    """
    identity = run.run_id or f"{run.path.name} {run.start_time}"
    begun_s = started_s(run)
    if begun_s is None:  # an imported record: its samples have no date, its file has
        begun_s = datetime.fromisoformat(run.start_time).timestamp()
    start_id = str(uuid.uuid5(_SPACE, identity))
    yield "start", _start(run, start_id, begun_s)
    counts = {"primary": run.n_samples}
    yield from _stream(run, "primary", start_id, begun_s, _primary_pages(run))
    t_s, kelvin = run.slow("temperature")
    if len(t_s):
        counts["temperature"] = len(t_s)
        yield from _stream(run, "temperature", start_id, begun_s, iter([{"time": t_s, "temperature": kelvin}]))
    last_s = float(run.read_samples(run.n_samples - 1, 1)["time"][0]) if run.n_samples else 0.0
    yield "stop", _stop(run, start_id, begun_s + last_s, counts)


def write_documents(run: Run, path: Path) -> None:
    """Write the documents as lines of JSON, ``["start", {...}]`` and so on; null where a value is not finite."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for name, document in documents_of(run):
            if name == "event_page":
                document["data"] = {
                    key: [None if value != value else value for value in values]  # noqa: PLR0124 - NaN
                    for key, values in document["data"].items()
                }
            file.write(json.dumps([name, document], ensure_ascii=False) + "\n")


def _start(run: Run, uid: str, begun_s: float) -> dict[str, Any]:
    facts = {name: text for name, text in facts_of(run).items() if name not in {"sample", "state"}}
    sample = {name: value for name, value in asdict(run.sample).items() if value not in (None, "")}
    return {"uid": uid, "time": begun_s, "plan_name": run.title, **facts, **({"sample": sample} if sample else {})}


_KEYS: dict[str, dict[str, tuple[str, str]]] = {
    "primary": {"voltage": ("number", "V"), "current": ("number", "A"), "status": ("integer", "")},
    "temperature": {"temperature": ("number", "K")},
}


def _stream(
    run: Run, name: str, start_id: str, begun_s: float, pages: Iterator[dict[str, NDArray[Any]]]
) -> Iterator[Document]:
    uid = str(uuid.uuid5(_SPACE, f"{start_id} {name}"))
    source = run.instrument.get("resource", "") or run.path.name
    keys: dict[str, Any] = {}
    for key, (dtype, unit) in _KEYS[name].items():
        keys[key] = {"source": f"{source}/{key}", "dtype": dtype, "shape": []} | ({"units": unit} if unit else {})
    yield (
        "descriptor",
        {"uid": uid, "run_start": start_id, "time": begun_s, "name": name, "data_keys": keys, "configuration": {}},
    )
    first = 1
    for page in pages:
        times = (begun_s + page["time"]).tolist()
        count = len(times)
        numbers = list(range(first, first + count))
        yield (
            "event_page",
            {
                "descriptor": uid,
                "uid": [f"{uid}/{number}" for number in numbers],
                "seq_num": numbers,
                "time": times,
                "data": {key: page[key].tolist() for key in keys},
                "timestamps": dict.fromkeys(keys, times),
                "filled": {},
            },
        )
        first += count


def _primary_pages(run: Run) -> Iterator[dict[str, NDArray[Any]]]:
    for first in range(0, run.n_samples, _PAGE):
        yield run.read_samples(first, _PAGE)


def _stop(run: Run, start_id: str, ended_s: float, counts: dict[str, int]) -> dict[str, Any]:
    status = {RunState.COMPLETE: "success", RunState.STOPPED: "abort"}.get(run.state, "fail")
    return {
        "uid": str(uuid.uuid5(_SPACE, f"{start_id} stop")),
        "run_start": start_id,
        "time": ended_s,
        "exit_status": status,
        "reason": " ".join(remarks_on(run)),
        "num_events": counts,
    }
