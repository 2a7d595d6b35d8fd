"""Generated catalogues whose truth is known."""
