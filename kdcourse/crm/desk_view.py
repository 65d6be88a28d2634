"""The desk on the screen: find a customer, move a deal, work a complaint; with the keyboard alone.

A thin view: everything it does is an operation that code can call as well.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from kdcourse.crm import complaints, pipeline
from kdcourse.crm.customer_card import card
from kdcourse.crm.customers import search
from kdcourse.crm.desk_form import Form, fill, line, menu, word
from kdcourse.crm.desk_work import Cases, Deals, Work
from kdcourse.texts import KitError, content, language, pick, speaking

if TYPE_CHECKING:
    from collections.abc import Callable

    from kdcourse.crm.database import Crm

# JupyterLab takes letters and arrows for its shortcuts unless the element in focus says it wants
# them; Python can't say so, the style sheet can when it has loaded.
_KEYS = """
this.closest('.kdcourse-desk').addEventListener('focusin', event => {
  event.target.dataset.lmSuppressShortcuts = 'true';
});
"""
_STYLE = f"""<style onload="{_KEYS}">"""
_STYLE += """
.kdcourse-desk { max-width: 60em; overflow: visible; }
.kdcourse-desk .widget-vbox, .kdcourse-desk .widget-html-content { overflow: visible; }
.kdcourse-desk .widget-html, .kdcourse-desk .widget-html-content {
  width: auto; height: auto; margin: 0; line-height: 1.5; }
.kdcourse-desk .widget-text, .kdcourse-desk .widget-dropdown {
  width: 46em; max-width: 100%; height: auto; }
.kdcourse-desk .widget-label { flex: 0 0 14em; width: 14em; max-width: 14em; text-align: left;
  white-space: normal; overflow: visible; line-height: 1.5; height: auto; }
.kdcourse-desk select { height: 28px; }
.kdcourse-desk .widget-button { align-self: flex-start; width: auto; margin: 6px 6px 6px 3px; }
.kdcourse-desk .kdcourse-here { outline: 2px solid currentColor; font-weight: bold; }
.kdcourse-desk .kdcourse-scroll { max-height: 24em; overflow: auto; }
.kdcourse-desk table { border-collapse: collapse; font-size: 90%; }
.kdcourse-desk th, .kdcourse-desk td { text-align: left; padding: 2px 10px 2px 0; }
</style>"""


class Desk:
    """The desk of one user.

    Attributes:
        crm: The CRM it works on.
        box: All of its widgets in one.
    """

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        # A click comes later, perhaps after another lesson has changed the language.
        self._language = language()
        self._panels = {
            "customer": self._customers(),
            "deals": self._work(Deals(crm)),
            "complaints": self._work(Cases(crm)),
        }
        for name, panel in self._panels.items():
            panel.add_class(f"kdcourse-{name}")
        self._tabs = {
            name: widgets.Button(description=pick(content("crm/desk")["panels"][name]))
            for name in self._panels
        }
        for name, tab in self._tabs.items():
            tab.on_click(lambda _, name=name: self._open(name))
        self._place = widgets.VBox()
        self.box = widgets.VBox(
            [widgets.HTML(_STYLE), widgets.HBox(list(self._tabs.values())), self._place]
        )
        self.box.add_class("kdcourse-desk")
        self._open("customer")

    def __repr__(self) -> str:
        return word(
            "text",
            user=self.crm.user().name, today=self.crm.today,
            leads=len(pipeline.leads(self.crm)), cases=len(complaints.queue(self.crm)),
        )  # fmt: skip

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        bundle: dict[str, Any] = self.box._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self)}

    def _open(self, name: str) -> None:
        self._place.children = (self._panels[name],)
        for other, tab in self._tabs.items():
            (tab.add_class if other == name else tab.remove_class)("kdcourse-here")

    def _guarded(self, status: widgets.HTML, act: Callable[[], str | None]) -> None:
        """Run what a click asks for, and say what came of it, a fault as its sentence.

        What has nothing to say leaves what was said before.
        """
        with speaking(self._language):
            try:
                said = act()
            except KitError as fault:
                said = str(fault)
            if said is not None:
                status.value = _status(said)

    def _customers(self) -> widgets.VBox:
        words = line(word("search"))
        find = widgets.Button(description=word("find"))
        found, page, status = menu(word("found")), widgets.HTML(), widgets.HTML(_status(""))

        def look(_: object) -> None:
            def act() -> str:
                rows = search(self.crm, words.value)
                columns = rows[["customer_id", "name", "phone"]].fillna("").itertuples(index=False)
                options = [(f"{n} · {name} · {phone}", n) for n, name, phone in columns]
                fill(found, options, options[0][1] if len(options) == 1 else None)
                if not options:
                    return word("nothing_found")
                return word("number_found", number=len(options))

            self._guarded(status, act)

        def show(change: dict[str, Any]) -> None:
            def act() -> None:
                chosen = change["new"]
                html = card(self.crm, chosen)._repr_html_() if chosen else ""
                page.value = f'<div class="kdcourse-scroll" tabindex="0">{html}</div>'

            self._guarded(status, act)

        find.on_click(look)
        found.observe(show, "value")
        return widgets.VBox([words, find, status, found, page])

    def _work(self, work: Work) -> widgets.VBox:
        which, then = menu(word("item"), work.items()), menu(word("next"))
        form, do = Form(), widgets.Button(description=word("do"))
        page, status = widgets.HTML(), widgets.HTML(_status(""))
        seen = {"version": 0}

        def show(_: object) -> None:
            def act() -> None:
                item = which.value
                seen["version"] = work.version(item) if item else 0
                html = work.show(item) if item else ""
                page.value = f'<div class="kdcourse-scroll" tabindex="0">{html}</div>'
                fill(then, work.nexts(item) if item else [])
                status.value = _status("")

            self._guarded(status, act)

        def ask(_: object) -> None:
            def act() -> None:
                if which.value and then.value:
                    form.ask(*work.asked(which.value, then.value))
                else:
                    form.ask((), (), {})

            self._guarded(status, act)

        def run(_: object) -> None:
            def act() -> str:
                item, step = which.value, then.value
                if not item or not step:
                    return word("choose_first")
                try:
                    said = work.do(item, step, seen["version"], form.values())
                except KitError:
                    if work.version(item) != seen["version"]:
                        show(None)  # somebody was faster: what they did stands on the page now
                    raise
                fill(which, work.items(), item)
                if not which.value:
                    return f"{word('done')} {said}"
                show(None)
                return word("done")

            self._guarded(status, act)

        which.observe(show, "value")
        then.observe(ask, "value")
        do.on_click(run)
        return widgets.VBox([which, then, form.box, do, status, page])


def desk(crm: Crm) -> Desk:
    """Show the desk of whoever uses the CRM now.

    Args:
        crm: The CRM; what its user may not do, the desk refuses.
    """
    return Desk(crm)


def _status(said: str) -> str:
    return f'<div role="status">{escape(said)}</div>'
