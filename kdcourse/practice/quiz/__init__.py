"""Quizzes: questions written as data, one module per kind, kept as plain state, shown thinly."""
