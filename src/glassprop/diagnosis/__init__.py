"""What is wrong with a training: rules, what they look at, and what to change."""
