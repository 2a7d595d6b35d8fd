"""The job queue and the worker that empties it.

`queue` moves jobs on, every write fenced by who holds the lease; `handlers` is the registry of what
the kinds of jobs do; `worker` claims jobs and starts a process (`process`, `child`) for each, which
it watches (`execution`); `settling` calls the hooks of jobs whose process could not; `status` tells
pages whether a worker is there.
"""
