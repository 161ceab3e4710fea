// A search page answers while one types: the form is asked again and the element named by data-results is renewed.
import * as pages from "./pages.js"

export function bind(form) {
  let timer
  let asked = 0
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(renew, 200) })
  async function renew() {
    const mine = ++asked
    const address = new URL(form.action)
    address.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value))
    const got = await pages.ask(address)
    const [old, fresh] = [document, got?.page].map(page => page?.querySelector(form.dataset.results))
    if (mine !== asked || !old || !fresh) return
    old.replaceWith(fresh)
    history.replaceState(null, "", address)
    pages.renewed(fresh)
  }
}
