"""One definition per business metric, one file per module of the course."""
