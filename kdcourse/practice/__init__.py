"""Practising: quizzes, role plays, simulations: plain state machines with thin views."""
