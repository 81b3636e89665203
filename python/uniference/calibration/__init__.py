"""Measures a cluster, so that ``uniference calibrate`` can describe it. Needs torch and nothing else of this package."""
