"""Physics of the sample: cells, contacts, lattice gas, cryostat."""
