"""The SRS EC301 potentiostat."""
