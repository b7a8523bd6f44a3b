"""Header of a run: what is known of it before its first sample."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from daq.files.origin import Origin

if TYPE_CHECKING:
    from daq.files.slow_channels import SlowChannel
    from drivers import DrivePlan, Identity, RangeAccuracy
    from protocols import Protocol, PulseSequence, Sample


@dataclass(frozen=True)
class Header:
    """What is known of a run before its first sample.

    Attributes
    ----------
    title : str
    protocol_text : str
        The protocol as given; empty for an imported record.
    sample : Sample
    identity : Identity or None
        What measured.
    resource : str
        VISA resource, or the file that was imported.
    plan : dict
        Scalars of the plan as carried out.
    drive : PulseSequence or None
        Edges in run time; None if only the measured voltage is known.
    n_samples : int
        Planned number of samples.
    duration_s : float
        Expected, for the size of the block table.
    run_id : str
        Tells this run from any other whose file may lie at the same path; empty for an imported record.
    origin : Origin
        Who measured, for what, and as which point of which campaign.
    accuracy : tuple of RangeAccuracy
        Of the instrument's ranges; empty where no page of a manual was at hand.
    slow : tuple of SlowChannel
        Quantities for which room is reserved beside the samples.
    """

    title: str
    protocol_text: str
    sample: Sample
    identity: Identity | None
    resource: str
    plan: dict[str, Any]
    drive: PulseSequence | None
    n_samples: int
    duration_s: float
    run_id: str = ""
    origin: Origin = Origin()  # noqa: RUF009 - frozen
    accuracy: tuple[RangeAccuracy, ...] = ()
    slow: tuple[SlowChannel, ...] = ()

    @classmethod
    def of(cls, protocol: Protocol, plan: DrivePlan, identity: Identity, resource: str, run_id: str = "") -> Header:
        """Return the header of a run that is about to start."""
        scalars = {name: value for name, value in asdict(plan).items() if name not in {"sequence", "grid"}}
        if plan.grid is not None or plan.acts:
            scalars |= {"interval_s": None, "duration_s": plan.duration_s}  # it differs: the times tell
        scalars["roundings"] = [str(one) for one in plan.roundings]
        scalars["assumed"] = [str(one) for one in plan.assumed]
        return cls(
            title=protocol.name,
            protocol_text=protocol.to_toml(),
            sample=protocol.sample,
            identity=identity,
            resource=resource,
            plan=scalars,
            drive=plan.sequence if not plan.acts else None,  # nobody knows yet: the measured voltage tells
            n_samples=plan.n_recorded,
            duration_s=plan.duration_s,
            run_id=run_id,
            origin=Origin(protocol.operator, protocol.project, protocol.tags),
        )
