"""What students of the course get: numbers to work with."""
