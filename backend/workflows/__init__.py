"""One module per page: the only door for pages and command line."""
