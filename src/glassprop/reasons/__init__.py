"""Why the network says what it says about a row: what carries it, what flips it."""
