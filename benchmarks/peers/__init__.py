"""glassprop and its peers, on the same work: ``python benchmarks/peers``."""
