"""What makes an answer right: one file of questions per exercise, and how answers are compared."""
