// Something that takes a while: its page is asked again, and this part of it renewed, until it has come to its end.
import * as pages from "./pages.js"

const PAUSE = 1000

export function bind(part) {
  setTimeout(async () => {
    if (!part.isConnected) return
    const got = await pages.ask(location.href)
    const fresh = got?.answer.ok && got.page.getElementById(part.id)
    if (!fresh || !part.isConnected) return
    part.replaceWith(document.adoptNode(fresh))
    pages.renewed(document)
  }, PAUSE)
}
