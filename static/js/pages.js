// Sends a form or follows an address without leaving the page, and shows what comes back.
import * as toasts from "./toasts.js"
import * as words from "./words.js"

const renewals = []
export const whenRenewed = act => { renewals.push(act) }
export const renewed = root => {
  globalThis.htmx?.process(root)
  for (const act of renewals) act(root)
}

// The answer and its document; null when the server could not be reached, which is said.
export async function ask(address, options = {}) {
  try {
    const answer = await fetch(address, { credentials: "same-origin", ...options })
    return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") }
  } catch {
    toasts.say(words.words("offline"), "red")
    return null
  }
}

// Sends a form with the button that was pressed.
export function send(form, button) {
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action
  return ask(address, { method: "POST", body: new URLSearchParams(new FormData(form, button)) })
}

// Puts a whole page that was fetched in the place of this one.
export function show({ answer, page }) {
  const stays = new URL(answer.url).pathname === location.pathname
  const at = scrollY
  document.title = page.title
  document.body.replaceWith(document.adoptNode(page.body))
  if (answer.redirected && answer.url !== location.href) history[stays ? "replaceState" : "pushState"](null, "", answer.url)
  scrollTo(0, stays ? at : 0)
  renewed(document.body)
}

addEventListener("popstate", event => { if (!location.hash && event.state === null) location.reload() })
