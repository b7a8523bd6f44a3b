"""Publication of runs: a research object (RO-Crate) of a campaign, in terms of EMMO and BattINFO."""
