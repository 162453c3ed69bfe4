"""The pigeonhole arithmetic: plans, buckets and prices, plain Python and numpy."""
