"""The sandbox of a submission: how it is made, what runs in it, and how the grader talks to it.

Outside: `probe` chooses the kind of sandbox; `launch` starts processes in one, which see what
`view` and `packages` list and make the system calls that `syscalls` allows; `template` is forked
for a quick start; `monitor` ends a submission that uses too much. `client` runs cells and takes
snapshots over a `channel`; `snapshots` tells whether a snapshot has stayed as it was.

Inside (`inside`): `reaper` starts `confine`, which gives up all rights and becomes `shell`. That
runs cells and answers calls. `wire` is the message format of both sides.
"""
