"""A widget as a learner meets it, without a browser: what is shown, and a clock to go by."""

import ipywidgets as widgets


def tree(widget):
    """Yield a widget and all that it holds."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from tree(child)


class Screen:
    """A view whose clicks go by a clock of the test's own."""

    def __init__(self, view):
        self.view = view
        self.now = 0.0
        view.clicks.clock = lambda: self.now

    @property
    def buttons(self):
        every = [w for w in tree(self.view.box) if isinstance(w, widgets.Button)]
        return [button for button in every if button.layout.display != "none"]

    @property
    def names(self):
        return [button.description for button in self.buttons]

    def press(self, name, seconds=5.0):
        self.now += seconds
        next(button for button in self.buttons if button.description == name).click()

    @property
    def html(self):
        return "\n".join(w.value for w in tree(self.view.box) if isinstance(w, widgets.HTML))
