"""Measures a cluster, so that ``uniference calibrate`` can describe it. Needs torch, and nothing of this package."""
