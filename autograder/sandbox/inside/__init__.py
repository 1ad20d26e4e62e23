"""What runs inside the sandbox: plain files side by side, without the rest of the project."""
