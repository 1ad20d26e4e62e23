"""The scripts that run inside the sandbox: plain files side by side, without the project."""
