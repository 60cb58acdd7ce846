"""Neural networks in plain Python whose backpropagation you can read and check."""
