"""What is right in each exercise, and what is tempting. Graded notebooks never see this folder."""
