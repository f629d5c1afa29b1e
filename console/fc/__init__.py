"""The Function Compute API, version 2016-08-15: signatures, refusals, limits."""
