"""Makes the student version of the source notebooks, and the kit that students get."""
