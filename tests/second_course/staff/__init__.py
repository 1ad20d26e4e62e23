"""What only the staff of the course has."""
