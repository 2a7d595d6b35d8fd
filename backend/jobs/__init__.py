"""The job queue and the worker that empties it."""
