"""The scripts that run inside the sandbox: plain files side by side, without the project.

Inside they import each other by plain names. The grader imports some of them as modules of this
package: `wire` (the format of messages), `observe` (calls a function and notes what it did, for the
reference too), `processes` (reads /proc) and `confine` (the kernel's version of Landlock).
"""
