"""Whether glassprop computes what PyTorch does, over each of its registries."""
