"""Practising: quizzes as a plain state machine with a thin widget view."""
