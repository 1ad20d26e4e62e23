"""The student's side: what runs inside the fence, and the fence itself.

``fence`` builds the command that starts a fenced process; ``landlock`` is the weaker fence;
``shell`` is what the process runs; ``wire`` is the message format that both sides speak.
"""
