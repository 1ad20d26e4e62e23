"""The sandbox of a submission: how it is made, what runs in it, what is asked from outside.

Outside: ``sandbox`` starts a process in a sandbox, which sees what ``view`` and ``packages`` list;
``template`` is forked for a quick start; ``watch`` ends what uses too much; ``frozen`` tells if a
snapshot is what it was.

Inside: `reaper` starts ``confine``, which gives up all rights and becomes ``shell``. That runs
cells and answers calls. ``wire`` is the message format of both sides.
"""
