"""Back ends: programs as code that runs."""
