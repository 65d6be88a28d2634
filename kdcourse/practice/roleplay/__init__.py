"""Role plays: conversations written as data, played as plain state, shown by a thin view."""
