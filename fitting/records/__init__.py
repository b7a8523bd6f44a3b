"""Records that can be fitted: time series, impedance and conductivity spectra."""
