"""Tables of measured kernel times, in the format that ``uniference`` reads (``Documentation/kernels.md``)."""
