"""Import formats, one file each."""
