"""Circuit elements: admittance or impedance, parameters, starting scales."""
