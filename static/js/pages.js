// Sends a form or follows an address without leaving the page, and shows what comes back.
import * as busy from "./busy.js"
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

// Sends a form with the button that was pressed; null while it is being sent already.
export async function send(form, button) {
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action
  const release = busy.begin(form, button)
  const typed = new FormData(form, button)
  const body = form.enctype === "multipart/form-data" ? typed : new URLSearchParams(typed)
  return release && ask(address, { method: "POST", body }).finally(release)
}

// What an answer calls for: "next" page, a form that "asks" for something still, or a refusal in words ("refused").
// A sign-in that was over answers with the page that carries on from there: that is a next page too.
export function meaning({ answer, page }) {
  const hasForm = Boolean(page.querySelector("main form"))
  if ([409, 422].includes(answer.status) && hasForm) return "asks"
  return answer.ok || hasForm ? "next" : "refused"
}

// The words of a refusal.
export const reason = ({ page }) => page.querySelector("main p")?.textContent.trim() || words.words("broken")

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
